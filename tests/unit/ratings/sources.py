"""Ratings as other programs leave them, and a collection that they are about."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ppad.rubric import load_rubric
from ppad.storage.ratings import Rating
from ppad_annotation.ratings.choices import Again, Format, Method
from ppad_annotation.ratings.importing import Imported, import_ratings
from tests.unit.build.samples import process_id, record, write_collection

RUBRIC = load_rubric("ppad-8")
CASTLE, HARBOUR = process_id("castle"), process_id("harbour")


def collection_of(folder: Path) -> Path:
    """A collection of two processes, from castle.mp4 and harbour.mp4."""
    return write_collection(folder / "collection", [record("castle"), record("harbour")])


def scores(score: object = 5, **changes: object) -> dict[str, object]:
    """One score for all attributes, but for `changes`."""
    return {**dict.fromkeys(RUBRIC.attribute_ids, score), **changes}


def write_table(path: Path, rows: Sequence[Mapping[str, object]], delimiter: str = ",") -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_json(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def take_in(
    source: Path,
    *,
    layout: Format = "auto",
    columns: Mapping[str, str] | None = None,
    method: Method = "none",
    key_file: Path | None = None,
    again: Again = "refuse",
    rounding: bool = False,
    **changes: Any,
) -> Imported:
    """Import into `out/ratings.parquet` beside the source, from a collection there."""
    values: dict[str, Any] = {"collections": [collection_of(source.parent)], "dry_run": False, **changes}
    return import_ratings(
        source,
        source.parent / "out" / "ratings.parquet",
        RUBRIC,
        layout=layout,
        columns=columns or {},
        method=method,
        key_file=key_file,
        again=again,
        rounding=rounding,
        **values,
    )


def by_process(rows: Sequence[Rating]) -> dict[str, Rating]:
    """Rows by process, which each has one of."""
    assert len({row["process_id"] for row in rows}) == len(rows)
    return {row["process_id"]: row for row in rows}
