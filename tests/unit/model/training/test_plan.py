"""What a run learns from: phases, held-out components, settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.rated_datasets import ATTRIBUTES, process_id, write_rated
from ppad.errors import ConfigError, NoRatingsError
from ppad.storage import Dataset
from ppad_model.training.config import train_config
from ppad_model.training.plan import TrainingPlan, component_of, hold_out, make_plan
from ppad_model.training.trainer import learning_rate, part_size, steps_per_epoch


def plan(root: Path, counts: dict[str, int], *, rated: bool = True, **settings: Any) -> TrainingPlan:
    dataset = Dataset.open(write_rated(root, counts, rated=rated))
    return make_plan(dataset, train_config("ppjudge-paper", **settings), ATTRIBUTES)


def test_synthetic_processes_come_first_and_real_ones_after_as_in_the_paper(tmp_path: Path) -> None:
    first, second = plan(tmp_path, {"pretrain": 20, "train": 12, "test_real": 4}).phases
    assert (first.split, first.epochs, first.optimizer, first.learning_rate) == ("pretrain", 200, "adamw", 1e-4)
    assert (second.split, second.epochs, second.optimizer, second.learning_rate) == ("train", 20, "adam", 1e-5)
    assert len(first.training) + len(first.validation) == 20


def test_without_synthetic_processes_the_real_ones_have_the_first_phases_recipe(tmp_path: Path) -> None:
    found = plan(tmp_path, {"train": 12})
    (phase,) = found.phases
    assert (phase.name, phase.epochs, phase.learning_rate) == ("train", 200, 1e-4)
    assert found.notes == ("The split pretrain has no rated processes: there is one phase, on train.",)


def test_with_synthetic_processes_alone_there_is_one_phase(tmp_path: Path) -> None:
    found = plan(tmp_path, {"pretrain": 12})
    assert [phase.name for phase in found.phases] == ["pretrain"]
    assert "train has none with ratings" in found.notes[0]


def test_a_dataset_without_ratings_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoRatingsError, match=r"ppad annotate.*ppad simulate") as caught:
        plan(tmp_path, {"pretrain": 4, "train": 4}, rated=False)
    assert caught.value.code == "no-ratings"


def test_the_share_of_synthetic_processes_is_taken_by_chance_and_the_same_each_time(tmp_path: Path) -> None:
    half = plan(tmp_path, {"pretrain": 80, "train": 4}, synthetic_share=0.5).phases[0]
    again = plan(tmp_path, {"pretrain": 80, "train": 4}, synthetic_share=0.5).phases[0]
    assert 25 <= len(half.training) + len(half.validation) <= 55
    assert half == again


def test_no_component_is_on_both_sides_of_the_validation_split(tmp_path: Path) -> None:
    phase = plan(tmp_path, {"pretrain": 40}).phases[0]
    groups = component_of(tmp_path)
    assert len(phase.validation) == 4
    assert not {groups[one] for one in phase.training} & {groups[one] for one in phase.validation}


@given(st.lists(st.integers(0, 12), min_size=1, max_size=60), st.floats(0, 0.6), st.integers(0, 99))
def test_holding_out_parts_all_ids_and_always_leaves_some_to_train_on(members: list[int], share: float, seed: int) -> None:
    groups = {f"p{number:02}": f"g{group}" for number, group in enumerate(members)}
    training, validation = hold_out(groups, groups, share, seed)
    assert sorted((*training, *validation)) == sorted(groups)
    assert training
    assert not {groups[one] for one in training} & {groups[one] for one in validation}


def test_a_giant_component_stays_in_training() -> None:
    groups = {f"p{number:02}": "giant" if number < 30 else f"g{number}" for number in range(40)}
    for seed in range(10):
        training, validation = hold_out(groups, groups, 0.1, seed)
        assert len(validation) == 4
        assert {f"p{number:02}" for number in range(30)} <= set(training)


def test_a_file_and_flags_win_over_the_recipe_of_the_models_size(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("train_epochs: 7\nbatch_size: 5\n")
    found = train_config("ppjudge-tiny", tmp_path / "own.yaml", batch_size=6)
    assert (found.train_epochs, found.batch_size, found.pretrain_learning_rate) == (7, 6, 2e-3)
    assert train_config("ppjudge-paper").batch_size == 256


def test_settings_that_cannot_be_are_named() -> None:
    with pytest.raises(ConfigError, match="did you mean 'batch_size'"):
        train_config("ppjudge-tiny", batch_sise=3)
    with pytest.raises(ConfigError, match="nothing to do"):
        train_config("ppjudge-tiny", pretrain_epochs=0, train_epochs=0)


@pytest.mark.parametrize(
    ("count", "batch", "accumulation", "world", "part", "steps"),
    [(100, 32, 1, 1, 32, 3), (100, 32, 2, 2, 8, 3), (5, 32, 1, 1, 5, 1), (5, 32, 1, 2, 2, 1), (1, 256, 4, 2, 1, 1)],
)
def test_a_batch_is_shared_by_ranks_and_parts_and_an_epoch_has_whole_batches(
    count: int, batch: int, accumulation: int, world: int, part: int, steps: int
) -> None:
    config = train_config("ppjudge-paper", batch_size=batch, accumulation=accumulation)
    assert (part_size(count, config, world), steps_per_epoch(count, config, world)) == (part, steps)


def test_the_learning_rate_rises_and_then_falls_as_a_cosine(tmp_path: Path) -> None:
    config = train_config("ppjudge-paper", warmup_steps=4, schedule="cosine", pretrain_learning_rate=1.0)
    (phase,) = plan(tmp_path, {"pretrain": 4}, pretrain_learning_rate=1.0).phases
    rates = [learning_rate(phase, config, step, 100) for step in range(100)]
    assert rates[0] == pytest.approx(0.25)
    assert rates[50] == pytest.approx(0.5)
    assert rates[99] < 0.001
    assert max(rates) == rates[3]


def test_process_ids_of_the_fixture_follow_the_contract() -> None:
    assert process_id("test_real", 3) == "testreal-000000000003"
