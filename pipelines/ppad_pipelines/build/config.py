"""The settings that decide the bytes of a dataset."""

from __future__ import annotations

from pydantic import Field

from ppad.schema import StageConfig


class BuildConfig(StageConfig):
    """Settings of `ppad build`."""

    rubric: str = Field("ppad-8", description="id of a rubric that ships, or path of a YAML file")
    seed: int = Field(0, ge=0, description="seed of the splits and of the order of rows")
    shard_mb: float = Field(256, gt=0, le=8192, description="size of a shard, megabytes")
    row_group_mb: float = Field(16, gt=0, le=32, description="size of a row group, megabytes: what random access reads")
    licence: str | None = Field(None, min_length=1, description="licence of the dataset, SPDX where there is one")
    name: str = Field("painting-processes", min_length=1, description="title of the dataset card")
