"""`ppad check` of whole collections and datasets."""

from __future__ import annotations

import json
import os
import shutil
import signal
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import typer

from ppad.cli.check import CheckFile, check, check_path
from ppad.cli.progress import RunView
from ppad.errors import NotFoundError
from ppad.stages import InProcess, Job, Progress, WorkerProcesses
from ppad.storage import Collection
from ppad.storage.folder_checks import kind_of
from ppad.storage.sums import write_sums
from ppad_pipelines.build.config import BuildConfig
from ppad_pipelines.build.run import run_build
from tests.unit.build.samples import process_id, rating, record, write_collection, write_ratings


def found(path: Path) -> list[str]:
    problems, _ = check_path(path, kind_of(path), CheckFile(fast=False), InProcess(), quiet=True)
    return [f"{problem.place}: {problem.message}" for problem in problems]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound collection and a dataset built from it; tests damage copies of them."""
    root = tmp_path_factory.mktemp("made")
    collection = write_collection(root / "collection", [record(f"p{n}") for n in range(5)])
    rows = [rating(f"p{n}", f"r{m}", 4 + (2 * n + 3 * m) % 5) for n in range(3) for m in range(2)]
    ratings = write_ratings(root / "ratings.parquet", rows)
    run_build([collection], root / "dataset", [ratings], BuildConfig(), InProcess(), partial(RunView, quiet=True))
    return root


@pytest.fixture
def collection(tmp_path: Path, made: Path) -> Path:
    return shutil.copytree(made / "collection", tmp_path / "collection")


@pytest.fixture
def dataset(tmp_path: Path, made: Path) -> Path:
    return shutil.copytree(made / "dataset", tmp_path / "dataset")


def test_a_sound_collection_has_no_problems(collection: Path) -> None:
    assert found(collection) == []


def test_a_summary_that_counts_otherwise_is_named(collection: Path) -> None:
    Collection(collection).path_of(process_id("p0")).unlink()
    assert found(collection) == ["collection.json: counts 5 processes, there are 4."]


@pytest.mark.parametrize("text", [None, "", "[]", '{"contract_version": 1}'])
def test_a_missing_or_damaged_summary_is_named(collection: Path, text: str | None) -> None:
    summary = collection / "collection.json"
    summary.unlink()
    if text is not None:
        summary.write_text(text)
    assert found(collection) == ["collection.json: is missing or damaged."]


def test_a_ledger_of_rejects_belongs_to_a_collection_and_a_line_that_is_none_is_named(collection: Path) -> None:
    good = {
        "process_id": "a-1", "input": "a", "stage": "synth", "engine": "strokes 2", "seed": 1, "reason": "blank",
        "measured": 1.0, "limit": 0.985,
    }  # fmt: skip
    (collection / "rejects.jsonl").write_text(json.dumps(good) + "\n")
    assert found(collection) == []
    (collection / "rejects.jsonl").write_text(json.dumps(good) + "\n" + json.dumps(good | {"seed": "one"}) + "\n")
    assert "rejects.jsonl: line 2: cannot be understood." in found(collection)


def test_a_line_of_failures_that_is_no_failure_is_named(collection: Path) -> None:
    good = {"input": "a.mp4", "stage": "extract", "code": "media-empty", "message": "a.mp4 is empty.", "fix": "Copy it."}
    (collection / "failures.jsonl").write_text(json.dumps(good) + '\n{"input": 3}\n')
    assert "failures.jsonl: line 2: cannot be understood." in found(collection)


def test_what_a_killed_run_left_is_named(collection: Path) -> None:
    (collection / "processes" / ".tmp-00000000000000ff-x.parquet").write_text("half")
    assert found(collection) == ["processes/.tmp-00000000000000ff-x.parquet: was left by a killed run."]


def test_a_sound_dataset_has_no_problems(dataset: Path) -> None:
    assert found(dataset) == []


def test_a_changed_file_is_named(dataset: Path) -> None:
    with (dataset / "README.md").open("a") as card:
        card.write("more\n")
    assert found(dataset) == ["README.md: has other bytes than SHA256SUMS says."]


def test_missing_and_unlisted_files_are_named(dataset: Path) -> None:
    (dataset / "croissant.json").rename(dataset / "notes.json")
    assert found(dataset) == [
        "croissant.json: is missing.",
        "notes.json: is not in SHA256SUMS.",
        "croissant.json: is missing or cannot be understood.",
    ]


def test_a_missing_list_of_checksums_is_named(dataset: Path) -> None:
    (dataset / "SHA256SUMS").unlink()
    assert found(dataset) == ["SHA256SUMS: SHA256SUMS is missing or unreadable."]


def test_a_damaged_card_and_croissant_are_named(dataset: Path) -> None:
    (dataset / "README.md").write_text("---\nname: [\n---\n")
    (dataset / "croissant.json").write_text("{")
    write_sums(dataset)
    assert found(dataset) == [f"{name}: is missing or cannot be understood." for name in ("README.md", "croissant.json")]


def test_a_shard_under_the_name_of_another_split_is_named(dataset: Path) -> None:
    data = dataset / "data"
    (data / "test_real-00000-of-00001.parquet").unlink()
    shutil.copy(data / "train-00000-of-00001.parquet", data / "test_real-00000-of-00001.parquet")
    write_sums(dataset)
    texts = "\n".join(found(dataset))
    assert "test_real-00000-of-00001.parquet: holds 4 rows of another split" in texts
    assert "stands in 2 rows" in texts
    assert "is in no shard" in texts


def test_a_missing_shard_is_named(dataset: Path) -> None:
    data = dataset / "data"
    (data / "train-00000-of-00001.parquet").rename(data / "train-00001-of-00003.parquet")
    write_sums(dataset)
    assert "data: lacks the train shards [0, 2] of 3." in found(dataset)


def test_a_group_on_both_sides_is_named(dataset: Path) -> None:
    table = pq.read_table(dataset / "splits.parquet")
    groups = table.set_column(2, "group_id", [["one"] * len(table)])
    pq.write_table(groups, dataset / "splits.parquet")
    write_sums(dataset)
    assert found(dataset) == ["splits.parquet: the group one is both in training and in test."]


def test_an_audit_that_disagrees_with_the_shards_is_named(dataset: Path) -> None:
    table = pq.read_table(dataset / "splits.parquet")
    pq.write_table(table.slice(1), dataset / "splits.parquet")
    write_sums(dataset)
    (one,) = found(dataset)
    assert one.endswith(f"{process_id('p0')} is not in splits.parquet.")


def test_ratings_of_processes_that_are_not_there_are_named(dataset: Path) -> None:
    file = next((dataset / "ratings").iterdir())
    write_ratings(file, [rating("ghost", "r1", 5)])
    write_sums(dataset)
    (one,) = found(dataset)
    assert one == f"ratings/{file.name}: rates processes that are in no shard: 1, {process_id('ghost')} among them."


def test_worker_processes_find_the_same(collection: Path) -> None:
    Collection(collection).path_of(process_id("p0")).write_bytes(b"PAR1")
    problems, files = check_path(collection, "collection", CheckFile(fast=True), WorkerProcesses(1), quiet=True)
    assert [problem.place for problem in problems] == [f"processes/{process_id('p0')}.parquet"]
    assert files == 5


class DieOn(CheckFile):
    """Checks as usual, but one file kills its worker, as a fault in a decoder would."""

    def __call__(self, job: Job, progress: Progress) -> dict[str, object]:
        if "p3-" in job.id:
            os.kill(os.getpid(), signal.SIGKILL)
        return dict(super().__call__(job, progress))


def test_a_file_that_kills_its_worker_is_a_problem_and_the_rest_is_checked(collection: Path) -> None:
    Collection(collection).path_of(process_id("p0")).write_bytes(b"PAR1")
    problems, _ = check_path(collection, "collection", DieOn(fast=True), WorkerProcesses(1), quiet=True)
    places = sorted(problem.place.removeprefix("processes/")[:3] for problem in problems)
    assert places == ["p0-", "p3-"]
    assert any("died (signal SIGKILL)" in problem.message for problem in problems)


def test_the_command_exits_with_1_where_there_are_problems_and_prints_them_as_json(
    collection: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (collection / "collection.json").unlink()
    with pytest.raises(typer.Exit) as stop:
        check(collection, on="inline", as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert stop.value.exit_code == 1
    assert (printed["kind"], printed["files"]) == ("collection", 5)
    assert [sorted(problem) for problem in printed["problems"]] == [["fix", "message", "place"]]


def test_the_command_exits_with_0_where_all_is_well(collection: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as stop:
        check(collection, on="inline")
    assert stop.value.exit_code == 0
    assert "follows the contract (5 files)" in " ".join(capsys.readouterr().out.split())


def test_a_path_that_is_nothing_to_check_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"neither a collection, nor a dataset, nor a \.parquet file"):
        check(tmp_path, on="inline")
