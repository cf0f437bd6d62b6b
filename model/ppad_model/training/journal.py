"""What happened, step by step and epoch by epoch: CSV files that a killed run leaves consistent, and TensorBoard beside them."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from ppad.storage import storage_errors, write_text

STEPS_FILE, EPOCHS_FILE, BOARD_FOLDER = "steps.csv", "epochs.csv", "tensorboard"
LOSS_TERMS = ("score_loss", "style_loss")
"""Of a judge."""


def step_columns(terms: Sequence[str] = LOSS_TERMS) -> tuple[str, ...]:
    """Columns of the steps' file, for a loss of these terms."""
    return ("step", "phase", "epoch", "loss", *terms, "gradient", "learning_rate", "per_second", "waiting")


def epoch_columns(attributes: Sequence[str]) -> tuple[str, ...]:
    """Columns of the epochs' file: of the validation, the mean over attributes and each one's."""
    figures = [f"{metric}{attribute}" for metric in ("mse", "srcc") for attribute in ("", *(f"_{name}" for name in attributes))]
    return ("step", "phase", "epoch", "best", *figures)


class Journal:
    """Keeps the logs of a run.

    Args:
        run: folder of the run.
        attributes: of the model.
        steps, validations: rows that count; what an earlier, killed run logged beyond them is dropped.
        terms: that the loss is made of.
    """

    def __init__(
        self, run: Path, attributes: Sequence[str], steps: int, validations: int, terms: Sequence[str] = LOSS_TERMS
    ) -> None:
        self._run = run
        self._files = [
            _Table(run / STEPS_FILE, step_columns(terms), steps),
            _Table(run / EPOCHS_FILE, epoch_columns(attributes), validations),
        ]
        self._board = _board(run / BOARD_FOLDER, steps)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with storage_errors(self._run):
            for file in self._files:
                file.close()
            if self._board is not None:
                self._board.close()

    def step(self, row: Mapping[str, Any]) -> None:
        """Log a step: `step_columns`."""
        self._add(0, row, "training")

    def epoch(self, row: Mapping[str, Any]) -> None:
        """Log a validation: `epoch_columns`."""
        self._add(1, row, "validation")

    def _add(self, file: int, row: Mapping[str, Any], title: str) -> None:
        with storage_errors(self._run):
            self._files[file].add(row)
            if self._board is not None:
                for name, value in row.items():
                    if name not in ("step", "phase", "epoch", "best") and value is not None:
                        self._board.add_scalar(f"{title}/{name}", value, row["step"])


class _Table:
    """A CSV file that grows by whole lines, read back and cut to the rows that count."""

    def __init__(self, path: Path, columns: Sequence[str], count: int) -> None:
        self._columns = columns
        kept = read_log(path)[:count] if path.is_file() else []
        lines = [",".join(columns), *(",".join(row[name] for name in columns) for row in kept)]
        write_text(path, "\n".join(lines) + "\n")
        self._file = path.open("a", encoding="utf-8", newline="")
        self._writer = csv.DictWriter(self._file, columns, lineterminator="\n")

    def add(self, row: Mapping[str, Any]) -> None:
        self._writer.writerow({name: _shown(row.get(name)) for name in self._columns})
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def read_log(path: Path) -> list[dict[str, str]]:
    """The whole rows of a log; a line that a kill cut off is left out."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = [line for line in file if line.endswith("\n")]
    return [row for row in csv.DictReader(lines) if None not in row and None not in row.values()]


def _shown(value: Any) -> Any:
    """Every digit that float has: the same curve is the same bytes."""
    return "" if value is None else value


def _board(folder: Path, steps: int) -> Any:
    """TensorBoard's writer; None where the package is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            return None
        return SummaryWriter(folder, purge_step=steps + 1)
