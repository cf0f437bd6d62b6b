"""The settings of extraction: everything that changes a byte of the result, and nothing else."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ppad.keyframes.config import KeyframeConfig


class ExtractConfig(KeyframeConfig):
    """How key frames are chosen and stored.

    Attributes:
        size: longer side of the stored frames, pixels; 0 keeps them as they are.
        codec, quality: of the stored frames; PNG has no quality.
    """

    size: int = Field(default=1024, ge=0)
    codec: Literal["jpeg", "webp", "png"] = "jpeg"
    quality: int = Field(default=95, ge=1, le=100)
