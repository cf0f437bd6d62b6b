"""The course of a painting process, measured on its key frames: how it covers the canvas, nears its end and comes back.

Notation: T frames, (H, W, 3) uint8, sRGB, all of one size, first stroke to last. A curve is (T,), one value a frame; a value
that a frame does not have (the brush, where nothing changed) is NaN.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.signals.change import Sample, changed_mask, rms_distance
from ppad.signals.raster import blurred, luminance

Curve = NDArray[np.float64]

LAID_IN = 0.8
"""A painting is laid in when this share of all that will ever be painted has been touched."""
DEVELOPED = 0.25
"""A painting is developed when it is no farther from its end than this share of the way."""

_BANDS = tuple(2.0**-octave for octave in (8, 7, 6, 5, 4, 3))
"""Widths of the blurs between which scales are told apart, as shares of the longer side."""
_WIDTH_OF_BAND = 1.63
"""Half a wave of what a band passes best, in sigmas of its wider blur: π √(3 / ln 4 / 8)."""


@dataclass(frozen=True, slots=True)
class Course:
    """What a process does, frame by frame.

    Attributes:
        coverage: share of the canvas that was ever touched since the first frame, 0–1, rising.
        to_final: RMS distance to the last frame, as a share of the farthest frame's, 0–1: from 1 to 0, as a rule.
        changed: share of the canvas that changed visibly since the frame before, 0–1; 0 for the first.
        revisited: of all areas changed so far, the share that lay on what had been touched before, 0–1.
        brush: typical width of what changed, as a share of the longer side.
        spread: how far from one another the changed places lie, 0 (one place) to 1 (all over the canvas).
    """

    coverage: Curve
    to_final: Curve
    changed: Curve
    revisited: Curve
    brush: Curve
    spread: Curve


def course_of(frames: Sequence[Sample]) -> Course:
    """Measure a process of at least two frames."""
    count = len(frames)
    coverage, changed, revisited = np.zeros(count), np.zeros(count), np.zeros(count)
    brush, spread = np.full(count, np.nan), np.full(count, np.nan)
    touched = np.zeros(frames[0].shape[:2], dtype=bool)
    again = ever = 0
    for number, (before, after) in enumerate(itertools.pairwise(frames), start=1):
        mask = changed_mask(before, after)
        again += int(np.count_nonzero(mask & touched))
        ever += int(np.count_nonzero(mask))
        touched |= mask
        coverage[number] = touched.mean()
        changed[number] = mask.mean()
        revisited[number] = again / ever if ever else 0.0
        brush[number], spread[number] = scale_of_change(before, after, mask), spread_of(mask)
    return Course(coverage, distances_to_final(frames), changed, revisited, brush, spread)


def distances_to_final(frames: Sequence[Sample]) -> Curve:
    """RMS distance of each frame to the last, as a share of the farthest frame's; all 0 where nothing ever differs."""
    distances = np.array([rms_distance(frame, frames[-1]) for frame in frames])
    farthest = float(distances.max())
    return distances / farthest if farthest > 0 else distances


def scale_of_change(before: Sample, after: Sample, mask: NDArray[np.bool_]) -> float:
    """Typical width of what changed, as a share of the longer side: the mean octave of the energy of the change.

    Bands between blurs of doubling width share the energy of the change of luminance out among octaves; the mean octave,
    weighed by energy, is that of the brush. What was not visibly changed counts as not changed.

    Returns:
        From 0.01 to 0.2, right within a factor of 2.5 for strokes of such widths; NaN where nothing changed.
    """
    if not mask.any():
        return float("nan")
    change = (luminance(after.astype(np.float32)) - luminance(before.astype(np.float32))) * mask
    longer = max(change.shape)
    levels = [change, *(blurred(change, width * longer) for width in _BANDS)]
    energy = np.array([np.square(fine - coarse).sum() for fine, coarse in itertools.pairwise(levels)], dtype=np.float64)
    if energy.sum() == 0:  # the hue alone changed
        return float("nan")
    octaves = np.log2([_WIDTH_OF_BAND * width for width in _BANDS])
    return float(2 ** np.average(octaves, weights=energy))


def spread_of(mask: NDArray[np.bool_]) -> float:
    """RMS distance of marked pixels from their centre, as a share of that of all pixels, about 0–1; NaN where none is."""
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return float("nan")
    height, width = mask.shape
    whole = (height**2 + width**2 - 2) / 12
    return float(np.sqrt((rows.var() + columns.var()) / whole)) if whole else 0.0


def setbacks(to_final: Curve) -> float:
    """How far, in all, a process went away from its end again, as a share of the whole way: 0 for one that only nears it."""
    return float(np.maximum(0.0, np.diff(to_final)).sum())


def stage_shares(course: Course, places: Curve) -> tuple[float, float, float]:
    """Shares of a process that laying in, developing and finishing take; they sum to 1.

    Args:
        places: (T,) where each frame lies in the process, rising from 0 to 1.
    """
    laid_in = _first_place(course.coverage >= LAID_IN * course.coverage[-1], places)
    developed = max(laid_in, _first_place(course.to_final <= DEVELOPED, places))
    return laid_in, developed - laid_in, 1.0 - developed


def _first_place(reached: NDArray[np.bool_], places: Curve) -> float:
    return float(places[int(np.argmax(reached))]) if reached.any() else 1.0
