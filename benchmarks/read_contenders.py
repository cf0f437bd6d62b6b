"""What `benchmarks.read` compares: each decodes the frames of its share of the processes to full-size RGB arrays.

A contender opens its share untimed, and returns the iteration that is timed: it yields one process at a time, as arrays
(H, W, 3) uint8 or one array (T, H, W, 3).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from benchmarks.read_data import Data

Frames = Iterable[NDArray[np.uint8]]
Run = Callable[[], Iterator[Frames]]

SHUFFLE_BUFFER = 16
"""Processes among which the peers shuffle: about what the window of our stream holds."""


@dataclass(frozen=True)
class Contender:
    """A way of reading.

    Attributes:
        name: as the table shows it.
        open: makes the run of one rank of several.
        prepare: untimed work before the first round, such as filling a cache.
    """

    name: str
    open: Callable[[Data, int, int], Run]
    prepare: Callable[[Data], object] | None = None


def open_raw(data: Data, rank: int, world: int) -> Run:
    """The limit: Pillow on bytes that are in memory already."""
    paths = sorted((data.dataset / "data").glob("*.parquet"))
    rows = [row for path in paths for row in pq.read_table(path, columns=["frames"])["frames"].to_pylist()]
    share = [[frame["bytes"] for frame in frames] for frames in rows[rank::world]]
    return lambda: ([np.asarray(Image.open(io.BytesIO(frame))) for frame in frames] for frames in share)


def open_stream(data: Data, rank: int, world: int) -> Run:
    from ppad.media.pictures import decode_frames
    from ppad.storage import Dataset

    stream = Dataset.open(data.dataset).stream("train", rank=rank, world=world)
    return lambda: stream.map(lambda record: decode_frames(record.process))


def open_random_access(data: Data, rank: int, world: int) -> Run:
    from ppad.media.pictures import decode_frames
    from ppad.storage import Dataset

    dataset = Dataset.open(data.dataset, cache_bytes=64 << 20)
    order = np.random.default_rng(0).permutation(len(dataset))[rank::world]
    return lambda: (decode_frames(dataset[int(index)].process) for index in order)


def _parquet(data: Data, *, streaming: bool) -> object:
    import datasets

    datasets.disable_progress_bars()
    files = str(data.dataset / "data" / "*.parquet")
    options = {"streaming": True, "columns": ["frames"]} if streaming else {"cache_dir": str(data.cache)}
    return datasets.load_dataset("parquet", data_files=files, split="train", **options)


def open_datasets(data: Data, rank: int, world: int) -> Run:
    table = _parquet(data, streaming=False).select_columns(["frames"]).shuffle(seed=0)
    share = table.shard(world, rank, contiguous=True).with_format("numpy")
    return lambda: (row["frames"] for row in share)


def open_datasets_streaming(data: Data, rank: int, world: int) -> Run:
    from datasets.distributed import split_dataset_by_node

    rows = _parquet(data, streaming=True).shuffle(seed=0, buffer_size=SHUFFLE_BUFFER)
    share = split_dataset_by_node(rows, rank, world).with_format("numpy")
    return lambda: (row["frames"] for row in share)


def open_webdataset(data: Data, rank: int, world: int) -> Run:
    import webdataset

    tars = [str(path) for path in sorted(data.tars.glob("*.tar"))][rank::world]
    samples = webdataset.WebDataset(tars, shardshuffle=len(tars), seed=0, empty_check=False)
    decoded = samples.shuffle(SHUFFLE_BUFFER).decode("rgb8")
    return lambda: ([array for key, array in sample.items() if key.endswith(".jpg")] for sample in decoded)


CONTENDERS = (
    Contender("raw JPEG decode from memory (Pillow)", open_raw),
    Contender("ppad stream, shuffled", open_stream),
    Contender("ppad random access", open_random_access),
    Contender("datasets, Parquet", open_datasets, lambda data: _parquet(data, streaming=False)),
    Contender("datasets, Parquet, streaming", open_datasets_streaming),
    Contender("WebDataset, tar", open_webdataset),
)
