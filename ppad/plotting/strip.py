"""The film strip of a process: some of its key frames side by side, as one small picture for the page."""

from __future__ import annotations

import numpy as np

from ppad.media.images import Pixels, Size, encode_image, resize
from ppad.plotting.layout import display_size, evenly_chosen
from ppad.plotting.pictures import shown
from ppad.schema import ProcessRecord

HEIGHT = 144
"""Pixels; a page shows it a little smaller, which suits dense screens."""
LONGEST = 10
"""A strip is at most this many times as long as it is high, so that it is seen whole."""
_GAP = 2
_GAP_GREY = 176  # white canvases need a line between them, on light pages and on dark ones
_QUALITY = 82


def strip_frames(total: int, stored: Size) -> list[int]:
    """Which key frames a strip shows: as many as its length allows, evenly spread, the first and the last among them."""
    return evenly_chosen(total, max(2, int(LONGEST * HEIGHT / (_frame_size(stored).width + _GAP))))


def film_strip(record: ProcessRecord) -> bytes:
    """The strip as JPEG, frames of one size, parted by thin lines.

    Raises:
        UnreadableMediaError, EmptyFileError, MediaTooLargeError: a stored picture is damaged.
    """
    stored = Size(record.width, record.height)
    size = _frame_size(stored)
    gap: Pixels = np.full((size.height, _GAP, 3), _GAP_GREY, np.uint8)
    parts: list[Pixels] = []
    for number in strip_frames(len(record.frames), stored):
        parts += [gap, resize(shown(record.frames[number].bytes, size, f"Key frame {number + 1}"), size)]
    return encode_image(np.concatenate(parts[1:], axis=1), quality=_QUALITY)


def thumbnail(data: bytes, long_side: int = 2 * HEIGHT) -> bytes:
    """A small JPEG of an encoded picture.

    Raises:
        UnreadableMediaError, EmptyFileError, MediaTooLargeError: it is damaged.
    """
    return encode_image(shown(data, Size(long_side, long_side), "The reference"), quality=_QUALITY)


def _frame_size(stored: Size) -> Size:
    """The size of a frame in a strip: its full height, unless it is wider than half a strip."""
    return display_size(stored, Size(LONGEST * HEIGHT // 2, HEIGHT))
