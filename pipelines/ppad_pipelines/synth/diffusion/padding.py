"""Pictures of any size for networks that take only multiples: fitted, padded, and restored."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ppad.media.images import Pixels, Size, fit_within, resize


@dataclass(frozen=True, slots=True)
class Canvas:
    """How a picture lies in what a network works on.

    Attributes:
        picture: of the frames that come out.
        inner: the picture as the network sees it, top left.
        padded: with the margin; both sides multiples.
    """

    picture: Size
    inner: Size
    padded: Size


def canvas_for(pixels: Pixels, long_side: int, multiple: int) -> Canvas:
    """The canvas of a picture whose longer side is to be `long_side` pixels in the network.

    A smaller picture is enlarged for the network, which knows no small paintings, but not in what comes out.
    """
    size = Size(pixels.shape[1], pixels.shape[0])
    scale = long_side / max(size)
    inner = Size(max(1, round(size.width * scale)), max(1, round(size.height * scale)))
    padded = Size(math.ceil(inner.width / multiple) * multiple, math.ceil(inner.height / multiple) * multiple)
    return Canvas(fit_within(size, long_side), inner, padded)


def fit(pixels: Pixels, canvas: Canvas) -> Pixels:
    """(H, W, 3) uint8 of the padded size: the picture with its last row and column repeated, which adds no edge."""
    inner = resize(pixels, canvas.inner)
    bottom, right = canvas.padded.height - canvas.inner.height, canvas.padded.width - canvas.inner.width
    return np.pad(inner, ((0, bottom), (0, right), (0, 0)), mode="edge")


def restore(pixels: Pixels, canvas: Canvas) -> Pixels:
    """What the network gave for a canvas, without the margin, at the picture's size."""
    inner = np.ascontiguousarray(pixels[: canvas.inner.height, : canvas.inner.width])
    return resize(inner, canvas.picture)
