"""Logs that a kill leaves consistent, and batches that are made ahead."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ppad.errors import UnreadableMediaError
from ppad_model.training.feeding import AHEAD, Ahead
from ppad_model.training.journal import EPOCHS_FILE, STEPS_FILE, Journal, read_log


def step(number: int) -> dict[str, Any]:
    numbers = {"loss": 0.1 + 0.2, "score_loss": 0.1, "style_loss": 0.0, "gradient": 1.0, "learning_rate": 1e-3}
    return {"step": number, "phase": "train", "epoch": 1, **numbers, "per_second": 9.0, "waiting": 0.0}


def write(run: Path, first: int, last: int) -> None:
    with Journal(run, ("charm",), first - 1, (first - 1) // 4) as journal:
        for number in range(first, last + 1):
            journal.step(step(number))
            if number % 4 == 0:
                journal.epoch({"step": number, "phase": "train", "epoch": number // 4, "best": 1, "mse": 2.5, "mse_charm": 2.5})


def test_a_log_has_a_row_a_step_with_every_digit(tmp_path: Path) -> None:
    write(tmp_path, 1, 3)
    rows = read_log(tmp_path / STEPS_FILE)
    assert [row["step"] for row in rows] == ["1", "2", "3"]
    assert float(rows[0]["loss"]) == 0.1 + 0.2


def test_what_was_logged_beyond_the_checkpoint_is_dropped(tmp_path: Path) -> None:
    write(tmp_path, 1, 9)
    write(tmp_path, 6, 8)
    assert [row["step"] for row in read_log(tmp_path / STEPS_FILE)] == [str(number) for number in range(1, 9)]
    assert [row["step"] for row in read_log(tmp_path / EPOCHS_FILE)] == ["4", "8"]


@pytest.mark.parametrize("cut", [1, 10, 30])
def test_a_line_that_a_kill_cut_off_is_dropped(tmp_path: Path, cut: int) -> None:
    write(tmp_path, 1, 4)
    file = tmp_path / STEPS_FILE
    file.write_bytes(file.read_bytes()[:-cut])
    assert [row["step"] for row in read_log(file)] == ["1", "2", "3"]
    write(tmp_path, 4, 5)
    assert [row["step"] for row in read_log(file)] == ["1", "2", "3", "4", "5"]


def test_a_figure_that_is_missing_is_an_empty_field(tmp_path: Path) -> None:
    write(tmp_path, 1, 4)
    (row,) = read_log(tmp_path / EPOCHS_FILE)
    assert (row["mse_charm"], row["srcc_charm"]) == ("2.5", "")


def test_tensorboard_has_the_same_curves(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    write(tmp_path, 1, 4)
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("training/loss")] == [1, 2, 3, 4]
    assert [event.value for event in events.Scalars("validation/mse")] == [2.5]


def test_items_come_in_order_and_a_few_are_made_ahead() -> None:
    made = []

    def items() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            yield number

    with Ahead(items) as ahead:
        assert next(ahead) == 0
        deadline = time.monotonic() + 10
        while len(made) < AHEAD + 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(made) == AHEAD + 2  # one was taken, AHEAD wait, one waits for room
        assert list(ahead) == list(range(1, 10))


def test_an_error_is_raised_in_its_turn() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise UnreadableMediaError("Frame 3 is damaged.", "Copy it again.")

    with Ahead(items) as ahead:
        assert next(ahead) == 1
        with pytest.raises(UnreadableMediaError):
            next(ahead)


def test_nothing_runs_on_when_nobody_wants_more() -> None:
    before = threading.active_count()
    with Ahead(lambda: iter(range(1000))) as ahead:
        next(ahead)
    assert threading.active_count() == before


def test_waiting_is_measured() -> None:
    def slow() -> Iterator[int]:
        for number in range(3):
            time.sleep(0.05)
            yield number

    with Ahead(slow) as ahead:
        assert list(ahead) == [0, 1, 2]
        assert ahead.waited_s >= 0.1
