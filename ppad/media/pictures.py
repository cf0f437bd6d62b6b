"""The pictures of a painting process as one array, at the size that is wanted."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import numpy as np
from numpy.typing import NDArray

from ppad.errors import ContractError, NotFoundError
from ppad.media.images import Pixels, decode_image
from ppad.schema import ProcessRecord

Frames = NDArray[np.uint8]
"""(T, H, W, 3) uint8, sRGB, in painting order."""


def decode_frames(
    process: ProcessRecord, long_side: int | None = None, *, select: Sequence[int] | None = None, threads: int = 1
) -> Frames:
    """Decode the key frames of a process.

    Args:
        long_side: pixels of the longer side at most; None for the stored size. Frames are never enlarged.
        select: which frames, by their index from 0; None for all.
        threads: frames decoded at a time.

    Returns:
        (T, H, W, 3) uint8, sRGB.

    Raises:
        EmptyFileError, UnreadableMediaError, MediaTooLargeError: a frame is damaged.
        NotFoundError: a selected frame is not there, or none is selected.
        ContractError: the frames differ in size.
    """
    indices = range(len(process.frames)) if select is None else select
    if not indices or not all(0 <= index < len(process.frames) for index in indices):
        asked = f"{len(indices)} were asked for: {list(indices)}"
        raise NotFoundError(
            f"{process.process_id} has {len(process.frames)} frames; {asked}.", "Count from 0, and ask for one or more."
        )

    def decode(index: int) -> Pixels:
        return decode_image(process.frames[index].bytes, long_side, f"Frame {index} of {process.process_id}")

    with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
        decoded = map(decode, indices) if pool is None else pool.map(decode, indices)
        return _stack(decoded, len(indices), process.process_id)


def _stack(decoded: Iterable[Pixels], count: int, name: str) -> Frames:
    """Copy each picture into its place as it comes, so that only one is held twice."""
    pictures = iter(decoded)
    first = next(pictures)
    stack = np.empty((count, *first.shape), np.uint8)
    for place, picture in enumerate(itertools.chain([first], pictures)):
        if picture.shape != first.shape:
            raise ContractError(f"The frames of {name} differ in size.", "Extract the process again.")
        stack[place] = picture
    return stack
