"""From a painting process as it is stored to what a model is shown: some of its key frames, and its reference, as squares."""

from __future__ import annotations

import math

import numpy as np

from ppad.media.images import Pixels, Size, decode_image, resize
from ppad.media.pictures import decode_frames
from ppad.schema import ProcessRecord
from ppad_model.packages import Tensor, torch
from ppad_model.settings import AssessorConfig


def choose_frames(count: int, most: int) -> list[int]:
    """At most `most` of `count` frames, evenly spread, with the first and the last; the last alone where one is wanted."""
    if count <= most:
        return list(range(count))
    if most == 1:
        return [count - 1]
    return [round(place * (count - 1) / (most - 1)) for place in range(most)]


def process_frames(process: ProcessRecord, config: AssessorConfig, threads: int = 1) -> Tensor:
    """The key frames that a model is shown of a process.

    Args:
        config: how many, and how large.
        threads: frames decoded at a time.

    Returns:
        (T, 3, S, S) uint8.

    Raises:
        EmptyFileError, UnreadableMediaError, MediaTooLargeError: a frame is damaged.
        NotFoundError, ContractError: the process has no frames, or they differ in size.
    """
    chosen = choose_frames(len(process.frames), config.max_frames)
    pixels = decode_frames(process, _long_side(process.width, process.height, config), select=chosen, threads=threads)
    return _tensor(np.stack([to_square(one, config) for one in pixels]))


def process_reference(process: ProcessRecord, config: AssessorConfig) -> Tensor | str | None:
    """What the painter worked from: a picture (3, S, S) uint8, a prompt, or None.

    Raises:
        EmptyFileError, UnreadableMediaError, MediaTooLargeError: the picture is damaged.
    """
    if process.reference_image is not None:
        pixels = decode_image(process.reference_image.bytes, name=f"The reference of {process.process_id}")
        return _tensor(to_square(pixels, config)[None])[0]
    return process.prompt


def to_square(pixels: Pixels, config: AssessorConfig) -> Pixels:
    """A picture (H, W, 3) as a square of the model's size: stretched, or with white bars."""
    side, (height, width) = config.image_size, pixels.shape[:2]
    if config.fit == "stretch":
        return resize(pixels, Size(side, side))
    scale = side / max(height, width)
    inner = resize(pixels, Size(max(1, round(width * scale)), max(1, round(height * scale))))
    square = np.full((side, side, 3), 255, np.uint8)
    top, left = (side - inner.shape[0]) // 2, (side - inner.shape[1]) // 2
    square[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return square


def _long_side(width: int, height: int, config: AssessorConfig) -> int:
    """At what size to decode: the shorter side must fill the square if pictures are stretched."""
    if config.fit == "pad":
        return config.image_size
    return math.ceil(config.image_size * max(width, height) / min(width, height))


def _tensor(pixels: Pixels) -> Tensor:
    """(N, H, W, 3) to (N, 3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)))
