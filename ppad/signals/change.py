"""How much two samples of a canvas differ. The one home of OpenCV, whose loops make a distance cost microseconds.

Notation: a sample is (H, W, 3) uint8, sRGB; d = 3·H·W; every distance is in 0–1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.errors import MissingExtraError

try:
    import cv2
except ImportError as error:
    raise MissingExtraError.of("opencv-python-headless", "extract") from error

Sample = NDArray[np.uint8]
Distance = Callable[[Sample, Sample], float]

GLOBAL_SHARE = 0.60
"""A step that changes more than this share of the pixels is global: a cut, a zoom, a change of exposure."""
VISIBLE_STEP = 6
"""8-bit levels by which a pixel must change, in any channel, to count as changed."""
RESTLESS_SHARE = 0.5
"""A pixel that changes in more than this share of all steps is no canvas: a clock, a face-cam, a cursor."""


def rms_distance(a: Sample, b: Sample) -> float:
    """D(a, b) = ‖a − b‖₂ / √d, in 0–1."""
    return float(cv2.norm(a, b, cv2.NORM_L2)) / (255.0 * math.sqrt(a.size))


def gain_corrected_distance(a: Sample, b: Sample) -> float:
    """D(a·g, b), with g the median ratio of brightness: what is left when the exposure drifts.

    Only pixels that are neither dark nor clipped in both samples vote on the gain; with too few, the gain is 1.
    """
    grey_a, grey_b = a[::4, ::4].astype(np.float32).mean(axis=2), b[::4, ::4].astype(np.float32).mean(axis=2)
    usable = (grey_a > 20) & (grey_a < 235) & (grey_b > 20) & (grey_b < 235)
    if np.count_nonzero(usable) < 0.05 * usable.size:
        return rms_distance(a, b)
    gain = float(np.median(grey_b[usable] / grey_a[usable]))
    corrected: Sample = cv2.convertScaleAbs(a, alpha=gain)  # type: ignore[assignment]
    return rms_distance(corrected, b)


def without_noise(distance: Distance, noise: float) -> Distance:
    """The distance that is left when the energy of the noise is taken away: √max(0, D² − q²), as in the total change."""
    if noise == 0.0:
        return distance
    return lambda a, b: math.sqrt(max(0.0, distance(a, b) ** 2 - noise**2))


def changed_share(a: Sample, b: Sample) -> float:
    """Share of the pixels that differ by more than `VISIBLE_STEP` levels in any channel, 0–1."""
    limit = (VISIBLE_STEP, VISIBLE_STEP, VISIBLE_STEP)
    unchanged = cv2.inRange(cv2.absdiff(a, b), (0, 0, 0), limit)
    return 1.0 - cv2.countNonZero(unchanged) / unchanged.size


def changed_mask(a: Sample, b: Sample) -> NDArray[np.bool_]:
    """(H, W) pixels that differ by more than `VISIBLE_STEP` levels in any channel."""
    mask: NDArray[np.bool_] = cv2.absdiff(a, b).max(axis=2) > VISIBLE_STEP
    return mask


@dataclass(frozen=True, slots=True)
class Steps:
    """Change from each sample to the next.

    Attributes:
        change: (N − 1,) distances, 0–1.
        is_global: (N − 1,) whether the step changes the whole picture.
        across: (N − 2,) distances of each sample to the one after the next, 0–1.
    """

    change: NDArray[np.float64]
    is_global: NDArray[np.bool_]
    across: NDArray[np.float64]


def measure_steps(samples: Sequence[Sample], distance: Distance = rms_distance) -> Steps:
    """Distances between neighbouring samples, and which of the steps are global; each sample is fetched once."""
    change = np.zeros(max(0, len(samples) - 1))
    across = np.zeros(max(0, len(samples) - 2))
    is_global = np.zeros(len(change), dtype=bool)
    before_last, last = samples[0], samples[0]
    for i in range(len(change)):
        current = samples[i + 1]
        change[i] = distance(last, current)
        is_global[i] = changed_share(last, current) > GLOBAL_SHARE
        if i > 0:
            across[i - 1] = distance(before_last, current)
        before_last, last = last, current
    return Steps(change, is_global, across)


def restless_mask(samples: Sequence[Sample]) -> NDArray[np.bool_]:
    """(H, W) pixels that change in more than `RESTLESS_SHARE` of all steps."""
    counts = np.zeros(samples[0].shape[:2], dtype=np.float64)
    previous = samples[0]
    for i in range(1, len(samples)):
        current = samples[i]
        counts += changed_mask(previous, current)
        previous = current
    mask: NDArray[np.bool_] = counts > RESTLESS_SHARE * max(1, len(samples) - 1)
    return mask
