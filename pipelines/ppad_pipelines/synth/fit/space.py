"""What is searched: the habits of a painter as a vector, each within bounds that still give a painting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppad_pipelines.synth.strokes.habits import USUAL, Ground, Habits
from ppad_pipelines.synth.strokes.media import MANNERS, Medium

Vector = NDArray[np.float64]
_GROUNDS: tuple[Ground, ...] = ("any", "white", "toned")


@dataclass(frozen=True, slots=True)
class Axis:
    """One habit.

    Attributes:
        name: of the field of `Habits`.
        low, high: bounds, as searched.
        is_log: whether it is searched by its logarithm to base 2: factors.
        choices: what whole numbers stand for; none: a number.
    """

    name: str
    low: float
    high: float
    is_log: bool = False
    choices: tuple[Any, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers make sense."""
        return bool(self.choices) or self.name == "stages"

    def value(self, place: float) -> Any:
        """The habit at a place of the search."""
        if self.choices:
            return self.choices[round(place)]
        if self.is_whole:
            return round(place)
        return float(f"{2.0**place if self.is_log else place:.3g}")

    def place(self, value: Any) -> float:
        """Where a habit lies in the search."""
        if self.choices:
            return float(self.choices.index(value))
        return float(np.log2(value)) if self.is_log else float(value)


@dataclass(frozen=True, slots=True)
class Space:
    """The habits that are searched; the others stay as they are."""

    axes: tuple[Axis, ...]

    @property
    def bounds(self) -> list[tuple[float, float]]:
        """Lowest and highest place of each axis."""
        return [(axis.low, axis.high) for axis in self.axes]

    @property
    def whole(self) -> list[bool]:
        """Which axes hold whole numbers."""
        return [axis.is_whole for axis in self.axes]

    def habits(self, vector: Vector) -> Habits:
        """The habits at a place."""
        return Habits(**{axis.name: axis.value(float(place)) for axis, place in zip(self.axes, vector, strict=True)})

    def vector(self, habits: Habits) -> Vector:
        """Where habits lie."""
        return np.array([axis.place(getattr(habits, axis.name)) for axis in self.axes])


def space_of(medium: Medium, *, has_clock: bool) -> Space:
    """What can be fitted in a medium; the pace of the rounds only where the reference has a clock."""
    manner = MANNERS[medium]
    axes = [
        Axis("brush", -1.5, 1.5, is_log=True),
        Axis("taper", 0.2, 1.6),
        Axis("tolerance", -1.5, 2.5, is_log=True),
        Axis("revisits", 0.0, 0.7),
        Axis("order_noise", 0.0, 3.0),
        Axis("stages", 1, 8),
        Axis("sketch", 0, 2, choices=(None, False, True)),
    ]
    if len(manner.grounds) > 1:
        axes.append(Axis("ground", 0, 2, choices=_GROUNDS))
    if has_clock:
        axes.append(Axis("pace", 0.0, 2.5))
    return Space(tuple(axes))


DEFAULTS = USUAL
