"""The settings that determine a simulated dataset."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from ppad.schema import StageConfig

ENGINE = "simulate 1"


class SimulateConfig(StageConfig):
    """Settings of `ppad simulate`, for processes."""

    n: int = Field(ge=2, le=1_000_000, description="number of processes; more of them begin with the same ones")
    seed: int = Field(0, ge=0, description="another seed, other scenes and raters")
    size: int = Field(128, ge=32, le=512, description="longer side of the frames, pixels")
    raters: int = Field(15, ge=1, le=1000, description="simulated raters")
    raters_each: int = Field(3, ge=1, le=100, description="raters of a process")
    noise: float = Field(1.0, ge=0, le=10, description="bias, slope and noise of raters, in usual amounts")
    licence: str = Field("CC0-1.0", min_length=1, description="licence of the dataset")
    name: str = Field("simulated-processes", min_length=1, description="title of the dataset card")

    @model_validator(mode="after")
    def _enough_raters(self) -> Self:
        if self.raters_each > self.raters:
            raise ValueError(f"raters_each ({self.raters_each}) is above raters ({self.raters})")
        return self


class ArtworksConfig(SimulateConfig):
    """Settings of `ppad simulate --artworks`."""

    raters_each: int = Field(2, ge=1, le=100, description="simulated raters of an artwork; each writes a critique")
    noise: float = Field(0.5, ge=0, le=10, description="bias, slope and noise of raters, in usual amounts")
    name: str = Field("simulated-artworks", min_length=1, description="title of the dataset card")
