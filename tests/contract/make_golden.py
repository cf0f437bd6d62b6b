"""Writes the golden files of the current contract version: python -m tests.contract.make_golden tests/contract/golden/v1

Run it once for each contract version, when the version is released. Files of released versions are never written again:
that today's code still reads what earlier code wrote is what they are there to show.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from ppad.cli.progress import RunView
from ppad.schema import Picture
from ppad.stages import InProcess
from ppad_pipelines.build.config import BuildConfig
from ppad_pipelines.build.run import run_build
from tests.unit.build.samples import process_id, rating, record, synthetic, write_collection, write_ratings


def main(folder: Path) -> None:
    """Write a collection file, ratings, a dataset shard and the audit of its splits."""
    folder.mkdir(parents=True, exist_ok=True)
    reference = Picture(bytes=record("reference").frames[-1].bytes, path="reference.jpg")
    painted = record("painted", reference_kind="image", reference_image=reference, artist_id="artist-1", style="Cubism")
    with TemporaryDirectory() as scratch:
        collection = write_collection(Path(scratch) / "collection", [painted, synthetic("imagined", "a red boat")])
        rows = [
            rating("painted", "r1", 6),
            rating("painted", "r2", 9, critique="Bold."),
            rating("painted", "r2", 8, replicate=1, kind="repeat"),
        ]
        ratings = write_ratings(Path(scratch) / "ratings.parquet", rows)
        run_build([collection], Path(scratch) / "dataset", [ratings], BuildConfig(), InProcess(), partial(RunView, quiet=True))
        written = {
            "process.parquet": collection / "processes" / f"{process_id('painted')}.parquet",
            "ratings.parquet": ratings,
            "dataset.parquet": Path(scratch) / "dataset" / "data" / "train-00000-of-00001.parquet",
            "splits.parquet": Path(scratch) / "dataset" / "splits.parquet",
        }
        for name, path in written.items():
            (folder / name).write_bytes(path.read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
