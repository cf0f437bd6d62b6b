"""What is chosen where nothing was asked for."""

from __future__ import annotations

import pytest

from ppad.errors import ConfigError, NotFoundError
from ppad_model.training.choices import Facts, choose, full_name
from ppad_model.training.config import merged

LAPTOP, SERVER = Facts(pretrain=1000, train=200), Facts(pretrain=9000, train=12_000, gpu="H100", bf16=True)


def test_without_a_gpu_the_tiny_model_learns_by_the_small_recipe_and_says_why() -> None:
    choice = choose(LAPTOP, {})
    assert (choice.config.model, choice.config.recipe, choice.config.precision) == ("ppjudge-tiny", "small", "no")
    assert choice.reasons == ("model ppjudge-tiny, since there is no GPU", "recipe small, since 1,200 processes are few")


def test_with_a_gpu_and_many_processes_it_is_the_papers_model_and_recipe() -> None:
    config = choose(SERVER, {}).config
    assert (config.model, config.recipe, config.precision) == ("ppjudge-paper", "paper", "bf16")
    assert (config.pretrain.epochs, config.pretrain.optimizer, config.pretrain.learning_rate, config.pretrain.batch) == (
        200,
        "adamw",
        1e-4,
        256,
    )
    assert (config.train.epochs, config.train.optimizer, config.train.learning_rate, config.train.batch) == (
        20,
        "adam",
        1e-5,
        256,
    )
    assert (config.average, config.mirror, config.pretrain.schedule) == (0.0, 0.0, "constant")


def test_an_older_gpu_computes_in_fp16() -> None:
    assert choose(Facts(9000, 0, gpu="T4"), {}).config.precision == "fp16"


@pytest.mark.parametrize("count", [10, 300, 2000, 4999])
def test_the_small_recipe_takes_more_epochs_of_smaller_steps_where_there_are_fewer_processes(count: int) -> None:
    small, large = (choose(Facts(0, number), {}).config.train for number in (count, 3 * count))
    assert small.epochs >= large.epochs
    assert small.batch <= large.batch


def test_what_was_asked_for_stands_and_needs_no_reason() -> None:
    choice = choose(LAPTOP, {"model": "gru-tiny", "recipe": "paper", "seed": 3, "train": {"epochs": 2}})
    assert choice.reasons == ()
    assert (choice.config.model, choice.config.seed, choice.config.train.epochs, choice.config.train.batch) == (
        "gru-tiny",
        3,
        2,
        256,
    )


def test_a_preset_may_be_named_without_its_family() -> None:
    assert [full_name(name) for name in ("tiny", "paper", "table5-a1", "gru", "nothing")] == [
        "ppjudge-tiny", "ppjudge-paper", "ppjudge-table5-a1", "gru", "nothing",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"trian": {"epochs": 3}}, "Unknown key 'trian', did you mean 'train'?"),
        ({"train": {"epoch": 3}}, "Unknown key 'train.epoch'."),
        ({"recipe": "large"}, "'recipe': input should be 'paper' or 'small', not 'large'."),
        ({"validation": 0.9}, "'validation': input should be less than or equal to 0.5, not 0.9."),
    ],
)
def test_a_wrong_setting_is_named(asked: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError) as error:
        choose(LAPTOP, asked)
    assert error.value.message == sentence


def test_nested_settings_are_merged_and_none_changes_nothing() -> None:
    base = {"seed": 1, "train": {"epochs": 3, "batch": 8}}
    assert merged(base, {"train": {"epochs": 5, "batch": None}}, {"seed": None}) == {
        "seed": 1,
        "train": {"epochs": 5, "batch": 8},
    }
    assert base == {"seed": 1, "train": {"epochs": 3, "batch": 8}}


def test_the_rate_of_the_small_recipe_falls_with_the_width_of_the_network() -> None:
    rates = [
        choose(LAPTOP, {"model": name, "recipe": "small"}).config.pretrain.learning_rate for name in ("tiny", "paper", "saan")
    ]
    assert rates == pytest.approx([6e-3, 0.4 / 512, 1e-3])


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(NotFoundError, match="Did you mean 'ppjudge-tiny'"):
        choose(LAPTOP, {"model": "ppjudge-tyni"})
