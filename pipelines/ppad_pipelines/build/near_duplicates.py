"""Pictures that are nearly the same, found by comparing all thumbnails with all others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

MAX_RMS = 3
"""Root mean square difference up to which two thumbnails count as the same, of 255."""
_BLOCK = 1024


def near_duplicates(thumbnails: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Pairs of numbers (one < other) of thumbnails whose RMS difference is at most `MAX_RMS`, in ascending order of blocks.

    Args:
        thumbnails: 8-bit pixels, at most 1,000 bytes each, all of one length.
    """
    if not thumbnails:
        return
    # |a - b|² = |a|² + |b|² - 2ab, a matrix product. Centred on 0, every partial sum stays below 2²⁴ for up to 1,000
    # bytes, so float32 is exact and the answer depends on no machine's order of summation.
    pixels = np.frombuffer(b"".join(thumbnails), np.uint8).reshape(len(thumbnails), -1).astype(np.float32) - 128
    squares = np.square(pixels).sum(axis=1).astype(np.int64)
    limit = MAX_RMS**2 * pixels.shape[1]
    for row in range(0, len(pixels), _BLOCK):
        for col in range(row, len(pixels), _BLOCK):
            products = (pixels[row : row + _BLOCK] @ pixels[col : col + _BLOCK].T).astype(np.int64)
            distances = squares[row : row + _BLOCK, None] + squares[None, col : col + _BLOCK] - 2 * products
            for one, other in np.argwhere(distances <= limit):
                if row + one < col + other:
                    yield row + int(one), col + int(other)
