"""Small processes, collections and ratings with values that a test can see."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ppad.media.images import encode_image
from ppad.rubric import load_rubric
from ppad.schema import Picture, ProcessRecord, Provenance, ratings_schema, with_metadata
from ppad.storage import Collection, write_rows

RUBRIC = load_rubric("ppad-8")
CREATED = "2026-01-01T00:00:00Z"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def process_id(name: str) -> str:
    return f"{name}-{sha(name)[:12]}"


def record(name: str, **changes: Any) -> ProcessRecord:
    """A real process of three 32×24 frames on which coloured squares appear; the name decides the colours."""
    rng = np.random.default_rng(int(sha(name)[:8], 16))
    canvas = np.full((24, 32, 3), 255, np.uint8)
    frames = []
    for number in range(3):
        canvas[8 * number : 8 * number + 8] = rng.integers(0, 256, (8, 4, 3), np.uint8).repeat(8, axis=1)
        frames.append(Picture(bytes=encode_image(canvas), path=f"{number:03}.jpg"))
    values: dict[str, Any] = {
        "process_id": process_id(name),
        "origin": "real",
        "reference_kind": "none",
        "frames": frames,
        "frame_time_s": [0.0, 1.5, 3.0],
        "frame_index": [0, 45, 90],
        "frame_change": [0.0, 0.25, 0.25],
        "width": 32,
        "height": 24,
        "provenance": Provenance(
            tool="ppad",
            version="0.1.0",
            engine="keyframes",
            config_json="{}",
            source_name=f"{name}.mp4",
            source_sha256=sha(name),
            created_at=CREATED,
            licence="CC0-1.0",
        ),
    }
    return ProcessRecord(**{**values, **changes})


def synthetic(name: str, prompt: str) -> ProcessRecord:
    """A process painted from a prompt."""
    no_clock: dict[str, Any] = {"frame_time_s": None, "frame_index": None}
    return record(name, origin="prompt", reference_kind="prompt", prompt=prompt, **no_clock)


def source(of: ProcessRecord, **changes: Any) -> ProcessRecord:
    """The process with another provenance."""
    return replace(of, provenance=replace(of.provenance, **changes))


def write_collection(root: Path, records: Sequence[ProcessRecord]) -> Path:
    collection = Collection(root)
    with collection.writing():
        for one in records:
            collection.write(one, "0123456789ab")
        collection.write_failures([])
        collection.write_summary()
    return root


def rating(name: str, rater: str, score: int | None, **changes: Any) -> dict[str, Any]:
    """A rating that gives all attributes one score."""
    row = {
        "process_id": process_id(name),
        "rater_id": rater,
        "rubric": "ppad-8",
        "rubric_version": 1,
        "replicate": 0,
        "kind": "main",
        **dict.fromkeys(RUBRIC.attribute_ids, score),
        "critique": None,
        "active_ms": 30_000,
        "created_at": CREATED,
        "revision": 0,
    }
    return {**row, **changes}


def write_ratings(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    write_rows(path, list(rows), with_metadata(ratings_schema(RUBRIC.attribute_ids), "ratings", "0123456789ab"))
    return path
