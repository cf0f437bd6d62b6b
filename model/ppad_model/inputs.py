"""What every model takes: frames with their real lengths, and a reference for each process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from ppad.errors import ShapeError
from ppad_model.packages import Tensor, torch
from ppad_model.settings import AssessorConfig

Reference: TypeAlias = "Tensor | str | Sequence[Tensor | str | None] | None"
"""Pictures (B, 3, H, W), one prompt for all, one of (3, H, W), prompt or None for each process, or none at all."""

Lengths: TypeAlias = "Tensor | Sequence[int] | None"


def unit_range(pictures: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Pictures as numbers from 0 to 1: uint8 is divided by 255, anything else is taken to be in range."""
    return pictures.to(dtype) / 255 if pictures.dtype == torch.uint8 else pictures.to(dtype)


def align_frames(frames: Tensor, lengths: Lengths, mask: Tensor | None, config: AssessorConfig) -> tuple[Tensor, Tensor | None]:
    """Check the frames, bring the real ones to the front, and blank the padding.

    Args:
        frames: (B, T, 3, S, S), S the model's image size.
        lengths: real frames of each process, 1 … T, at the front; None with a mask, or where all are real.
        mask: (B, T) bool, True for a real frame, in any place; None with lengths, or where all are real.

    Returns:
        the frames, and their lengths (B,) int64; None where all are real.

    Raises:
        ShapeError: a shape or a length does not fit; both lengths and a mask are given.
    """
    _check_frames(frames, config)
    batch, count = frames.shape[:2]
    if lengths is not None and mask is not None:
        raise ShapeError("Both lengths and a mask were given.", "Give one of them.")
    if mask is not None:
        if mask.shape != (batch, count):
            raise ShapeError(f"The mask has shape {tuple(mask.shape)}, not {(batch, count)}.", "Give one value for each frame.")
        order = mask.to(torch.uint8).argsort(dim=1, descending=True, stable=True)
        frames = frames.gather(1, order[..., None, None, None].expand_as(frames))
        lengths = mask.sum(1)
    if lengths is None:
        return frames, None
    real = torch.as_tensor(lengths, dtype=torch.int64)
    _check_lengths(real, batch, count)
    real = real.to(frames.device)
    padding = torch.arange(count, device=frames.device) >= real[:, None]
    return frames.masked_fill(padding[..., None, None, None], 0), real


def split_reference(reference: Reference, batch: int, size: int) -> list[Tensor | str | None]:
    """The reference of each process; a prompt without words is none.

    Raises:
        ShapeError: their number or the shape of a picture does not fit.
    """
    if reference is None or isinstance(reference, str):
        items: list[Tensor | str | None] = [reference] * batch
    else:
        items = list(reference)
    if len(items) != batch:
        raise ShapeError(f"There are {len(items)} references for {batch} processes.", "Give one for each process.")
    for item in items:
        if isinstance(item, Tensor) and item.shape != (3, size, size):
            raise ShapeError(
                f"A reference picture has shape {tuple(item.shape)}, not {(3, size, size)}.",
                f"Give pictures of {size} × {size} pixels: config.image_size.",
            )
    return [None if isinstance(item, str) and not item.strip() else item for item in items]


def _check_frames(frames: Tensor, config: AssessorConfig) -> None:
    size = config.image_size
    if frames.ndim != 5 or frames.shape[2:] != (3, size, size) or 0 in frames.shape:
        raise ShapeError(
            f"The frames have shape {tuple(frames.shape)}; (B, T, 3, {size}, {size}) is expected.",
            f"Give square frames of config.image_size ({size}) pixels, one process after another.",
        )


def _check_lengths(lengths: Tensor, batch: int, count: int) -> None:
    if lengths.shape != (batch,):
        raise ShapeError(
            f"There are lengths of shape {tuple(lengths.shape)} for {batch} processes.", "Give one for each process."
        )
    if int(lengths.min()) < 1 or int(lengths.max()) > count:
        raise ShapeError(f"The lengths {lengths.tolist()} do not lie between 1 and {count}.", "A process has at least one frame.")
