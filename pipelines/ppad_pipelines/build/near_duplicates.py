"""Pictures that are nearly the same, found by comparing each thumbnail with all others that are about as bright."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

MAX_RMS = 3
"""Root mean square difference up to which two thumbnails count as the same, of 255."""
_BLOCK = 1024


def near_duplicates(thumbnails: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Pairs of numbers (one < other) of thumbnails whose RMS difference is at most `MAX_RMS`, in ascending order.

    Args:
        thumbnails: 8-bit pixels, at most 1,000 bytes each, all of one length.
    """
    if not thumbnails:
        return
    # Means differ by no more than the RMS difference: in the order of brightness, most pairs need no comparison.
    pixels = np.frombuffer(b"".join(thumbnails), np.uint8).reshape(len(thumbnails), -1)
    order = np.argsort(pixels.sum(axis=1, dtype=np.int64), kind="stable")
    pixels = pixels[order]
    sums = pixels.sum(axis=1, dtype=np.int64)
    reach = MAX_RMS * pixels.shape[1]
    found = []
    for row in range(0, len(pixels), _BLOCK):
        rows = pixels[row : row + _BLOCK]
        for col in range(row, int(np.searchsorted(sums, sums[row : row + _BLOCK][-1] + reach, side="right")), _BLOCK):
            near = _near(rows, pixels[col : col + _BLOCK])
            found.append(np.sort(order[near + np.array([row, col])], axis=1)[near[:, 0] + row < near[:, 1] + col])
    yield from sorted({(int(one), int(other)) for one, other in np.concatenate(found)})


def _near(some: NDArray[np.uint8], others: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Positions of the pairs that are near, (pairs, 2)."""
    # |a - b|² = |a|² + |b|² - 2ab, a matrix product. Centred on 0, every partial sum stays below 2²⁴ for up to 1,000
    # bytes, so float32 is exact and the answer depends on no machine's order of summation.
    a, b = (pixels.astype(np.float32) - 128 for pixels in (some, others))
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)[None]
    near: NDArray[np.int64] = np.argwhere(squares - 2 * (a @ b.T) <= MAX_RMS**2 * a.shape[1])
    return near
