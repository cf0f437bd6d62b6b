"""A critic whose weights are shared out over the ranks learns what one that every rank holds whole learns."""

from __future__ import annotations

import json
import math
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from fixtures import critic_ranks
from fixtures.artworks import artworks_dataset
from fixtures.critic_ranks import CHANGES, EVERY_STEP, MACHINE
from fixtures.critic_trainings import QUICK, loss_curve_of, merged, run_python, silenced, train
from ppad.errors import ConfigError
from ppad.storage import Dataset
from ppad_model.critic.predicting import write_rows
from ppad_model.critic.saving import CriticRun
from ppad_model.training.checkpoint import Checkpoint
from ppad_model.training.folder import RunFolder
from ppad_model.training.journal import EPOCHS_FILE, read_log

RANKS = 2
LOSSES = (3, 4, 5, 6)
"""Columns of the curve: the loss, its terms, and the norm of the gradient."""


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Works of which every third has no critique: some ranks have nothing to read where others have."""
    folder = tmp_path_factory.mktemp("artworks")
    return silenced(artworks_dataset(folder, n=18), folder / "silenced", 3)


@pytest.fixture(scope="module")
def killed(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that two ranks began, each with its part of the weights; the first was killed while it wrote."""
    folder = tmp_path_factory.mktemp("killed")
    settings = folder / "settings.json"
    settings.write_text(json.dumps(merged(QUICK, CHANGES)))
    options = ["--config", settings, "--cpu", "--fsdp", "--micro-batch", 1, "--checkpoint-s", 0]
    died = run_python(
        critic_ranks.__file__, "die", 13, "critic", "train", dataset, "--out", folder / "run", *options, ranks=RANKS
    )
    assert f"Signal {signal.SIGKILL:d}" in died.stderr, died.stderr
    return folder / "run"


@pytest.fixture(scope="module")
def trained(dataset: Path, killed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs of two ranks; see `critic_ranks`."""
    folder = tmp_path_factory.mktemp("trained")
    interrupt_at(3, dataset, folder / "one-to-fsdp")
    for name in ("fsdp-to-fsdp", "fsdp-to-ddp"):
        shutil.copytree(killed, folder / name)
    done = run_python(critic_ranks.__file__, "train", dataset, folder, ranks=RANKS)
    assert done.returncode == 0, done.stderr
    return folder


def interrupt_at(count: int, dataset: Path, run: Path) -> None:
    """One process begins a training, and stops when it is about to write its n-th checkpoint."""
    left, write = count, RunFolder.write_checkpoint

    def counted(folder: RunFolder, checkpoint: Checkpoint) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise KeyboardInterrupt
        write(folder, checkpoint)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(RunFolder, "write_checkpoint", counted)
        train(dataset, run, EVERY_STEP, **CHANGES)


def assert_same_training(run: Path, other: Path, rel: float = 1e-5) -> None:
    """The same steps of the same works, each once; losses, gradients, validations and weights that differ by rounding."""
    assert [row[:3] for row in loss_curve_of(run)] == [row[:3] for row in loss_curve_of(other)]
    for column in LOSSES:
        assert numbers(run, column) == pytest.approx(numbers(other, column), rel=rel, abs=1e-7)
    for one, theirs in zip(read_log(run / EPOCHS_FILE), read_log(other / EPOCHS_FILE), strict=True):
        assert float(one["mse"]) == pytest.approx(float(theirs["mse"]), rel=rel)
        assert one["best"] == theirs["best"]
    weights, wanted = RunFolder(run).best_state(), RunFolder(other).best_state()
    learned = [name for name in wanted if "lora_B" in name]  # they began at zero, so that all of them was learned
    off = sum(float((weights[name] - wanted[name]).square().sum()) for name in learned)
    assert math.sqrt(off / sum(float(wanted[name].square().sum()) for name in learned)) < 30 * rel


def numbers(run: Path, column: int) -> list[float]:
    return [float(row[column]) for row in loss_curve_of(run)]


def test_a_sharded_critic_learns_what_a_whole_one_learns(trained: Path) -> None:
    assert_same_training(trained / "fsdp", trained / "ddp")
    assert numbers(trained / "ddp", 3)[-1] < 0.9 * numbers(trained / "ddp", 3)[0]


def test_in_bfloat16_with_checkpointing_dropout_and_tables_of_their_own_too(trained: Path) -> None:
    assert_same_training(trained / "half-fsdp", trained / "half-ddp", rel=1e-4)


def test_each_rank_holds_its_share_of_every_weight(trained: Path) -> None:
    ranks = [json.loads((trained / f"rank-{rank}.json").read_text("utf-8")) for rank in range(RANKS)]
    sizes = ranks[0]["sizes"]
    assert all(rank["parts"].keys() == sizes.keys() for rank in ranks)
    for name, size in sizes.items():
        assert sum(rank["parts"][name] for rank in ranks) == size
    total = sum(sizes.values())
    assert max(sum(rank["parts"].values()) for rank in ranks) < 1.1 * total / RANKS


def test_two_ranks_that_were_killed_had_begun_from_the_command_line(killed: Path) -> None:
    begun = RunFolder(killed).last()
    assert begun is not None
    assert begun.position.world == RANKS
    assert begun.position.step > 0
    assert all(type(tensor) is torch.Tensor for tensor in begun.model.values())


@pytest.mark.parametrize("way", ["one-to-fsdp", "fsdp-to-fsdp", "fsdp-to-ddp"])
def test_what_others_began_two_ranks_end_be_it_whole_or_sharded(trained: Path, way: str) -> None:
    assert_same_training(trained / way, trained / "ddp")


def test_what_sharded_ranks_began_one_process_ends_and_the_critic_scores(
    killed: Path, trained: Path, dataset: Path, tmp_path: Path
) -> None:
    shutil.copytree(killed, tmp_path / "run")
    train(dataset, tmp_path / "run", MACHINE, **CHANGES)
    assert_same_training(tmp_path / "run", trained / "ddp")
    scores = []
    for run in (trained / "fsdp", trained / "ddp"):
        critic, gather = CriticRun.open(run).load()
        (written,) = write_rows(critic, gather, [Dataset.open(dataset)[0]], text=False)
        scores.append(written.scores)
    assert scores[0] == pytest.approx(scores[1], rel=1e-3)


@pytest.mark.parametrize(
    ("changes", "words"), [({"critic": {"bits": 4}}, "Weights in 4 bits cannot be shared out"), ({"precision": "fp16"}, "fp16")]
)
def test_what_cannot_be_sharded_is_refused_before_anything_is_written(
    dataset: Path, tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        train(dataset, tmp_path / "run", fsdp=True, **changes)
    assert not (tmp_path / "run").exists()


def test_one_process_trains_as_without_and_says_that_it_shares_nothing(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from ppad_model.critic.planning import make_critic_plan
    from ppad_model.critic.training import train_critic

    asked = merged(QUICK, {"pretrain": {"epochs": 1}})
    for name, fsdp in (("plain", False), ("alone", True)):
        plan = make_critic_plan(Dataset.open(dataset), tmp_path / name, asked)
        train_critic(plan, tmp_path / name, MACHINE, fsdp=fsdp)
    assert loss_curve_of(tmp_path / "alone") == loss_curve_of(tmp_path / "plain")
    assert capsys.readouterr().err.count("--fsdp shares nothing") == 1
