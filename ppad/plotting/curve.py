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


def since_last_key(trace: Trace, frame_change: Sequence[float]) -> NDArray[np.float64]:
    """Change of each sample since the key frame before it, 0–1.

    Two things are known: the change at each key frame, and that no sample between passed the threshold. Between, squared
    changes add up (separate strokes add in squared distance), scaled to agree with both.

    Args:
        trace: N samples, K of them chosen; usable, see `is_usable`.
        frame_change: change of each key frame since the previous one, (K,).

    Returns:
        (N,), 0 up to the first key frame. At a key frame it is the change that made it one, not yet 0 again.
    """
    squares = np.square(np.asarray(trace.change, np.float64))
    curve = np.zeros(len(squares))
    for start, end, reached in zip(trace.chosen, [*trace.chosen[1:], len(squares)], [*frame_change[1:], 0.0], strict=True):
        between = np.sqrt(np.cumsum(squares[start + 1 : end]))
        ceiling = between[-1] if between.size else 0.0
        whole = math.sqrt(ceiling**2 + squares[end]) if end < len(squares) else 0.0
        scale = reached / whole if whole > 0 else 1.0
        if ceiling * scale > trace.threshold:
            scale = trace.threshold / ceiling
        curve[start + 1 : end] = between * scale
        if end < len(squares):
            curve[end] = reached
    return curve
