"""How a painting comes about, moment by moment: what has been painted, and what has been undone, moved or changed.

The state of a painting is a function of the moment alone, so that histories that end alike end in the same pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad_pipelines.simulate.layers import Stage
from ppad_pipelines.simulate.painting import Sheet

MOST_UNDONE = 1.2
"""Work that is undone at the highest severity, in whole paintings."""

_FIRST, _LAST = 0.4, 0.9
"""Jumps fall between these shares of the painting: where there is something to see, and some way to go."""
_STARTS: Mapping[Stage, tuple[float, float]] = {
    Stage.SKETCH: (0.0, 0.85),
    Stage.FLAT: (0.1, 1.0),
    Stage.LIGHT: (0.45, 1.0),
    Stage.PARTS: (0.7, 1.0),
    Stage.HUES: (0.9, 0.9),
    Stage.TEXTURE: (1.1, 0.8),
    Stage.ACCENTS: (1.35, 0.7),
}
"""When a stage begins for what lies at the back, and how much later for what stands at the front; in any unit."""


@dataclass(frozen=True, slots=True)
class Undoing:
    """Work that is undone.

    Attributes:
        at: share of the painting that was done before, 0–1.
        amount: work that is undone, in whole paintings; less than `at`.
        is_local: a few bodies are wiped out; otherwise the whole picture goes back.
    """

    at: float
    amount: float
    is_local: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """A state of the painting.

    Attributes:
        done: share of the work that is done, 0–1, by body.
        hue: how far hues are from where they end, degrees.
        is_early_manner: whether it is in the manner that is left later.
        is_early_layout: whether things stand where they do not stay.
    """

    done: NDArray[np.float64]
    hue: float
    is_early_manner: bool
    is_early_layout: bool


@dataclass(frozen=True)
class Schedule:
    """When each stage of each body is painted.

    Attributes:
        spans: start and end, shares of all work, by body and stage.
        work: (B,) share of all work that each body takes.
    """

    spans: Mapping[tuple[int, Stage], tuple[float, float]]
    work: NDArray[np.float64]

    def share(self, body: int, stage: Stage, done: float) -> float:
        """How far a stage of a body has come, at most 1, when this share of the body's work is done."""
        if done >= 1:
            return 1.0
        # An early manner may have a stage, of a few strokes, that the last one does not need.
        start, end = self.spans.get((body, stage), (1.0, 2.0))
        return min(1.0, (done - start) / (end - start))


def schedule(sheets: Sequence[Sheet], seed: int) -> Schedule:
    """From the back to the front, each body from its first tone to its details; what is behind is ahead."""
    rng = np.random.default_rng([seed, 4])
    deepest = max(sheet.body.depth for sheet in sheets)
    late = [sheet.body.depth / deepest + rng.normal(0, 0.03) for sheet in sheets]
    steps = []
    for number, sheet in enumerate(sheets):
        for layer in sheet.layers:
            start, spread = _STARTS[layer.stage]
            steps.append((start + spread * late[number], number, layer.stage, layer.strokes**0.6))
    steps.sort(key=lambda step: step[:2])
    total = sum(step[3] for step in steps)
    spans, work, before = {}, np.zeros(len(sheets)), 0.0
    for _, number, stage, effort in steps:
        share = effort / total
        spans[number, stage] = (max(0.0, before - 0.6 * share), before + share)
        work[number] += share
        before += share
    return Schedule(spans, work)


@dataclass(frozen=True, slots=True)
class Jumps:
    """Changes from one frame to the next.

    Attributes:
        hue_total: how far hues move in all, degrees, either way.
        hue_at_once: share of it that comes in one step; the rest is spread evenly over all steps.
        places: where, 0–1, the hue, the manner and the layout change.
    """

    hue_total: float
    hue_at_once: float
    places: tuple[float, float, float]


