"""Stored pictures at the size at which they are shown."""

from __future__ import annotations

from ppad.media.images import Pixels, Size, decode_image, resize
from ppad.plotting.layout import display_size


def shown(data: bytes, room: Size, name: str) -> Pixels:
    """A picture fitted into a room; a small one is enlarged in whole numbers, so that its pixels stay sharp.

    Args:
        data: encoded picture.
        name: what it is called if it is damaged ("Key frame 3").

    Returns:
        (H, W, 3) uint8, sRGB.

    Raises:
        UnreadableMediaError, EmptyFileError, MediaTooLargeError: it is damaged.
    """
    pixels = decode_image(data, max(room), name)
    size = display_size(Size(pixels.shape[1], pixels.shape[0]), room)
    factor = size.width // pixels.shape[1]
    if factor > 1:
        return pixels.repeat(factor, axis=0).repeat(factor, axis=1)
    return resize(pixels, size)
