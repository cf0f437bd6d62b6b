"""How a training run shows itself: a bar on a terminal, a line an epoch when piped."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ppad_model.training.logs import EpochRow
from ppad_model.training.plan import Phase


class TrainingView:
    """Shows phases, epochs and steps; a context manager.

    Args:
        quiet: show nothing: with `--json`, and on all ranks but the first.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._quiet = quiet
        self._bar = Progress(
            TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("steps"), TimeElapsedColumn(),
            TextColumn("· left"), TimeRemainingColumn(), console=self._console, transient=True,
            disable=quiet or not self._console.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task("", total=None)
        self._phase: Phase | None = None
        self._began, self._done = time.monotonic(), 0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bar.stop()

    def note(self, sentence: str) -> None:
        """A remark."""
        if not self._quiet:
            self._console.print(f"[yellow]note[/] {escape(sentence)}")

    def begin(self, phase: Phase, steps: int, epoch: int) -> None:
        """A phase begins, or goes on at an epoch; `steps` an epoch."""
        self._phase, self._began, self._done = phase, time.monotonic(), 0
        done = max(0, epoch - 1) * steps
        self._bar.reset(self._task, description=phase.name, total=phase.epochs * steps, completed=done)
        if not self._quiet:
            self._console.print(
                f"[bold]{phase.name}[/]: {len(phase.training)} processes, {len(phase.validation)} held out; "
                f"{phase.epochs} epochs of {steps} step{'s' if steps != 1 else ''}, {phase.optimizer}, "
                f"learning rate {phase.learning_rate:g}"
            )

    def step(self) -> None:
        """An optimizer step was done."""
        self._bar.advance(self._task)

    def epoch(self, row: EpochRow, best: float) -> None:
        """An epoch was done."""
        if self._quiet or self._phase is None:
            return
        parts = [f"{row.phase} {row.epoch}/{self._phase.epochs}"]
        if row.loss is not None:
            parts.append(f"loss {row.loss:.4f}")
        if row.validation_mse is not None:
            mark = " (best so far)" if row.validation_mse == best else ""
            parts.append(
                f"held out: MSE {row.validation_mse:.3f}"
                + (f", SRCC {row.validation_srcc:.2f}" if row.validation_srcc is not None else "")
                + mark
            )
        if row.loss is not None:
            self._done += 1
            left = (time.monotonic() - self._began) / self._done * (self._phase.epochs - row.epoch)
            parts.append(f"{row.processes_per_s:.1f} processes/s, {row.waited:.0%} waiting, at most {_duration(left)} left")
        self._console.print("; ".join(parts))


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
