"""The change of the canvas over a process, as its curves are drawn."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ppad.storage import Trace


def is_usable(trace: Trace, frames: int) -> bool:
    """Whether a trace can be drawn: as many changes as times, all finite, and one chosen sample a key frame, in order."""
    chosen = trace.chosen
    numbers = [*trace.time_s, *trace.change, trace.threshold]
    return (
        0 < len(trace.time_s) == len(trace.change)
        and len(chosen) == frames
        and all(earlier < later for earlier, later in itertools.pairwise(chosen))
        and chosen[0] >= 0
        and chosen[-1] < len(trace.change)
        and all(math.isfinite(number) for number in numbers)
    )


def since_last_key(change: Sequence[float], chosen: Sequence[int], frame_change: Sequence[float]) -> NDArray[np.float64]:
    """Change of each sample since the key frame before it, 0–1.

    It is known where a key frame was chosen. Between, squared changes add up (separate strokes add in squared distance) and
    are scaled to end at what is known; after the last key frame nothing is known to scale to.

    Args:
        change: distance of each sample to the one before, (N,).
        chosen: positions of the key frames among the samples, rising, (K,).
        frame_change: change of each key frame since the previous one, (K,).

    Returns:
        (N,), 0 up to the first key frame. At a key frame it is the change that made it one, not yet 0 again.
    """
    squares = np.square(np.asarray(change, np.float64))
    curve = np.zeros(len(squares))
    ends = itertools.pairwise([*chosen, len(squares) - 1])
    for (start, end), reached in itertools.zip_longest(ends, frame_change[1:]):
        grown = np.sqrt(np.cumsum(squares[start + 1 : end + 1]))
        if reached is not None and grown.size and grown[-1] > 0:
            grown *= reached / grown[-1]
        curve[start + 1 : end + 1] = grown
    return curve
