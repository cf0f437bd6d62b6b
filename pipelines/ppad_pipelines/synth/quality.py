"""Filters on what was made: a process is kept, or rejected for a reason that has a name and a number.

They look for what goes wrong in synthesis (a tinted frame, a standstill, everything at once), not for good painting.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.media.images import Pixels
from ppad.signals import distances_to_final, rms_distance, setbacks
from ppad.signals.change import Sample
from ppad.signals.raster import shrunk, to_lab

SIDE = 128
"""Longer side of the samples that are looked at, pixels."""
NOT_A_NUMBER = "nan"
"""The reason that an engine itself gives: numbers that are none cannot be a frame."""

_SAME = 0.75 / 255
"""Frames that differ by less are the same."""
_FEW = 4
"""Steps below which a process is too short to stand still or to jump."""
_UNIFORM = 0.7
"""Share of a change's energy that one shift of the whole picture accounts for, from which on it is a tint and no painting."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a process was not kept.

    Attributes:
        reason: the name of a filter.
        measured: what it found.
        limit: beyond which it rejects.
    """

    reason: str
    measured: float
    limit: float

    @property
    def words(self) -> str:
        """`one-jump (0.93, limit 0.9)`."""
        return self.reason if self.reason == NOT_A_NUMBER else f"{self.reason} ({self.measured:.3g}, limit {self.limit:g})"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the filters look at.

    Attributes:
        samples: (h, w, 3) uint8 each, the frames made small.
        steps: (T − 1,) RMS distances of neighbours, 0–1.
    """

    samples: Sequence[Sample]
    steps: NDArray[np.float64]


def first_rejection(frames: Sequence[Pixels], reasons: Collection[str]) -> Rejection | None:
    """The first of some filters that rejects a process; None if all accept it.

    Args:
        frames: (H, W, 3) uint8 each, first stroke to last, at least two.
        reasons: names of the filters that apply.
    """
    samples = [shrunk(frame, SIDE) for frame in frames]
    seen = Seen(samples, np.array([rms_distance(a, b) for a, b in itertools.pairwise(samples)]))
    for reason, check in FILTERS.items():
        if reason in reasons:
            measured = check.measure(seen)
            if measured > check.limit:
                return Rejection(reason, measured, check.limit)
    return None


def _blank(seen: Seen) -> float:
    """How nearly the last frame is one colour: 1 for exactly."""
    return 1 - float(seen.samples[-1].std(axis=(0, 1)).max()) / 255


def _duplicates(seen: Seen) -> float:
    """Share of the steps in which nothing changes."""
    return 0.0 if len(seen.steps) < _FEW else float((seen.steps < _SAME).mean())


def _longest_stand(seen: Seen) -> float:
    """Longest run of steps that together bring nearly nothing, as a share of all steps."""
    if len(seen.steps) < _FEW:
        return 0.0
    small = seen.steps < 0.1 * seen.steps.mean()
    runs = [len(list(group)) for is_small, group in itertools.groupby(small) if is_small]
    return max(runs, default=0) / len(small)


def _largest_step(seen: Seen) -> float:
    """Share of all change that one step brings, by its energy, which grows as the area."""
    energy = np.square(seen.steps)
    return 0.0 if len(energy) < _FEW or energy.sum() == 0 else float(energy.max() / energy.sum())


def _brightness_shift(seen: Seen) -> float:
    """Largest shift of lightness that the whole picture shares in one step, in units of L* (0–100)."""
    return _largest_shift(seen, slice(0, 1))


def _color_shift(seen: Seen) -> float:
    """Largest shift of hue or chroma that the whole picture shares in one step, in units of a*b*."""
    return _largest_shift(seen, slice(1, 3))


def _largest_shift(seen: Seen, channels: slice) -> float:
    """The largest tint: one shift that accounts for most of a step between two frames that show something.

    What the process does anyhow is no tint: a drawing darkens, washes add up. So what the other steps do together, and half as
    much again, is taken off.
    """
    if len(seen.steps) < _FEW:
        return 0.0
    labs = [to_lab(sample.astype(np.float32) / np.float32(255))[..., channels] for sample in seen.samples]
    shows = [float(sample.std(axis=(0, 1)).max()) > 5 for sample in seen.samples]
    largest = 0.0
    for (a, b), shown in zip(itertools.pairwise(labs), itertools.pairwise(shows), strict=True):
        shift = (b - a).mean(axis=(0, 1))
        energy = float(np.square(b - a).sum(axis=2).mean())
        if all(shown) and energy > 0 and float(shift @ shift) / energy > _UNIFORM:
            others = (labs[-1] - labs[0]).mean(axis=(0, 1)) - shift
            along = np.clip(shift @ others / max(float(others @ others), 1e-9), 0, 1.5)
            largest = max(largest, float(np.linalg.norm(shift - along * others)))
    return largest


def _setbacks(seen: Seen) -> float:
    """How far in all the process goes away from its end, as a share of the whole way."""
    return setbacks(distances_to_final(seen.samples))


@dataclass(frozen=True, slots=True)
class Check:
    """A filter: what it measures, and beyond which value it rejects."""

    measure: Callable[[Seen], float]
    limit: float


FILTERS: dict[str, Check] = {
    "blank": Check(_blank, 0.985),
    "duplicate-frames": Check(_duplicates, 0.25),
    "stalled": Check(_longest_stand, 0.4),
    "one-jump": Check(_largest_step, 0.9),
    "brightness-jump": Check(_brightness_shift, 8.0),
    "colour-jump": Check(_color_shift, 8.0),
    "going-back": Check(_setbacks, 0.35),
}
"""In the order in which they are asked; `nan` comes from the engine."""

ALL_REASONS = (*FILTERS, NOT_A_NUMBER)
WITH_CHANGES_OF_MIND = tuple(reason for reason in ALL_REASONS if reason != "going-back")
"""For engines that go back on purpose."""
