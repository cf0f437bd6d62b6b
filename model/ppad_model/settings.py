"""What the settings of every model have in common. Nothing heavy is imported here: lists and help read them too."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from ppad.rubric import load_rubric
from ppad.schema import StageConfig

RUBRIC = load_rubric("ppad-8")


class AssessorConfig(StageConfig):
    """What a model judges, and what it is shown.

    Attributes:
        model: name in the registry (`ppad models`).
        attributes: ids of the attributes, in the order of the scores.
        score_low, score_high: the scale of the scores; the network works in y / `score_high`.
        image_size: side of the square frames, pixels.
        max_frames: key frames that a process is reduced to, evenly, with the first and the last.
        fit: how a picture becomes square: `stretch` (its whole content on all tokens), or `pad` (white bars, true proportions).
    """

    model: str
    attributes: tuple[str, ...] = Field(default=RUBRIC.attribute_ids, min_length=1)
    score_low: float = float(RUBRIC.scale.low)
    score_high: float = float(RUBRIC.scale.high)
    image_size: int = Field(default=256, ge=16, le=1024)
    max_frames: int = Field(default=10, ge=1, le=256)
    fit: Literal["stretch", "pad"] = "stretch"

    @model_validator(mode="after")
    def _scale_rises(self) -> Self:
        if not 0 <= self.score_low < self.score_high:
            raise ValueError(f"the scale must rise from 0 or more: {self.score_low:g} to {self.score_high:g}")
        return self
