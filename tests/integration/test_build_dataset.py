"""`ppad build` from collections to a dataset that others read, the same to the byte however it was run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ppad.cli.progress import RunView
from ppad.errors import NoInputsError, NotWritableError
from ppad.rubric import load_rubric
from ppad.schema import SPLITS
from ppad.stages import Executor, InProcess, WorkerProcesses
from ppad.storage import Collection, Dataset
from ppad.storage.sums import files_below, read_sums
from ppad_pipelines.build.command import notes
from ppad_pipelines.build.config import BuildConfig
from ppad_pipelines.build.run import Outcome, run_build
from tests.unit.build.samples import process_id, rating, record, synthetic, write_collection, write_ratings

SMALL = BuildConfig(shard_mb=0.1, row_group_mb=0.04, licence="CC-BY-4.0")
"""Shards of some five processes, so that there are several."""

quietly = partial(RunView, quiet=True)


def build(
    out: Path, collections: list[Path], ratings: list[Path] | None = None, on: Executor | None = None, **options: Any
) -> Outcome:
    return run_build(collections, out, ratings or [], options.pop("config", SMALL), on or InProcess(), quietly, **options)


def content(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in [*files_below(folder), "SHA256SUMS"]}


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".") and not path.name.endswith(".lock")]


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve real processes by six artists."""
    records = [record(f"real{n:02}", artist_id=f"artist-{n % 6}", style="Cubism") for n in range(12)]
    return write_collection(tmp_path_factory.mktemp("real") / "painted", records)


