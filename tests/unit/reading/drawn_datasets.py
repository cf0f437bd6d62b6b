"""Small datasets whose every value follows from the number of the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ppad.media.images import encode_image
from ppad.rubric import load_rubric
from ppad.schema import Picture, ProcessRecord, Provenance, dataset_schema, process_to_row, with_metadata
from ppad.storage import writer_options

ATTRIBUTES = load_rubric("ppad-8").attribute_ids
Shards = Sequence[Sequence[int]]
"""Rows of each row group, of each shard."""


def process_id(number: int) -> str:
    return f"painting-{number:012x}"


def process(number: int, frame_count: int = 3) -> ProcessRecord:
    """A process of grey PNG frames 32×24: frame t of process n has the level n + 10·t (mod 256)."""
    levels = [(number + 10 * t) % 256 for t in range(frame_count)]
    frames = [encode_image(np.full((24, 32, 3), level, np.uint8), "png") for level in levels]
    return ProcessRecord(
        process_id=process_id(number),
        origin="real",
        reference_kind="none",
        frames=[Picture(bytes=data, path=f"{t:04d}.png") for t, data in enumerate(frames)],
        frame_time_s=[float(t) for t in range(frame_count)],
        frame_change=[0.0] + [0.0625] * (frame_count - 1),
        width=32,
        height=24,
        provenance=Provenance(
            tool="test",
            version="1",
            engine="drawn",
            config_json="{}",
            source_name=f"{number}.mp4",
            source_sha256="0" * 64,
            created_at="2026-01-01T00:00:00Z",
        ),
    )


def dataset_row(number: int, split: str) -> dict[str, Any]:
    """Rated by 3, every score n + 0.5, its adjusted score 1 more, its deviation 0.25."""
    scores: dict[str, Any] = {}
    for name in ATTRIBUTES:
        scores |= {name: number + 0.5, f"{name}_std": 0.25, f"{name}_adjusted": number + 1.5}
    empty = {"style_label": None, "style_embedding": None, "reference_embedding": None}
    return {**process_to_row(process(number)), "split": split, **scores, "n_raters": 3, **empty}


def write_dataset(root: Path, splits: Mapping[str, Shards]) -> Path:
    """A dataset whose rows are numbered 0, 1, 2, … through all splits, shards and row groups."""
    number = 0
    for split, shards in splits.items():
        for index, groups in enumerate(shards):
            rows = []
            for count in groups:
                rows.append([dataset_row(number + i, split) for i in range(count)])
                number += count
            write_shard(root / "data" / f"{split}-{index:05d}-of-{len(shards):05d}.parquet", rows)
    return root


def write_shard(path: Path, groups: Sequence[Sequence[Mapping[str, Any]]], drop: str | None = None) -> None:
    """One shard with these row groups, `drop` naming a column to leave out."""
    full = dataset_schema(ATTRIBUTES)
    schema = with_metadata(pa.schema([field for field in full if field.name != drop]), "dataset", "0" * 12)
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, schema, **writer_options(schema)) as writer:
        for rows in groups:
            writer.write_table(pa.Table.from_pylist(list(rows), schema=schema))
