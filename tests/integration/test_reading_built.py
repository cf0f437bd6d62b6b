"""What `ppad build` writes, `Dataset` reads; and every snippet of docs/reading.md runs on it."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest

from ppad.cli.progress import RunView
from ppad.errors import ContractError
from ppad.media.pictures import decode_frames
from ppad.stages import InProcess
from ppad.storage import Collection, Dataset
from ppad_pipelines.build.config import BuildConfig
from ppad_pipelines.build.run import run_build
from tests.unit.build.samples import process_id, rating, record, write_collection, write_ratings

PAGE = Path(__file__).parents[2] / "docs" / "reading.md"
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection of 15 real processes, each rated 4 and 6, and the dataset built of them in several shards and row groups."""
    root = tmp_path_factory.mktemp("reading")
    names = [f"real{number:02}" for number in range(15)]
    write_collection(root / "collection", [record(name) for name in names])
    rows = [rating(name, rater, score) for name in names for rater, score in (("r1", 4), ("r2", 6))]
    ratings = write_ratings(root / "ratings.parquet", rows)
    small = BuildConfig(shard_mb=0.05, row_group_mb=0.02)
    run_build([root / "collection"], root / "dataset", [ratings], small, InProcess(), partial(RunView, quiet=True))
    return root


def test_a_built_dataset_reads_as_its_collection(folder: Path) -> None:
    dataset, collection = Dataset.open(folder / "dataset"), Collection.open(folder / "collection")
    assert {found.process.process_id: found.process for found in dataset} == {
        process.process_id: process for process in collection
    }


def test_scores_of_a_built_dataset_are_the_means_of_its_ratings(folder: Path) -> None:
    found = Dataset.open(folder / "dataset").read(process_id("real07"))
    assert (found.n_raters, found.scores["consistency"]) == (2, 5.0)


def test_a_built_dataset_streams_every_process_once_with_its_frames(folder: Path) -> None:
    dataset = Dataset.open(folder / "dataset")
    assert dataset.splits == ("train", "test_real")
    for split in dataset.splits:
        stream = dataset.stream(split).map(
            lambda found: (found.process.process_id, decode_frames(found.process).shape), threads=2
        )
        assert sorted(stream) == [(name, (3, 24, 32, 3)) for name in sorted(dataset.ids(split))]


def test_a_flipped_byte_of_a_picture_is_noticed_by_the_page_s_checksum(folder: Path) -> None:
    dataset = Dataset.open(folder / "dataset")
    shard = min((folder / "dataset" / "data").glob("test_real-*"))
    sound = shard.read_bytes()
    picture = dataset.read(dataset.ids("test_real")[0]).process.frames[1].bytes
    try:
        place = sound.index(picture) + len(picture) // 2
        shard.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        with pytest.raises(ContractError, match=f"{shard.name} is damaged"):
            list(Dataset.open(folder / "dataset").stream("test_real"))
    finally:
        shard.write_bytes(sound)


def test_every_snippet_of_the_page_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are run one after another, as a reader would."""
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}
    for snippet in SNIPPETS:
        exec(compile(snippet, "docs/reading.md", "exec"), names)  # noqa: S102 - our own page
    assert names["small"].shape == (3, 24, 32, 3)  # type: ignore[attr-defined]
