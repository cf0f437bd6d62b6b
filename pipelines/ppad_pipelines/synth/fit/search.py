"""The search for habits: differential evolution from a seed, generation by generation, every evaluation written down.

An evaluation depends on nothing but the habits, so a search that was killed is gone through again from the start, with what
was evaluated taken from the record, and goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ppad.errors import MissingExtraError, WorkError
from ppad.schema import canonical_json, json_value
from ppad.stages import Executor, Job, Listener, Progress, run_stage
from ppad.storage import storage_errors, write_text
from ppad_pipelines.synth.fit.space import DEFAULTS, Space, Vector
from ppad_pipelines.synth.fit.target import Motif, Painted, Target, measured_painting
from ppad_pipelines.synth.strokes.habits import Habits
from ppad_pipelines.synth.strokes.media import Medium

STAGE = "fit"
POPULATION = 16
"""Candidates a generation."""


@dataclass(frozen=True)
class PaintMotifs:
    """Paints all motifs with some habits, and measures what came of it."""

    motifs: tuple[Motif, ...]
    medium: Medium
    side: int
    has_clock: bool

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        """See `Work`; the payload is the habits."""
        measured = []
        for number, motif in enumerate(self.motifs):
            measured.append(measured_painting(motif, self.medium, job.payload, self.side))
            progress((number + 1) / len(self.motifs))
        return {"painted": Painted.of(measured, has_clock=self.has_clock)}


@dataclass
class Record:
    """Every evaluation of a search, in a file.

    Attributes:
        fingerprint: of everything that an evaluation depends on besides the habits.
    """

    file: Path
    fingerprint: str
    known: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lines = list(self._lines())
        if not lines or lines[0] != {"search": self.fingerprint}:
            write_text(self.file, json.dumps({"search": self.fingerprint}) + "\n")
            return
        for line in lines[1:]:
            with contextlib.suppress(KeyError, TypeError):
                self.known[canonical_json(line["habits"])] = float(line["distance"])

    def add(self, habits: Habits, distance: float) -> None:
        """Write an evaluation down."""
        self.known[canonical_json(asdict(habits))] = distance
        with storage_errors(self.file), self.file.open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps({"habits": asdict(habits), "distance": distance}))

    def distance(self, habits: Habits) -> float | None:
        """What habits gave; None if they were not tried."""
        return self.known.get(canonical_json(asdict(habits)))

    def _lines(self) -> Iterator[Any]:
        if self.file.exists():
            for line in self.file.read_text("utf-8", errors="replace").splitlines():
                with contextlib.suppress(ValueError):  # a line cut short by a kill is evaluated again
                    yield json_value(line)


def search(
    target: Target, medium: Medium, side: int, space: Space, record: Record, executor: Executor, listener: Listener,
    *, evaluations: int, seed: int,
) -> Habits:  # fmt: skip
    """The best habits among some that are tried.

    Args:
        evaluations: how many are tried, about.

    Raises:
        MissingExtraError: SciPy is not installed.
        WorkError: habits could not be tried.
    """
    try:
        from scipy.optimize import differential_evolution
    except ImportError as error:
        raise MissingExtraError.of("scipy", "stats") from error
    work = PaintMotifs(target.motifs, medium, side, target.reference.by_clock is not None)

    def together(_function: object, vectors: Sequence[Vector]) -> list[float]:
        return evaluate([space.habits(vector) for vector in vectors], target, work, record, executor, listener)

    usual = space.vector(DEFAULTS)
    first = _first_generation(space, usual, seed)
    found = differential_evolution(
        np.sum, space.bounds, init=first, x0=usual, integrality=space.whole, rng=np.random.default_rng(seed), polish=False,
        updating="deferred", workers=together, tol=0, maxiter=max(0, -(-evaluations // POPULATION) - 1),
    )  # fmt: skip
    return space.habits(found.x)


def evaluate(
    habits: Sequence[Habits], target: Target, work: PaintMotifs, record: Record, executor: Executor, listener: Listener
) -> list[float]:
    """The distance that each of some habits leaves, from the record where it is known.

    Raises:
        WorkError: some could not be tried.
    """
    new = {canonical_json(asdict(one)): one for one in habits if record.distance(one) is None}
    jobs = [Job(key, f"candidate {len(record.known) + number + 1}", one) for number, (key, one) in enumerate(new.items())]
    report = run_stage(STAGE, work, jobs, executor, _Recording(target, record, listener)) if jobs else None
    if report is not None and report.failed:
        raise WorkError(f"Habits could not be tried: {report.failed[0].message}", report.failed[0].fix)
    return [record.known[canonical_json(asdict(one))] for one in habits]


class _Recording:
    """A listener that writes each evaluation down as it comes."""

    def __init__(self, target: Target, record: Record, listener: Listener) -> None:
        self._target, self._record = target, record
        self.planned, self.progress = listener.planned, listener.progress
        self.skipped, self.failed = listener.skipped, listener.failed
        self._done = listener.done

    def done(self, job: Job, summary: Mapping[str, Any], seconds: float) -> None:
        distance = self._target.distance(summary["painted"])
        self._record.add(job.payload, distance)
        self._done(job, {"distance": f"{distance:.3f}"}, seconds)


def _first_generation(space: Space, usual: Vector, seed: int) -> Any:
    """(POPULATION, axes): the usual habits, some near them, and some anywhere."""
    rng = np.random.default_rng([seed, 1])
    low, high = np.array(space.bounds).T
    anywhere = rng.uniform(low, high, (POPULATION // 2, len(low)))
    near = usual + rng.normal(0, 0.15, (POPULATION - len(anywhere) - 1, len(low))) * (high - low)
    return np.clip(np.concatenate([usual[None], near, anywhere]), low, high)
