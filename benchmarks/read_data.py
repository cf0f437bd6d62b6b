"""Synthetic data for `benchmarks.read`: paintings that grow stroke by stroke, as a dataset and as WebDataset shards."""

from __future__ import annotations

import io
import multiprocessing
import tarfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from ppad.media.images import encode_image
from ppad.rubric import load_rubric
from ppad.schema import Picture, ProcessRecord, Provenance, dataset_schema, with_metadata
from ppad.stages import Job
from ppad.storage import Collection
from ppad.storage.digests import sha256_of
from ppad_pipelines.build.sharding import shards_of
from ppad_pipelines.build.shards import Row, ShardTask, WriteShard

SHARD_BYTES = 48e6
"""Small, so that there are shards for every worker: WebDataset and `datasets` hand out whole shards."""
ROW_GROUP_BYTES = 16e6


@dataclass(frozen=True)
class Data:
    """Where the same encoded frames lie in each layout."""

    dataset: Path
    tars: Path
    cache: Path


def make_data(root: Path, processes: int, frames: int, size: int) -> Data:
    """Paint, and write both layouts.

    Args:
        frames: key frames of each process.
        size: long side in pixels.
    """
    collection = Collection(root / "collection")
    with multiprocessing.get_context("spawn").Pool() as pool:
        records = pool.map(partial(paint_process, frames=frames, size=size), range(processes))
    for record in records:
        collection.write(record, "0" * 12)
    data = Data(root / "dataset", root / "tars", root / "cache")
    _write_dataset(collection, data.dataset)
    _write_tars(records, data.tars)
    return data


def paint_process(number: int, frames: int, size: int) -> ProcessRecord:
    """A grainy canvas on which 15 strokes of kindred colours are laid for each key frame: about 0.4 bytes a pixel as JPEG."""
    random = np.random.default_rng(number)
    width, height = size, size * 3 // 4
    smooth = Image.fromarray(random.integers(60, 220, (9, 12, 3), dtype=np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    grain = random.normal(0, 2, (height, width, 1))
    canvas = Image.fromarray((np.asarray(smooth) + grain).clip(0, 255).astype(np.uint8))
    pictures = []
    for index in range(frames):
        draw = ImageDraw.Draw(canvas)
        for _ in range(15):
            x, y = int(random.integers(width)), int(random.integers(height))
            points = np.cumsum(random.normal(0, size / 20, (5, 2)), axis=0) + np.array([x, y])
            colour = random.normal(canvas.getpixel((x, y)), 30).clip(0, 255)
            fill = tuple(int(value) for value in colour)
            draw.line([tuple(point) for point in points], fill, width=int(random.integers(4, size // 30 + 5)), joint="curve")
        pictures.append(Picture(bytes=encode_image(np.asarray(canvas)), path=f"{index:04d}.jpg"))
    return ProcessRecord(
        process_id=f"painting-{number:012x}",
        origin="real",
        reference_kind="none",
        frames=pictures,
        frame_change=[0.0] + [0.1] * (frames - 1),
        width=width,
        height=height,
        provenance=Provenance(
            tool="benchmark",
            version="1",
            engine="drawn",
            config_json="{}",
            source_name=f"{number}.mp4",
            source_sha256="0" * 64,
            created_at="2026-01-01T00:00:00Z",
        ),
    )


def _write_dataset(collection: Collection, root: Path) -> None:
    """The shards that `ppad build` would write, all in one split."""
    attributes = load_rubric("ppad-8").attribute_ids
    write = WriteShard(with_metadata(dataset_schema(attributes), "dataset", "0" * 12))
    added = {"split": "train", "n_raters": 3} | dict.fromkeys(attributes, 5.0)
    sizes = {name: collection.path_of(name).stat().st_size for name in collection.ids()}
    rows = {name: Row(collection.path_of(name), sha256_of(collection.path_of(name)), added) for name in sizes}
    for shard in shards_of("train", sizes, seed=0, shard_bytes=SHARD_BYTES, row_group_bytes=ROW_GROUP_BYTES):
        groups = [[rows[name] for name in group] for group in shard.row_groups]
        write(Job(shard.name, shard.name, ShardTask(root / shard.name, groups)), ignore_share)


def ignore_share(_: float) -> None:
    """Nobody watches the progress."""


def _write_tars(records: list[ProcessRecord], root: Path) -> None:
    """WebDataset shards of about the same size: a sample is a process, a member a frame."""
    root.mkdir()
    total = sum(len(frame.bytes) for record in records for frame in record.frames)
    count = max(2, round(total / SHARD_BYTES))
    for number in range(count):
        with tarfile.open(root / f"{number:05d}.tar", "w") as tar:
            for record in records[number::count]:
                for frame in record.frames:
                    member = tarfile.TarInfo(f"{record.process_id}.{frame.path}")
                    member.size = len(frame.bytes)
                    tar.addfile(member, io.BytesIO(frame.bytes))