@pytest.fixture(scope="module")
def imagined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty synthetic processes from ten prompts."""
    records = [synthetic(f"synth{n:02}", f"Boat number {n // 2}") for n in range(20)]
    return write_collection(tmp_path_factory.mktemp("synthetic") / "imagined", records)


@pytest.fixture(scope="module")
def ratings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [rating(f"real{n:02}", f"r{m}", 2 + (3 * n + 2 * m) % 8) for n in range(12) for m in range(3)]
    return write_ratings(tmp_path_factory.mktemp("ratings") / "ratings.parquet", rows)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory, painted: Path, imagined: Path, ratings: Path) -> Path:
    out = tmp_path_factory.mktemp("built") / "dataset"
    assert build(out, [painted, imagined], [ratings]).published
    return out


def test_every_process_stands_in_one_shard_of_its_split(dataset: Path, painted: Path, imagined: Path) -> None:
    found = []
    for path in sorted((dataset / "data").iterdir()):
        for row in pq.read_table(path, columns=["process_id", "split"]).to_pylist():
            assert path.name.startswith(f"{row['split']}-")
            found.append(row["process_id"])
    assert sorted(found) == sorted(Collection(painted).ids() + Collection(imagined).ids())


def test_the_shares_of_the_splits_are_kept_and_no_group_is_on_both_sides(dataset: Path) -> None:
    rows = pq.read_table(dataset / "splits.parquet").to_pylist()
    counts = {split: sum(row["split"] == split for row in rows) for split in SPLITS}
    assert counts == {"pretrain": 18, "train": 10, "test_real": 2, "test_synthetic": 2}
    sides: dict[str, set[bool]] = {}
    for row in rows:
        sides.setdefault(row["group_id"], set()).add(row["split"].startswith("test"))
    assert all(len(side) == 1 for side in sides.values())


def test_a_row_is_its_collection_row_and_its_scores(dataset: Path, painted: Path) -> None:
    rows = {row["process_id"]: row for path in (dataset / "data").iterdir() for row in pq.read_table(path).to_pylist()}
    source = pq.read_table(Collection(painted).path_of(process_id("real03"))).to_pylist()[0]
    row = rows[process_id("real03")]
    assert {name: row[name] for name in source} == source
    assert (row["consistency"], row["n_raters"], row["style_label"]) == (pytest.approx((3 + 5 + 7) / 3), 3, "Cubism")
    assert row["consistency_std"] == pytest.approx(2)
    unrated = rows[process_id("synth00")]
    assert (unrated["consistency"], unrated["n_raters"]) == (None, 0)


def test_row_groups_and_shards_keep_to_their_sizes(dataset: Path) -> None:
    files = sorted((dataset / "data").glob("pretrain-*"))
    assert len(files) > 1
    assert sum(pq.ParquetFile(path).metadata.num_row_groups for path in files) > len(files)
    for path in files:
        metadata = pq.ParquetFile(path).metadata
        assert path.stat().st_size < 150_000
        assert all(metadata.row_group(n).total_byte_size < 60_000 for n in range(metadata.num_row_groups))


def test_the_metadata_of_a_shard_names_the_rubric(dataset: Path) -> None:
    metadata = pq.read_schema(next((dataset / "data").iterdir())).metadata
    assert (metadata[b"ppad.rubric"], metadata[b"ppad.rubric_version"]) == (b"ppad-8", b"1")
    assert json.loads(metadata[b"ppad.rubric_scales"])[0] == ["consistency", 1, 10]


def test_the_checksums_cover_every_file(dataset: Path) -> None:
    assert sorted(read_sums(dataset)) == files_below(dataset)
    assert {"README.md", "croissant.json", "splits.parquet"} < set(read_sums(dataset))


@pytest.mark.parametrize("on", [InProcess(), WorkerProcesses(2)], ids=["in this process", "two workers"])
def test_the_same_input_gives_the_same_bytes(
    tmp_path: Path, dataset: Path, painted: Path, imagined: Path, ratings: Path, on: Executor
) -> None:
    build(tmp_path / "again", [imagined, painted, imagined], [ratings, ratings], on=on)
    assert content(tmp_path / "again") == content(dataset)


def test_another_seed_gives_other_splits(tmp_path: Path, dataset: Path, painted: Path, imagined: Path) -> None:
    build(tmp_path / "other", [painted, imagined], config=SMALL.model_copy(update={"seed": 1}))
    assert pq.read_table(tmp_path / "other" / "splits.parquet") != pq.read_table(dataset / "splits.parquet")


def test_datasets_opens_it(tmp_path: Path, dataset: Path) -> None:
    datasets = pytest.importorskip("datasets")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies
        loaded = datasets.load_dataset(str(dataset), cache_dir=str(tmp_path))
        rated = datasets.load_dataset(str(dataset), "ratings", cache_dir=str(tmp_path))
    assert {split: len(rows) for split, rows in loaded.items()} == {
        "pretrain": 18,
        "train": 10,
        "test_real": 2,
        "test_synthetic": 2,
    }
    row = loaded["train"][0]
    assert [frame.size for frame in row["frames"]] == [(32, 24)] * 3
    assert row["provenance"]["licence"] == "CC0-1.0"
    assert len(rated["ratings"]) == 36


def test_pandas_opens_it(dataset: Path) -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.read_parquet(dataset / "data")
    assert table.groupby("split").size().to_dict() == {"pretrain": 18, "train": 10, "test_real": 2, "test_synthetic": 2}
    assert table["frames"].iloc[0][0]["bytes"].startswith(b"\xff\xd8")


def test_duckdb_opens_it(dataset: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    columns = "split, count(*), sum(len(frames)), min(provenance.licence)"
    query = f"SELECT {columns} FROM '{dataset}/data/*.parquet' GROUP BY split ORDER BY split"
    assert duckdb.sql(query).fetchall()[0] == ("pretrain", 18, 54, "CC0-1.0")


def test_croissant_reads_its_records(dataset: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies
        records = list(mlcroissant.Dataset(str(dataset / "croissant.json")).records("processes"))
    assert len(records) == 32
    assert [frame.size for frame in records[0]["processes/frames"]] == [(32, 24)] * 3


def test_a_damaged_process_is_left_out_and_listed(tmp_path: Path) -> None:
    root = write_collection(tmp_path / "c", [record(f"p{n}") for n in range(6)])
    Collection(root).path_of(process_id("p3")).write_bytes(b"PAR1 no more")
    outcome = build(tmp_path / "dataset", [root])
    assert outcome.published
    assert [(failure.input, failure.code) for failure in outcome.report.failed] == [
        (f"c/{process_id('p3')}.parquet", "contract-broken")
    ]
    assert outcome.report.exit_code == 1
    assert len(pq.read_table(tmp_path / "dataset" / "splits.parquet")) == 5


def test_a_process_in_two_collections_is_written_once_and_said(tmp_path: Path) -> None:
    one = write_collection(tmp_path / "one", [record("a"), record("b")])
    two = write_collection(tmp_path / "two", [record("a"), record("c")])
    outcome = build(tmp_path / "dataset", [one, two])
    assert len(outcome.plan.facts) == 3
    assert [item.reason.split("/")[-1] for item in outcome.report.skipped] == [f"{process_id('a')}.parquet"]


@pytest.mark.parametrize(
    "make", [lambda root: write_collection(root, []), lambda root: _only_damage(root)], ids=["empty", "damaged"]
)
def test_without_any_process_nothing_is_built(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    root = make(tmp_path / "c")
    with pytest.raises(NoInputsError):
        build(tmp_path / "dataset", [root])
    assert not (tmp_path / "dataset").exists()


def _only_damage(root: Path) -> Path:
    write_collection(root, [record("a")])
    Collection(root).path_of(process_id("a")).write_bytes(b"")
    return root


def test_ratings_of_unknown_processes_are_named_and_empty_splits_explained(tmp_path: Path) -> None:
    root = write_collection(tmp_path / "c", [record(f"p{n}") for n in range(5)])
    rated = write_ratings(tmp_path / "r.parquet", [rating("p0", "r1", 5), rating("ghost", "r1", 5)])
    assert notes(build(tmp_path / "dataset", [root], [rated]).plan) == [
        f"Ratings of 1 process in no collection are left out: {process_id('ghost')}.",
        "The splits pretrain and test_synthetic are empty: there are no synthetic processes.",
    ]
    assert len(pq.read_table(tmp_path / "dataset" / "ratings")) == 1


def test_ratings_that_a_decision_leaves_out_do_not_count_and_the_card_says_so(tmp_path: Path, painted: Path) -> None:
    rows = [rating("real00", rater, score) for rater, score in (("r1", 4), ("r2", 6), ("r3", 10))]
    ratings = write_ratings(tmp_path / "r.parquet", rows)
    decisions = tmp_path / "d.csv"
    decisions.write_text("rater_id,reason\nr3,did not look\n")
    outcome = build(tmp_path / "dataset", [painted], [ratings], exclusions=decisions)
    assert outcome.plan.scores[process_id("real00")]["consistency"] == 5
    assert notes(outcome.plan)[0] == "1 ratings are left out by 1 recorded decisions."
    kept = pq.read_table(tmp_path / "dataset" / "ratings" / "ratings-00000-of-00001.parquet")
    assert kept.column("rater_id").to_pylist() == ["r1", "r2"]
    assert "r3,,did not look,," in (tmp_path / "dataset" / "ratings" / "exclusions.csv").read_text()
    assert "1 ratings were left out by recorded decisions" in (tmp_path / "dataset" / "README.md").read_text()
    assert "ratings/exclusions.csv" in read_sums(tmp_path / "dataset")
    again = build(tmp_path / "whole", [painted], [ratings])
    assert again.plan.key != outcome.plan.key


def test_card_and_files_say_which_raters_are_simulated(tmp_path: Path, painted: Path) -> None:
    """Whoever learns from the files repeats their notice: a judge of simulated ratings says so on every picture."""
    rows = [rating("real00", rater, 5) for rater in ("simulated-01", "simulated-02", "r3")]
    build(tmp_path / "some", [painted], [write_ratings(tmp_path / "some.parquet", rows)])
    assert "**2 of these raters are simulated" in (tmp_path / "some" / "README.md").read_text()
    assert Dataset.open(tmp_path / "some").metadata["notice"].startswith("2 of 3 raters are simulated")
    build(tmp_path / "all", [painted], [write_ratings(tmp_path / "all.parquet", rows[:2])])
    assert "**All of these raters are simulated" in (tmp_path / "all" / "README.md").read_text()
    assert Dataset.open(tmp_path / "all").metadata["notice"].startswith("All raters are simulated")
    build(tmp_path / "none", [painted], [write_ratings(tmp_path / "none.parquet", rows[2:])])
    assert "simulated" not in (tmp_path / "none" / "README.md").read_text()
    assert "notice" not in Dataset.open(tmp_path / "none").metadata


def test_a_rubric_of_the_lab_names_the_columns(tmp_path: Path) -> None:
    text = "id: lab-1\nversion: 3\ntitle: Ours\nsubject: process\nscale: {low: 0, high: 5}\nattributes:\n"
    text += "  - {id: courage, name: Courage, short: C., aspect: all, level: high, question: 'How bold?', low: shy, high: bold}\n"
    (tmp_path / "lab.yaml").write_text(text)
    root = write_collection(tmp_path / "c", [record(f"p{n}") for n in range(5)])
    build(tmp_path / "dataset", [root], config=BuildConfig(rubric=str(tmp_path / "lab.yaml")))
    assert load_rubric(tmp_path / "lab.yaml").attribute_ids == ("courage",)
    assert "courage_adjusted" in pq.read_schema(next((tmp_path / "dataset" / "data").iterdir())).names


def test_a_dry_run_writes_nothing(tmp_path: Path, painted: Path) -> None:
    outcome = build(tmp_path / "dataset", [painted], dry_run=True)
    assert not outcome.published
    assert len(outcome.plan.shards) > 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_dataset_is_refused_before_anything_is_read(tmp_path: Path, painted: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "summer.jpg").write_text("mine")
    with pytest.raises(NotWritableError, match="is not a dataset of ppad"):
        build(tmp_path / "photos", [painted])


def test_a_source_that_changes_while_the_dataset_is_written_stops_the_build(tmp_path: Path) -> None:
    root = write_collection(tmp_path / "c", [record(f"p{n}") for n in range(5)])

    class Meddling(InProcess):
        """Changes a process between the look at it and the writing."""

        def run(self, work: Any, jobs: Any, progress: Any) -> Any:
            yield from super().run(work, jobs, progress)
            Collection(root).write(record("p2", style="Fauvism"), "0123456789ab")

    outcome = build(tmp_path / "dataset", [root], on=Meddling())
    assert not outcome.published
    assert "changed while the dataset was being built" in outcome.report.failed[0].message
    assert not (tmp_path / "dataset").exists()


KILLED = """
import os, signal, sys
from functools import partial
from pathlib import Path
from ppad.cli.progress import RunView
from ppad.stages import InProcess
from ppad.storage import publishing
from ppad_pipelines.build import run, shards
from ppad_pipelines.build.config import BuildConfig

