"""How a training shows itself: a bar on a terminal, plain lines when piped, nothing for scripts and for further ranks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ppad_model.training.checkpoint import Position
from ppad_model.training.config import PhaseConfig

LINE_EVERY_S = 15.0
"""Seconds between two lines at least, when piped."""
RECENT = 0.9
"""How much of the speed shown is that of the steps before."""


@dataclass(frozen=True, slots=True)
class PlannedPhase:
    """What the view knows of a phase.

    Attributes:
        steps: of an epoch.
        processes: it learns from.
    """

    name: str
    config: PhaseConfig
    steps: int
    processes: int


class View:
    """Follows a training; a context manager.

    Args:
        quiet: show nothing.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(stderr=True, highlight=False, quiet=quiet)
        self._fancy = self._console.is_terminal and not quiet
        self._phases: list[PlannedPhase] = []
        self._per_second = self._waiting = 0.0
        self._said = 0.0
        self._loss = ""
        self._bars = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[state]}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._task = self._bars.add_task("", total=None, state="", visible=self._fancy)

    def __enter__(self) -> Self:
        if self._fancy:
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._fancy:
            self._bars.stop()

    def expect(self, phase: PlannedPhase) -> None:
        """One more phase is to come."""
        self._phases.append(phase)

    def note(self, sentence: str) -> None:
        """A line that stays."""
        self._console.print(escape(sentence), soft_wrap=True)

    def decoded(self, done: int, total: int) -> None:
        """Pictures are brought into memory."""
        self._bars.update(self._task, description="Decoding", total=total, completed=done, state=f"{done}/{total} processes")

    def step(self, at: Position, row: Mapping[str, Any]) -> None:
        """A step was taken: a row of the journal."""
        for name in ("per_second", "waiting"):
            before = getattr(self, f"_{name}")
            setattr(self, f"_{name}", RECENT * before + (1 - RECENT) * row[name] if before else row[name])
        phase = self._phases[at.phase]
        self._loss = f"loss {row['loss']:.4g}"
        self._bars.update(
            self._task,
            description=f"{phase.name}, epoch {at.epoch + 1} of {phase.config.epochs}",
            total=phase.steps * phase.config.epochs,
            completed=at.epoch * phase.steps + at.step,
            state=f"{self._loss}, {self._speed(at)}",
        )

    def validated(self, at: Position, name: str, error: float | None, *, is_best: bool) -> None:
        """Held-out processes were examined: their error, and what it is called."""
        phase = self._phases[at.phase]
        last = at.epoch == phase.config.epochs
        if not (self._fancy or last) and time.monotonic() - self._said < LINE_EVERY_S:
            return
        self._said = time.monotonic()
        parts = [f"{phase.name} {at.epoch}/{phase.config.epochs}", self._loss]
        if error is not None:
            parts.append(f"validation {name} {error:.3f}" + (" (best)" if is_best else f" (best {at.best:.3f})"))
        self._console.print(escape(", ".join(filter(None, [*parts, self._speed(at)]))), soft_wrap=True)

    def _speed(self, at: Position) -> str:
        if not self._per_second:
            return ""
        return f"{self._per_second:.3g} processes/s, waiting {self._waiting:.1%}, {_clock(self.seconds_left(at))} left"

    def seconds_left(self, at: Position) -> float:
        """Until all phases have run their epochs, at the present speed."""
        left = 0.0
        for number, phase in enumerate(self._phases):
            done = at.epoch + at.step / phase.steps if number == at.phase else 0.0
            left += max(0.0, phase.config.epochs - done) * phase.processes if number >= at.phase else 0.0
        return left / self._per_second if self._per_second else float("nan")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
