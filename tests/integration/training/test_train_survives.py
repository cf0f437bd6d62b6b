"""Trainings that are killed go on as if nothing had happened."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest

from fixtures.faults import Disk
from fixtures.trainings import assert_same_run, train, train_in_child
from ppad.errors import DiskFullError, NotWritableError
from ppad_model.training.devices import Machine
from ppad_model.training.journal import read_log

EVERY_STEP = Machine(checkpoint_s=0.0)


@pytest.mark.parametrize("dies_at", [1, 20, 38])
def test_a_training_killed_while_it_writes_goes_on_to_the_same_bits(
    whole: Path, dataset: Path, tmp_path: Path, dies_at: int
) -> None:
    child = train_in_child(dataset, tmp_path / "run", EVERY_STEP, {}, dies_at)
    child.join()
    assert child.exitcode == -signal.SIGKILL
    train(dataset, tmp_path / "run", EVERY_STEP)
    assert_same_run(whole, tmp_path / "run")
    assert not list((tmp_path / "run").rglob(".tmp-*"))


def test_a_training_killed_again_and_again_at_any_moment_ends_with_the_same_bits(
    whole: Path, dataset: Path, tmp_path: Path
) -> None:
    chance, kills = random.Random(0), 0
    for _ in range(40):
        child = train_in_child(dataset, tmp_path / "run", EVERY_STEP, {})
        deadline = time.monotonic() + 120
        before = len(steps_taken(tmp_path / "run"))
        while child.is_alive() and len(steps_taken(tmp_path / "run")) < before + 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(chance.random() * 0.1)
        child.kill()
        child.join()
        kills += child.exitcode == -signal.SIGKILL
        if child.exitcode == 0:
            break
    train(dataset, tmp_path / "run")
    assert kills >= 2
    assert_same_run(whole, tmp_path / "run")


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_a_training_whose_disk_fills_up_says_so_and_goes_on_to_the_same_bits(
    whole: Path, dataset: Path, small_disk: Disk, share: float
) -> None:
    run = small_disk.place / "run"
    small_disk.leave(round(share * sum(path.stat().st_size for path in whole.rglob("*") if path.is_file())))
    with pytest.raises(DiskFullError, match="what was finished is safe"):
        train(dataset, run, EVERY_STEP)
    small_disk.clear()
    train(dataset, run, EVERY_STEP)
    assert_same_run(whole, run)
    assert not list(run.rglob(".tmp-*"))


def test_a_training_whose_disk_became_read_only_says_so_and_goes_on_to_the_same_bits(
    whole: Path, dataset: Path, small_disk: Disk
) -> None:
    run = small_disk.place / "run"
    child = train_in_child(dataset, run, EVERY_STEP, {}, 20)
    child.join()
    small_disk.be("ro")
    with pytest.raises(NotWritableError, match="cannot be written"):
        train(dataset, run, EVERY_STEP)
    small_disk.be("rw")
    train(dataset, run, EVERY_STEP)
    assert_same_run(whole, run)


def steps_taken(run: Path) -> list[dict[str, str]]:
    return read_log(run / "steps.csv") if (run / "steps.csv").is_file() else []