def moments(plan: Schedule, frames: int, pace: float, undoings: Sequence[Undoing], jumps: Jumps, seed: int) -> list[Moment]:
    """The moments at which the frames are taken: the empty ground first, the finished painting last.

    Args:
        frames: at least two, and two more for each undoing.
        pace: above 1 the work begins slowly, below 1 fast.
    """
    path = _Path(plan.work, undoings, np.random.default_rng([seed, 5]))
    taken = path.taken(frames, pace)
    done = [path.state(stop) for stop in taken]
    overall = [float(plan.work @ state) for state in done]
    free = [t for t in range(1, frames - 1) if _FIRST <= overall[t] <= _LAST and not taken[t].is_drop] or [frames // 2]
    hue_at, manner_at, layout_at = _chosen(free, jumps.places)
    result = []
    for t in range(frames):
        ramp = (1 - jumps.hue_at_once) * (1 - t / (frames - 1)) + jumps.hue_at_once * (t < hue_at)
        result.append(Moment(done[t], jumps.hue_total * ramp, t < manner_at, t < layout_at))
    return result


def _chosen(free: Sequence[int], places: Sequence[float]) -> list[int]:
    """A frame for each place, another one for each while there are some."""
    left, chosen = list(free), []
    for place in places:
        left = left or list(free)
        chosen.append(left.pop(min(int(place * len(left)), len(left) - 1)))
    return chosen


@dataclass(frozen=True, slots=True)
class _Stop:
    """A point of the way: work done since the beginning, redone work included; at a drop, the state after it."""

    work: float
    is_drop: bool = False


@dataclass(frozen=True, slots=True)
class _Redo:
    """Work that is done a second time: from which point of the way, for how long, by whom, from where."""

    begin: float
    length: float
    at: float
    depth: float
    bodies: NDArray[np.bool_]


class _Path:
    """The way to the finished painting, with its returns."""

    def __init__(self, work: NDArray[np.float64], undoings: Sequence[Undoing], rng: np.random.Generator) -> None:
        self._bodies = len(work)
        self._redos: list[_Redo] = []
        extra = 0.0
        for undoing in undoings:
            bodies = _wiped(work, undoing, rng)
            depth = undoing.amount / float(work[bodies].sum())
            self._redos.append(_Redo(undoing.at + extra, undoing.amount, undoing.at, depth, bodies))
            extra += undoing.amount
        self._length = 1.0 + extra

    def state(self, stop: _Stop) -> NDArray[np.float64]:
        """(B,) share of each body's work that is done."""
        if stop.work >= self._length:
            return np.ones(self._bodies)
        redone = 0.0
        for redo in self._redos:
            if stop.work < redo.begin or (stop.work == redo.begin and not stop.is_drop):
                break
            if stop.work < redo.begin + redo.length:
                state = np.full(self._bodies, redo.at)
                state[redo.bodies] -= redo.depth * (1 - (stop.work - redo.begin) / redo.length)
                return state
            redone += redo.length
        return np.full(self._bodies, stop.work - redone)

    def taken(self, frames: int, pace: float) -> list[_Stop]:
        """Where frames are taken: at both ends, right before and after each drop, and evenly in time in between."""
        marks = [0.0]
        for redo in self._redos:
            marks += [redo.begin, redo.begin]
        marks.append(self._length)
        times = [(mark / self._length) ** (1 / pace) for mark in marks]
        spans = np.array([times[i + 1] - times[i] for i in range(0, len(times), 2)])
        counts = _shared_out(frames - len(marks), spans)
        stops: list[_Stop] = []
        for number, count in enumerate(counts):
            begin, end = times[2 * number], times[2 * number + 1]
            inner = np.linspace(begin, end, count + 2)[1:-1]
            stops.append(_Stop(marks[2 * number], is_drop=number > 0))
            stops += [_Stop(self._length * float(time) ** pace) for time in inner]
            stops.append(_Stop(marks[2 * number + 1]))
        return stops


def _wiped(work: NDArray[np.float64], undoing: Undoing, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which bodies go back: all, or as few as hold the work that is undone."""
    order = rng.permutation(len(work))
    if not undoing.is_local:
        return np.ones(len(work), dtype=bool)
    enough = np.searchsorted(np.cumsum(work[order]), undoing.amount / undoing.at) + 1
    chosen = np.zeros(len(work), dtype=bool)
    chosen[order[:enough]] = True
    return chosen


def _shared_out(count: int, weights: NDArray[np.float64]) -> list[int]:
    """Whole numbers that add up to `count`, in these proportions."""
    exact = count * weights / weights.sum()
    whole = np.floor(exact).astype(int)
    for index in np.argsort(whole - exact, kind="stable")[: count - whole.sum()]:
        whole[index] += 1
    return whole.tolist()