def die(*args, **options):
    os.kill(os.getpid(), signal.SIGKILL)

write = shards.WriteShard.__call__

def third(self, job, progress):
    if job.id.startswith("data/pretrain-00002"):
        die()
    return write(self, job, progress)

moment, out, *collections = sys.argv[1:]
if moment == "third shard":
    shards.WriteShard.__call__ = third
elif moment == "half a shard":
    shards.WriteShard._table = die
elif moment == "checksums":
    run.write_sums = die
elif moment == "before the swap":
    publishing.swap = die
elif moment == "after the swap":
    publishing.shutil.rmtree = die
config = BuildConfig(shard_mb=0.1, row_group_mb=0.04, licence="CC-BY-4.0")
run.run_build([Path(path) for path in collections], Path(out), [], config, InProcess(), partial(RunView, quiet=True))
"""


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory, painted: Path) -> Path:
    """The dataset that stands there when a build is killed."""
    out = tmp_path_factory.mktemp("old") / "dataset"
    build(out, [painted])
    return out


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory, painted: Path, imagined: Path) -> Path:
    """What the killed build would have made."""
    out = tmp_path_factory.mktemp("new") / "dataset"
    build(out, [painted, imagined])
    return out


@pytest.mark.parametrize(
    ("moment", "published", "resumed"),
    [
        ("half a shard", False, 0),
        ("third shard", False, 2),
        ("checksums", False, None),
        ("before the swap", False, 0),
        ("after the swap", True, 0),
    ],
)
def test_a_build_killed_at_any_moment_leaves_the_old_dataset_or_the_new_one_and_goes_on(
    tmp_path: Path, painted: Path, imagined: Path, old: Path, new: Path, moment: str, published: bool, resumed: int | None
) -> None:
    out = shutil.copytree(old, tmp_path / "dataset")
    died = subprocess.run([sys.executable, "-c", KILLED, moment, out, painted, imagined], check=False)
    assert died.returncode == -9
    assert content(out) == content(new if published else old)
    outcome = build(out, [painted, imagined])
    assert content(out) == content(new)
    assert hidden(tmp_path) == []
    skipped = len(outcome.report.skipped)
    assert skipped == (len(outcome.plan.shards) if resumed is None else resumed)


def test_the_command_prints_one_json_object_and_exits_with_0(tmp_path: Path, painted: Path) -> None:
    command = [Path(sys.executable).with_name("ppad"), "build", painted, "--out", tmp_path / "d", "--on", "inline", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    printed = json.loads(done.stdout)
    assert done.returncode == 0
    assert (printed["published"], printed["processes"], printed["failed"]) == (True, 12, [])
    assert [split["rows"] for split in printed["splits"]] == [0, 10, 2, 0]
    assert "are empty: there are no synthetic processes" in printed["notes"][0]
