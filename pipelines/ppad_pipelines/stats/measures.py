"""What is told of a process and of a collection: curves over the course of the painting, and single numbers.

Notation: P processes, S curves, G places from 0 (first frame) to 1 (last), K numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from ppad.signals import Course, setbacks, stage_shares

Axis = Literal["frames", "time"]
Array = NDArray[np.float64]

GRID = np.linspace(0, 1, 21)
"""Places at which curves are compared, whatever the number of a process's frames."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """A statistic, as tables and pictures name it.

    Attributes:
        id: as JSON and settings have it.
        title: for people.
        meaning: one line.
    """

    id: str
    title: str
    meaning: str


CURVES = (
    Statistic("coverage", "Coverage", "share of the canvas ever touched"),
    Statistic("to_final", "Distance to the end", "RMS to the last frame, as a share of the farthest"),
    Statistic("changed", "Changed area", "share of the canvas that changed since the frame before"),
    Statistic("revisited", "Revisits", "of all that was changed so far, the share touched before"),
    Statistic("brush", "Scale of the brush", "typical width of what changed, share of the longer side"),
    Statistic("spread", "Spread of the work", "0: in one place; 1: all over the canvas"),
)
NUMBERS = (
    Statistic("laying_in", "laying in", "share until 80 % of what is ever painted has been touched"),
    Statistic("developing", "developing", "share from there until a quarter of the way is left"),
    Statistic("finishing", "finishing", "share for the rest"),
    Statistic("revisit_rate", "revisit rate", "of all that was changed, the share touched before"),
    Statistic("setbacks", "setbacks", "how far it went away from its end again, in ways from start to end"),
    Statistic("covered", "covered", "share of the canvas touched at the end"),
    Statistic("largest_step", "largest step", "largest share of the canvas that changed between two frames"),
)
TITLES = {statistic.id: statistic.title for statistic in (*CURVES, *NUMBERS)}


@dataclass(frozen=True, slots=True)
class Measured:
    """One process, measured.

    Attributes:
        course: see `Course`.
        times: (T,) when each frame was, 0–1 of the whole; None where there is no clock.
    """

    process_id: str
    course: Course
    times: Array | None

    @property
    def is_static(self) -> bool:
        """Whether nothing visible changes: such a process has no course."""
        return not np.any(self.course.changed)

    def places(self, axis: Axis) -> Array | None:
        """Where each frame lies in the process, 0–1: by its number, or by the clock."""
        return np.linspace(0, 1, len(self.course.changed)) if axis == "frames" else self.times

    def curves(self, axis: Axis) -> Array:
        """(S, G), values at the places of `GRID`; what a frame does not have is taken from its neighbours."""
        places = self.places(axis)
        assert places is not None  # noqa: S101 - `usable` leaves such processes out
        return np.stack([_on_grid(places, getattr(self.course, curve.id)) for curve in CURVES])

    def numbers(self, axis: Axis) -> Array:
        """(K,) in the order of `NUMBERS`."""
        places = self.places(axis)
        assert places is not None  # noqa: S101 - see above
        course = self.course
        rest = (course.revisited[-1], setbacks(course.to_final), course.coverage[-1], course.changed.max())
        return np.array([*stage_shares(course, places), *rest])

    def to_json(self) -> dict[str, Any]:
        """As it is kept between runs."""
        course = {curve.id: [_rounded(value) for value in getattr(self.course, curve.id)] for curve in CURVES}
        times = None if self.times is None else [_rounded(value) for value in self.times]
        return {"process_id": self.process_id, "course": course, "times": times}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """From what was kept.

        Raises:
            KeyError, TypeError, ValueError: it is none of these.
        """
        course = {curve.id: np.array(value["course"][curve.id], dtype=np.float64) for curve in CURVES}
        times = None if value["times"] is None else np.array(value["times"], dtype=np.float64)
        return cls(value["process_id"], Course(**course), times)


@dataclass(frozen=True, slots=True)
class Profile:
    """The processes of a collection, ready to be compared.

    Attributes:
        name: of the collection.
        ids: of the processes.
        curves: (P, S, G).
        numbers: (P, K).
        left_out: number of processes without a course, or without a clock where one is needed.
    """

    name: str
    ids: list[str]
    curves: Array
    numbers: Array
    left_out: int

    @classmethod
    def of(cls, name: str, measured: Sequence[Measured], axis: Axis) -> Self:
        """The profile of some processes."""
        usable = [one for one in measured if not one.is_static and one.places(axis) is not None]
        curves = [one.curves(axis) for one in usable]
        numbers = [one.numbers(axis) for one in usable]
        return cls(
            name,
            [one.process_id for one in usable],
            np.stack(curves) if curves else np.zeros((0, len(CURVES), len(GRID))),
            np.stack(numbers) if numbers else np.zeros((0, len(NUMBERS))),
            len(measured) - len(usable),
        )

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def values(self) -> Array:
        """(P, S · G + K): curves and numbers side by side."""
        return np.concatenate([self.curves.reshape(len(self), -1), self.numbers], axis=1)


def times_of(row: Mapping[str, Any], progress: Sequence[float] | None) -> Array | None:
    """When each frame of a process was, 0–1 of the whole: by its recording's clock, else by what its engine says.

    Args:
        row: columns of a collection.
        progress: the engine's share of the painting time at each frame.
    """
    times = row["frame_time_s"] or progress
    if not times or len(times) < 2 or times[-1] <= times[0] or len(times) != len(row["frame_change"]):
        return None
    values = np.asarray(times, dtype=np.float64)
    shares: Array = (values - values[0]) / (values[-1] - values[0])
    return shares


def _on_grid(places: Array, values: Array) -> Array:
    known = ~np.isnan(values)
    return np.interp(GRID, places[known], values[known])


def _rounded(value: float) -> float | None:
    """Six significant digits; None for what there is none of."""
    return None if np.isnan(value) else float(f"{value:.6g}")
