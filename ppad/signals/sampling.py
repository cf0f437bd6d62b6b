"""Which frames of a recording are looked at. Pure arithmetic on frame times."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MIN_TARGETS = 2000
"""A recording of up to this many frames is sampled whole, a longer one at this many places."""

SETTLE_GAP_S = 0.25
"""Occlusion-robust mode compares a sample with the canvas this many seconds before and after it."""

_CONSTANT_RATE_TOLERANCE = 0.02
"""Frame intervals within this share of their median count as a constant rate (timestamps are rounded to the time base)."""

Ranks = NDArray[np.int64]


def target_count(frames: int, max_keyframes: int) -> int:
    """How many frames are looked at when neither a stride nor an interval is given."""
    return min(frames, max(MIN_TARGETS, 10 * max_keyframes))


def sample_ranks(times_s: NDArray[np.float64], count: int) -> Ranks:
    """Frames spread evenly: by rank where the frame rate is constant, by time where it varies; the last one included.

    Args:
        times_s: (F,) presentation times, rising, seconds.
        count: number of places, 1…F.

    Returns:
        Rising ranks without repetition; where time varies, several places may fall on one frame.
    """
    frames = len(times_s)
    if count >= frames:
        return np.arange(frames)
    places = np.arange(count) / count
    if has_constant_rate(times_s):
        ranks = np.round(places * frames).astype(np.int64)
    else:
        ranks = shown_at(times_s, times_s[0] + places * _duration(times_s))
    return with_last(ranks, frames)


def stride_ranks(frames: int, every: int) -> Ranks:
    """Every `every`-th frame (the paper's "one frame every k"), and the last one."""
    return with_last(np.arange(0, frames, every), frames)


def interval_ranks(times_s: NDArray[np.float64], seconds: float) -> Ranks:
    """The frame shown every `seconds` seconds, and the last one."""
    # A frame is on the screen at some k·seconds if the next one has not started by then. The moments themselves are not
    # listed: a tiny interval, or one wild timestamp, would make billions of them.
    first_moment = np.ceil((times_s - times_s[0]) / seconds - 1e-9)
    return with_last(np.flatnonzero(first_moment[:-1] < first_moment[1:]), len(times_s))


def with_neighbours(ranks: Ranks, times_s: NDArray[np.float64], gap_s: float = SETTLE_GAP_S) -> Ranks:
    """(K, 3) for each rank the frame shown `gap_s` before it, itself, and the one shown `gap_s` after it.

    Where the frame rate is lower than that, they are the adjacent frames; at the ends, the frame itself.
    """
    before = np.minimum(shown_at(times_s, times_s[ranks] - gap_s), ranks - 1)
    after = np.maximum(shown_at(times_s, times_s[ranks] + gap_s), ranks + 1)
    return np.clip(np.stack([before, ranks, after], axis=1), 0, len(times_s) - 1)


def has_constant_rate(times_s: NDArray[np.float64]) -> bool:
    """Whether all frame intervals are equal, up to the rounding of timestamps."""
    if len(times_s) < 3:
        return True
    intervals = np.diff(times_s)
    usual = float(np.median(intervals))
    return bool(np.all(np.abs(intervals - usual) <= max(_CONSTANT_RATE_TOLERANCE * usual, 1.5e-3)))


def shown_at(times_s: NDArray[np.float64], moments_s: NDArray[np.float64]) -> Ranks:
    """Rank of the frame that is on the screen at each moment: the last one that started by then."""
    slack = 1e-9  # a moment computed as k·interval may fall a rounding error before its frame
    return np.maximum(np.searchsorted(times_s, moments_s + slack, side="right") - 1, 0).astype(np.int64)


def with_last(ranks: Ranks, frames: int) -> Ranks:
    """Distinct rising ranks, the last frame among them: the finished canvas is always looked at."""
    return np.unique(np.append(ranks, frames - 1))


def _duration(times_s: NDArray[np.float64]) -> float:
    """Seconds from the first frame to the end of the last, which is taken to last as long as the usual one."""
    return float(times_s[-1] - times_s[0] + np.median(np.diff(times_s)))
