"""Which key frames a model sees, and how they become squares."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from ppad.media.images import Pixels, Size, resize
from ppad_model.packages import Tensor, torch

Fit = Literal["stretch", "pad"]
WHITE = 255


def choose_frames(count: int, most: int) -> list[int]:
    """Indices of at most `most` frames of `count`: evenly spread, the first and the last among them; of one, the last."""
    if count <= most:
        return list(range(count))
    if most == 1:
        return [count - 1]
    return [round(place * (count - 1) / (most - 1)) for place in range(most)]


def decoding_side(size: Size, side: int, fit: Fit) -> int:
    """The longer side to decode a picture at, so that nothing is lost that a square of `side` pixels shows."""
    return side if fit == "pad" else math.ceil(side * max(size) / min(size))


def to_square(pixels: Pixels, side: int, fit: Fit) -> Pixels:
    """A square picture.

    Args:
        pixels: (H, W, 3) uint8, sRGB.
        fit: `stretch` the whole content, or `pad` it with white bars in its true proportions.

    Returns:
        (side, side, 3) uint8.
    """
    if fit == "stretch":
        return resize(pixels, Size(side, side))
    height, width = pixels.shape[:2]
    scale = side / max(width, height)
    inner = Size(max(1, round(width * scale)), max(1, round(height * scale)))
    square = np.full((side, side, 3), WHITE, np.uint8)
    top, left = (side - inner.height) // 2, (side - inner.width) // 2
    square[top : top + inner.height, left : left + inner.width] = resize(pixels, inner)
    return square


def as_tensor(pictures: Pixels) -> Tensor:
    """(…, H, W, 3) uint8 array to (…, 3, H, W) uint8 tensor of its own memory."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(pictures, -1, -3)))
