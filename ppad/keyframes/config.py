"""The settings of extraction: everything that changes a byte of a process, and nothing else."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from ppad.schema import StageConfig


class ExtractConfig(StageConfig):
    """How key frames are chosen and stored.

    Attributes:
        every: look at one frame in this many (the paper's k); None leaves it to the recording's length.
        seconds: look at one frame in this many seconds instead.
        min_frames, max_frames: window of the number of key frames.
        sensitivity: above 1 finds more key frames, below 1 fewer, within the window.
        occlusion: choose only among frames over which nothing moves, for recordings in which a hand covers the canvas.
        compare: a new key frame differs from the `last` one, or from `any` earlier one (views that return).
        exposure: correct a drift of the camera's exposure before comparing.
        mask_restless: leave out pixels that never rest: a clock, a face-cam, a cursor.
        crop: the canvas in the upright picture, pixels: left, top, width, height.
        rotate: degrees clockwise by which the picture is turned, on top of what the recording asks for.
        size: longer side of the stored frames, pixels; 0 keeps them as they are.
        codec, quality: of the stored frames; PNG has no quality.
    """

    every: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)
    min_frames: int = Field(default=8, ge=2)
    max_frames: int = Field(default=32, ge=2, le=1000)
    sensitivity: float = Field(default=1.0, gt=0, le=10)
    occlusion: bool = False
    compare: Literal["last", "any"] = "last"
    exposure: bool = False
    mask_restless: bool = False
    crop: tuple[int, int, int, int] | None = None
    rotate: Literal[0, 90, 180, 270] = 0
    size: int = Field(default=1024, ge=0)
    codec: Literal["jpeg", "webp", "png"] = "jpeg"
    quality: int = Field(default=95, ge=1, le=100)

    @model_validator(mode="before")
    @classmethod
    def _few_may_be_fewer(cls, values: Any) -> Any:
        """Who asks for at most five key frames does not insist on the usual eight."""
        if isinstance(values, dict) and "min_frames" not in values and isinstance(values.get("max_frames"), int):
            return values | {"min_frames": max(2, min(cls.model_fields["min_frames"].default, values["max_frames"]))}
        return values

    @field_validator("crop", mode="before")
    @classmethod
    def _crop_from_text(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = value.split(",")
        if len(parts) != 4 or not all(part.strip().isdigit() for part in parts):
            raise ValueError("give the crop as x,y,width,height in pixels")
        return tuple(int(part) for part in parts)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.min_frames > self.max_frames:
            raise ValueError(f"min_frames ({self.min_frames}) is above max_frames ({self.max_frames})")
        if self.every is not None and self.seconds is not None:
            raise ValueError("give either every or seconds, not both")
        return self
