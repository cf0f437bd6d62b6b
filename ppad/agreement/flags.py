"""Raters who stand out. A flag says where to look; it excludes nobody: only a recorded decision does.

Each figure is held against the other raters by a robust z, (x - median) / (1.4826 MAD) (Iglewicz & Hoaglin, How to Detect and
Handle Outliers, 1993). Their limit of 3.5 is passed by somebody in every tenth panel of fifteen normal raters, and by more in
smaller ones; ours, 4 + 32 / R, in about every hundredth, from six raters to sixty (by simulation). What stands out must matter
too: in a panel that agrees closely tiny differences stand out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.agreement.estimates import Estimate
from ppad.agreement.raters import FEWEST, Habits

Floats = NDArray[np.float64]

MATTERS = 0.05
"""Share of the scale's range that a difference of levels must reach to matter: 0.45 points on 1–10."""
GROSS = 0.2
"""Share of the range from which a severity is named in any panel: 1.8 points on 1–10."""
_MAD_TO_SD = 1.4826


@dataclass(frozen=True, slots=True)
class Flag:
    """A rater who stands out.

    Attributes:
        rater: number of the rater.
        kind: `severe`, `lenient`, `noisy`, `disagrees`, `timid`, `bold`, `drifts`, `halo`, `fast`, `cannot-judge`.
        attribute: in which attribute; None for the rater as a whole.
        value: the figure that stands out, and `usual`, the panel's median.
    """

    rater: int
    kind: str
    attribute: str | None
    value: float
    usual: float


def flag_habits(attribute: str, habits: Sequence[Habits], scale: tuple[int, int]) -> list[Flag]:
    """The raters whose habits in one attribute stand out.

    Args:
        habits: of each rater, 0 … R - 1.
        scale: lowest and highest score.
    """
    matters = MATTERS * (scale[1] - scale[0])
    severity = np.array([one.severity.value if one.count >= FEWEST else np.nan for one in habits])
    noise = np.array([one.noise.value for one in habits])
    agreement = np.array([one.agreement.value for one in habits])
    gross = GROSS * (scale[1] - scale[0])
    flags = [
        *_beyond(attribute, "lenient", severity, above=matters, anyway=gross),
        *_beyond(attribute, "severe", severity, below=-matters, anyway=-gross),
        *_beyond(attribute, "noisy", noise, factor=1.25),
        *_beyond(attribute, "disagrees", agreement, below=-0.15),
    ]
    for rater, one in enumerate(habits):
        if one.slope.high < 0.6:
            flags.append(Flag(rater, "timid", attribute, one.slope.value, 1.0))
        if one.slope.low > 1.5:
            flags.append(Flag(rater, "bold", attribute, one.slope.value, 1.0))
    return flags


def flag_drifts(drifts: Sequence[Estimate], scale: tuple[int, int]) -> list[Flag]:
    """The raters whose level moves by so much that it matters, beyond what chance makes.

    Args:
        drifts: of each rater, over all attributes; points of the scale.
    """
    # One interval in twenty is off by chance; half its width again makes up for a panel of some twenty.
    return [
        Flag(rater, "drifts", None, one.value, 0.0)
        for rater, one in enumerate(drifts)
        if abs(one.value) >= max(MATTERS * (scale[1] - scale[0]), 1.5 * (one.high - one.low) / 2)
    ]


def flag_wholes(figures: Mapping[str, Floats]) -> list[Flag]:
    """The raters who stand out as a whole.

    Args:
        figures: by kind of flag, (R,) the figure of each rater: `halo` (mean correlation of departures), `cannot-judge` (share of
            scores left out), `fast` (median seconds of work on an item).
    """
    rules: dict[str, dict[str, float]] = {"halo": {"above": 0.15}, "cannot-judge": {"above": 0.05}, "fast": {"factor": 0.5}}
    return [flag for kind, values in figures.items() for flag in _beyond(None, kind, values, **rules[kind])]


def z_limit(raters: int) -> float:
    """The robust z beyond which one of so many raters stands out."""
    return 4 + 32 / raters


def robust_z(values: Floats) -> Floats:
    """(x - median) / (1.4826 MAD) of each value; NaN where it is unknown, infinite beyond a panel that is all alike."""
    known = values[np.isfinite(values)]
    if not len(known):
        return np.full(len(values), np.nan)
    distance = values - np.median(known)
    scale = _MAD_TO_SD * float(np.median(np.abs(distance[np.isfinite(values)])))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(distance == 0, 0.0, distance / scale)


def _beyond(
    attribute: str | None,
    kind: str,
    values: Floats,
    *,
    above: float | None = None,
    below: float | None = None,
    factor: float | None = None,
    anyway: float = np.inf,
) -> list[Flag]:
    """The values that stand out and are at least so far above or below the median, or so many times the median.

    Args:
        anyway: distance from the median that is named in any panel.
    """
    z, usual = robust_z(values), float(np.median(values[np.isfinite(values)])) if np.isfinite(values).any() else float("nan")
    if factor is not None:
        above, below = ((factor - 1) * usual, None) if factor > 1 else (None, (factor - 1) * usual)
    found, limit = np.zeros(len(values), np.bool_), z_limit(max(1, int(np.isfinite(values).sum())))
    if above is not None:
        found |= (z > limit) & (values - usual >= above)
    if below is not None:
        found |= (z < -limit) & (values - usual <= below)
    found |= (values - usual >= anyway) if anyway > 0 else (values - usual <= anyway)
    return [Flag(int(rater), kind, attribute, float(values[rater]), usual) for rater in np.flatnonzero(found)]
