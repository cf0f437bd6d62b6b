"""What a run writes down: every step and every epoch, as CSV and for TensorBoard."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ppad.storage import write_text
from ppad_model.training.packages import SummaryWriter

STEPS_FILE, EPOCHS_FILE, TENSORBOARD = "steps.csv", "epochs.csv", "tensorboard"
_STEP_COLUMNS = ("total_step", "phase", "epoch", "loss", "score_loss", "style_loss", "learning_rate", "gradient_norm")


@dataclass(frozen=True, slots=True)
class EpochRow:
    """One line of `epochs.csv`.

    Attributes:
        total_step: optimizer steps so far.
        phase, epoch: which epoch it was, from 1; 0 is before the first.
        loss: mean training loss of the epoch.
        validation_mse: mean squared error on the validation processes, points².
        validation_srcc: mean over attributes of Spearman's correlation there; empty where it has no meaning.
        processes_per_s: training throughput.
        waited: share of the time that the model waited for data.
        seconds: that the epoch took, validation included.
    """

    total_step: int
    phase: str
    epoch: int
    loss: float | None
    validation_mse: float | None
    validation_srcc: float | None
    processes_per_s: float
    waited: float
    seconds: float


class RunLog:
    """The log of a run; what a run that was killed wrote after its last checkpoint is dropped first.

    Args:
        run: the run's folder.
        total_steps, epochs_done: optimizer steps, and epochs, up to the checkpoint.
    """

    def __init__(self, run: Path, total_steps: int, epochs_done: int) -> None:
        self._run = run
        self._epoch_columns = tuple(column.name for column in fields(EpochRow))
        _keep_first(run / STEPS_FILE, _STEP_COLUMNS, total_steps)
        _keep_first(run / EPOCHS_FILE, self._epoch_columns, epochs_done)
        self._board = SummaryWriter(str(run / TENSORBOARD), purge_step=total_steps + 1)

    def step(self, values: Mapping[str, Any]) -> None:
        """Write down an optimizer step: the columns of `steps.csv`."""
        _append(self._run / STEPS_FILE, [values[name] for name in _STEP_COLUMNS])
        for name in _STEP_COLUMNS[3:]:
            self._board.add_scalar(f"step/{name}", values[name], values["total_step"])

    def epoch(self, row: EpochRow) -> None:
        """Write down an epoch."""
        values = {name: getattr(row, name) for name in self._epoch_columns}
        _append(self._run / EPOCHS_FILE, list(values.values()))
        for name, value in values.items():
            if isinstance(value, float):
                self._board.add_scalar(f"epoch/{name}", value, row.total_step)
        self._board.flush()

    def close(self) -> None:
        """Finish TensorBoard's file."""
        self._board.close()


def read_log(file: Path) -> list[dict[str, str]]:
    """The rows of a log; none where it is not there."""
    if not file.is_file():
        return []
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def _append(file: Path, values: list[Any]) -> None:
    with file.open("a", newline="", encoding="utf-8") as opened:
        csv.writer(opened, lineterminator="\n").writerow(["" if value is None else _shown(value) for value in values])


def _shown(value: Any) -> Any:
    return f"{value:.9g}" if isinstance(value, float) else value


def _keep_first(file: Path, columns: tuple[str, ...], count: int) -> None:
    """Begin a log, or keep its first rows alone."""
    lines = [",".join(columns), *(",".join(row[name] for name in columns) for row in read_log(file)[:count])]
    write_text(file, "\n".join(lines) + "\n")
