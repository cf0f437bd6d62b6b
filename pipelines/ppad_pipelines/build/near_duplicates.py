"""Pictures that are nearly the same, found by comparing each thumbnail with all others that are about as bright."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

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
    # |a - b|² = |a|² + |b|² - 2ab, a matrix product. Centred on 0, every partial sum stays below 2²⁴ for up to 1,000
    # bytes, so float32 is exact and the answer depends on no machine's order of summation.
    pixels = np.frombuffer(b"".join(thumbnails), np.uint8).reshape(len(thumbnails), -1).astype(np.float32) - 128
    # Means differ by no more than the RMS difference: in the order of brightness, most pairs need no comparison.
    order = np.argsort(pixels.sum(axis=1), kind="stable")
    pixels = pixels[order]
    sums = pixels.sum(axis=1)
    squares = np.square(pixels).sum(axis=1).astype(np.int64)
    limit = MAX_RMS**2 * pixels.shape[1]
    found = []
    for row in range(0, len(pixels), _BLOCK):
        rows = slice(row, row + _BLOCK)
        last = np.searchsorted(sums, sums[rows][-1] + MAX_RMS * pixels.shape[1], side="right")
        for col in range(row, int(last), _BLOCK):
            cols = slice(col, col + _BLOCK)
            products = (pixels[rows] @ pixels[cols].T).astype(np.int64)
            near = np.argwhere(squares[rows, None] + squares[None, cols] - 2 * products <= limit)
            found.append(np.sort(order[near + (row, col)], axis=1)[near[:, 0] + row < near[:, 1] + col])
    yield from sorted({(int(one), int(other)) for one, other in np.concatenate(found)})
