"""From a decoded video frame to upright sRGB pixels of the wanted size.

Rotation, pixel aspect, bit depth, chroma subsampling, colour range, transparency and interlacing end here.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, NamedTuple

import numpy as np

from ppad.errors import CropError, MediaTooLargeError
from ppad.media.images import MAX_PIXELS, Pixels, Size
from ppad.media.packages import Interpolation, VideoReformatter, av

Purpose = Literal["sample", "store"]

_SCALING = {
    "sample": Interpolation.AREA,
    "store": Interpolation.LANCZOS | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP,
}


class Crop(NamedTuple):
    """A rectangle of the upright picture, pixels: left, top, width, height."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class View:
    """How frames are wanted.

    Attributes:
        long_side: the longer side is at most this many pixels; None keeps the size. Never enlarged.
        crop: the part of the upright picture that is the canvas; None for all of it.
        turns: quarter turns anticlockwise, on top of those that the recording asks for.
        purpose: `sample` for comparing (fast, area-averaged), `store` for keeping (sharp, deinterlaced).
    """

    long_side: int | None
    crop: Crop | None = None
    turns: int = 0
    purpose: Purpose = "store"


@dataclass(frozen=True, slots=True)
class Geometry:
    """The steps from a coded frame to a view: scale to `scaled`, turn anticlockwise `turns` times, cut out `box`.

    Attributes:
        box: left, top, right, bottom in pixels of the scaled and turned frame.
    """

    scaled: Size
    turns: int
    box: tuple[int, int, int, int]

    @property
    def size(self) -> Size:
        """Size of the result."""
        left, top, right, bottom = self.box
        return Size(right - left, bottom - top)


def geometry(coded: Size, pixel_aspect: Fraction, turns: int, view: View, name: str) -> Geometry:
    """Work out the steps for frames of one coded size.

    Args:
        coded: width and height of the decoded frame.
        turns: quarter turns anticlockwise that make it upright.

    Raises:
        CropError: the crop leaves the picture.
        MediaTooLargeError: the pixel aspect makes it larger than any picture may be.
    """
    shown = Size(max(1, round(coded.width * pixel_aspect)), coded.height)
    if shown.width * shown.height > MAX_PIXELS:
        raise MediaTooLargeError(f"{name} is shown at {shown.width}×{shown.height} pixels.", "Scale the recording down first.")
    upright = Size(shown.height, shown.width) if turns % 2 else shown
    crop = view.crop or Crop(0, 0, *upright)
    if crop.width < 1 or crop.height < 1 or min(crop.x, crop.y) < 0:
        raise CropError(f"The crop {_words(crop)} is empty or negative.", "Give --crop as x,y,width,height in pixels.")
    if crop.x + crop.width > upright.width or crop.y + crop.height > upright.height:
        raise CropError(
            f"The crop {_words(crop)} leaves {name}, which is {upright.width}×{upright.height} upright.", "Give a smaller --crop."
        )
    scale = 1.0 if view.long_side is None else min(1.0, view.long_side / max(crop.width, crop.height))
    turned = Size(max(1, round(upright.width * scale)), max(1, round(upright.height * scale)))
    left, top = (min(int(edge * scale), limit - 1) for edge, limit in zip((crop.x, crop.y), turned, strict=True))
    right = min(turned.width, max(left + 1, left + round(crop.width * scale)))
    bottom = min(turned.height, max(top + 1, top + round(crop.height * scale)))
    scaled = Size(turned.height, turned.width) if turns % 2 else turned
    return Geometry(scaled, turns, (left, top, right, bottom))


class FrameConverter:
    """Converts decoded frames to pixels; keeps the scaler between calls. One per thread."""

    def __init__(self, steps: Geometry, purpose: Purpose) -> None:
        self._steps = steps
        self._purpose: Purpose = purpose
        self._reformatter = VideoReformatter()

    def __call__(self, frame: av.VideoFrame) -> Pixels:
        """(H, W, 3) uint8, sRGB, upright, cropped; owns its memory."""
        if frame.interlaced_frame and self._purpose == "store":
            frame = _deinterlaced(frame)
        transparent = _has_alpha(frame)
        pixels: Any = self._reformatter.reformat(
            frame,
            *self._steps.scaled,
            format="rgba" if transparent else "rgb24",
            interpolation=_SCALING[self._purpose],
            threads=1,
        ).to_ndarray()
        if transparent:
            pixels = _on_white(pixels)
        return place(pixels, self._steps)


def place(pixels: Pixels, steps: Geometry) -> Pixels:
    """Scaled pixels, turned upright and cut to the box."""
    left, top, right, bottom = steps.box
    return np.ascontiguousarray(np.rot90(pixels, steps.turns)[top:bottom, left:right])


def quarter_turns(rotation_deg: float) -> int:
    """Quarter turns anticlockwise for a display rotation in degrees anticlockwise."""
    return round(rotation_deg / 90) % 4


def _has_alpha(frame: av.VideoFrame) -> bool:
    name = frame.format.name
    return name == "pal8" or any(component.is_alpha for component in frame.format.components)


def _on_white(rgba: Pixels) -> Pixels:
    alpha = rgba[..., 3:].astype(np.uint16)
    blended = (rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return blended.astype(np.uint8)


def _deinterlaced(frame: av.VideoFrame) -> av.VideoFrame:
    """The frame with the lines of its second field filled in from their neighbours: no comb where a hand moved.

    Fields are lines of the coded picture, so this comes before any scaling.
    """
    pixels = frame.to_ndarray(format="rgb24")
    if len(pixels) >= 3:
        above, below = pixels[0:-2:2].astype(np.uint16), pixels[2::2].astype(np.uint16)
        pixels[1:-1:2] = ((above + below + 1) // 2)[: len(pixels[1:-1:2])]
    return av.VideoFrame.from_ndarray(pixels, format="rgb24")


def _words(crop: Crop) -> str:
    return f"{crop.x},{crop.y},{crop.width},{crop.height}"
