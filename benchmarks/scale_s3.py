"""How fast a dataset streams from an S3 server, beside the same dataset on a disk and beside plain GETs of the same bytes.

    python -m benchmarks.scale_s3 [--processes 24] [--frames 12] [--size 1024] [--rounds 3] [--delay-ms 0 30]

The server is moto's, in a process of its own on loopback, so that the plain GETs are the limit that it sets; `--delay-ms` lets it
wait before each answer, as a far store does. Rounds are interleaved; the table shows medians.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import pyarrow.parquet as pq

from benchmarks.common import Calm, Contender, Cost, Run, machine_facts, measure_rounds, print_table
from benchmarks.read_data import make_data
from ppad.media.pictures import decode_frames
from ppad.storage import Dataset
from ppad.storage.read_ahead import REMOTE_GROUPS_AHEAD
from ppad.storage.remote import place
from ppad.storage.sums import write_sums

BUCKET, FOLDER = "paintings", "dataset"
SPLIT = "train"
SIDE = 256
"""Longer side at which frames are decoded, pixels."""


def open_stream(root: str, *, decoded: bool) -> Run:
    """A pass over the split in shuffled order; with its frames decoded, or as they are stored."""
    dataset = Dataset.open(root)

    def run() -> int:
        stream = dataset.stream(SPLIT)
        if decoded:
            return sum(len(frames) for frames in stream.map(lambda record: decode_frames(record.process, SIDE), threads=1))
        return sum(len(record.process.frames) for record in stream)

    return run


def open_gets(ranges: Sequence[tuple[str, int, int]]) -> Run:
    """The bytes of all row groups by plain range requests, as many at once as the stream reads ahead."""
    import boto3

    client = boto3.client("s3")

    def get(one: tuple[str, int, int]) -> int:
        key, start, end = one
        return len(client.get_object(Bucket=BUCKET, Key=key, Range=f"bytes={start}-{end - 1}")["Body"].read())

    def run() -> int:
        with ThreadPoolExecutor(REMOTE_GROUPS_AHEAD) as pool:
            return sum(pool.map(get, ranges))

    return run


def row_group_ranges(folder: Path) -> list[tuple[str, int, int]]:
    """Key, first byte and the byte after the last of each row group of the split."""
    found = []
    for path in sorted((folder / "data").glob(f"{SPLIT}-*.parquet")):
        metadata = pq.read_metadata(path)
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            columns = [group.column(number) for number in range(group.num_columns)]
            starts = [column.dictionary_page_offset or column.data_page_offset for column in columns]
            ends = [start + column.total_compressed_size for start, column in zip(starts, columns, strict=True)]
            found.append((f"{FOLDER}/data/{path.name}", min(starts), max(ends)))
    return found


def serve(delay_s: float, folder: Path, pipe: Connection) -> None:
    """Serve the dataset until the other end of the pipe says so."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from fixtures.s3 import running_s3

    with running_s3() as server:
        for path in folder.rglob("*"):
            if path.is_file():
                (place(f"s3://{BUCKET}/{FOLDER}") / path.relative_to(folder)).write_bytes(path.read_bytes())
        server.delay_s = delay_s
        pipe.send((server.url, {name: os.environ[name] for name in os.environ if name.startswith("AWS_")}))
        pipe.recv()


def measure_delay(folder: Path, delay_ms: float, rounds: int) -> dict[str, list[Cost]]:
    """All contenders against a server that waits so long before each answer."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(delay_ms / 1000, folder, there))
    server.start()
    with ExitStack() as stack:
        stack.callback(server.join)
        stack.callback(here.send, "stop")
        _, environment = here.recv()
        os.environ.update(environment)
        remote = f"s3://{BUCKET}/{FOLDER}"
        return measure_rounds(
            [
                Contender("disk", _rows, (str(folder),)),
                Contender(f"S3, plain GETs, {REMOTE_GROUPS_AHEAD} at once", open_gets, (row_group_ranges(folder),)),
                Contender("S3, stream", _rows, (remote,)),
                Contender("disk, decoded", _decoded, (str(folder),)),
                Contender("S3, stream, decoded", _decoded, (remote,)),
            ],
            rounds,
        )


def _rows(root: str) -> Run:
    return open_stream(root, decoded=False)


def _decoded(root: str) -> Run:
    return open_stream(root, decoded=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("processes", 24), ("frames", 12), ("size", 1024), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--delay-ms", type=float, nargs="*", default=[0, 30])
    options = parser.parse_args()
    calm = Calm()
    with tempfile.TemporaryDirectory() as temporary:
        folder = make_data(Path(temporary), options.processes, options.frames, options.size).dataset
        write_sums(folder)
        megabytes = sum(path.stat().st_size for path in folder.rglob("*.parquet")) / 1e6
        print(machine_facts(["s3fs", "fsspec", "pyarrow", "moto"]))
        for delay_ms in options.delay_ms:
            costs = measure_delay(folder, delay_ms, options.rounds)
            rows = [
                (name, *(f"{value:.2f}" for value in (median(c.wall_s for c in found), median(c.cpu_s for c in found))),
                 f"{megabytes / median(c.wall_s for c in found):.0f}", f"{median(c.peak_mb for c in found):.0f}")
                for name, found in costs.items()
            ]  # fmt: skip
            title = f"{options.processes} processes, {megabytes:.0f} MB; the server waits {delay_ms:g} ms before each answer"
            print_table(title, ("", "s", "CPU-s", "MB/s", "peak MB"), rows)
    print(f"\nThe machine: {calm}.")


if __name__ == "__main__":
    main()
