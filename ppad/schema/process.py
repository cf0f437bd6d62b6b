"""The record of one painting process: a row of a collection, and the first columns of a dataset row."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from ppad.schema.columns import IMAGE, Column, arrow_schema, column, columns_of, struct_of

ORIGINS = ("real", "prompt", "inversion", "simulated")
REFERENCE_KINDS = ("image", "prompt", "none")
CONTROLS = pa.list_(pa.struct([pa.field("key", pa.string()), pa.field("value", pa.float64())]))
"""A map, spelled as the list of pairs that Arrow keeps it as: `datasets` cannot open a Parquet file with a map column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An encoded picture (JPEG, WebP or PNG bytes) and the file name it goes by."""

    bytes: bytes
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """How a process came to be: enough to make it again, and to know what may be done with it."""

    tool: str = column(pa.string(), "program that wrote the row")
    version: str = column(pa.string(), "version of that program")
    engine: str = column(pa.string(), "extractor or synthesis engine")
    config_json: str = column(pa.string(), "settings that determine the process, as JSON")
    source_name: str = column(pa.string(), "file name of the input, without its folder")
    source_sha256: str = column(pa.string(), "SHA-256 of the input's bytes, hexadecimal")
    created_at: str = column(pa.string(), "UTC time of writing, ISO 8601; `SOURCE_DATE_EPOCH` fixes it")
    licence: str | None = column(pa.string(), "licence of the input or the output, SPDX where there is one", nullable=True)
    model_repo: str | None = column(pa.string(), "hub repository of the weights", nullable=True)
    model_revision: str | None = column(pa.string(), "commit of that repository", nullable=True)
    model_sha256: str | None = column(pa.string(), "SHA-256 of the weight file, hexadecimal", nullable=True)
    seed: int | None = column(pa.int64(), "random seed, where chance had a part", nullable=True)
    notes: list[str] | None = column(pa.list_(pa.string()), "what a user should know: damage, truncation, static", nullable=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRecord:
    """One painting process: a reference and the ordered key frames of the canvas, first stroke to last."""

    process_id: str = column(pa.string(), "readable stem and 12 hexadecimal digits of the SHA-256 of what determines it")
    origin: str = column(pa.string(), "where the process comes from", choices=ORIGINS)
    reference_kind: str = column(pa.string(), "what the painter worked from", choices=REFERENCE_KINDS)
    reference_image: Picture | None = column(IMAGE, "null unless the kind is `image`", nullable=True)
    prompt: str | None = column(pa.string(), "null unless the kind is `prompt`", nullable=True)
    frames: list[Picture] = column(
        pa.list_(IMAGE), "key frames in painting order, all of one size; a single one is a finished artwork"
    )
    frame_time_s: list[float] | None = column(
        pa.list_(pa.float64()), "time of each key frame, seconds from the start; null where there is no clock", nullable=True
    )
    frame_index: list[int] | None = column(
        pa.list_(pa.int64()), "index of each key frame in the source, from 0; null for synthetic", nullable=True
    )
    frame_change: list[float] = column(
        pa.list_(pa.float32()), "visual change since the previous key frame, 0–1 (RMS of 8-bit sRGB / 255); 0 for the first"
    )
    width: int = column(pa.int32(), "pixels of the stored frames")
    height: int = column(pa.int32(), "pixels of the stored frames")
    artist_id: str | None = column(pa.string(), "pseudonym of the artist, never a name", nullable=True)
    category: str | None = column(pa.string(), "subject of the painting (portrait, landscape, …)", nullable=True)
    style: str | None = column(pa.string(), "style of the painting (WikiArt's names where they fit)", nullable=True)
    provenance: Provenance = column(struct_of(Provenance), "how the process came to be", record=Provenance)
    controls: dict[str, float] | None = column(CONTROLS, "`simulated` only: the severities that made it", nullable=True)
    description: str | None = column(pa.string(), "what the painting shows, or its maker says of it", optional=True)


PROCESS_COLUMNS: dict[str, Column] = columns_of(ProcessRecord)
PROCESS_SCHEMA: pa.Schema = arrow_schema(PROCESS_COLUMNS)
