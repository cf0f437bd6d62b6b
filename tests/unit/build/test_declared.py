"""A producer that knows its own dataset declares the splits; the build keeps to them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ppad.cli.check import CheckFile, check_path
from ppad.cli.progress import RunView
from ppad.errors import ConfigError
from ppad.stages import InProcess
from ppad.storage import Collection, Dataset, write_text
from ppad_pipelines.build.config import BuildConfig
from ppad_pipelines.build.declared import Declared
from ppad_pipelines.build.run import run_build
from ppad_pipelines.build.splits import Placement
from tests.unit.build.samples import process_id, synthetic, write_collection

quietly = partial(RunView, quiet=True)
NOTICE = "Known by construction."


def place(number: int, split: str, group: int, ood: str = "") -> tuple[str, Placement]:
    return process_id(f"p{number}"), Placement(split, process_id(f"p{group}"), "declared", {"ood": ood})


def declared(*placed: tuple[str, Placement]) -> Declared:
    return Declared(dict(placed), NOTICE, "## Declared\n", lambda folder: write_text(folder / "more.txt", "more"), "more")


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """Four processes of one prompt, which a build would keep together."""
    return write_collection(tmp_path / "c", [synthetic(f"p{n}", "One prompt") for n in range(4)])


def test_declared_splits_groups_and_marks_stand_in_the_audit_and_others_are_left_out(collection: Path, tmp_path: Path) -> None:
    placed = [place(0, "pretrain", 0), place(1, "test_synthetic", 1, "medium"), place(2, "pretrain", 0)]
    outcome = run_build([collection], tmp_path / "d", [], BuildConfig(), InProcess(), quietly, declared=declared(*placed))
    assert outcome.published
    rows = {row["process_id"]: row for row in pq.read_table(tmp_path / "d" / "splits.parquet").to_pylist()}
    assert {name: (row["split"], row["ood"]) for name, row in rows.items()} == {
        process_id("p0"): ("pretrain", ""),
        process_id("p1"): ("test_synthetic", "medium"),
        process_id("p2"): ("pretrain", ""),
    }
    assert len(Collection(collection)) == 4
    assert len(Dataset.open(tmp_path / "d")) == 3


def test_the_notice_stands_in_card_croissant_and_every_parquet_file_and_the_dataset_passes_the_check(
    collection: Path, tmp_path: Path
) -> None:
    placed = [place(n, "pretrain", n) for n in range(4)]
    run_build([collection], tmp_path / "d", [], BuildConfig(), InProcess(), quietly, declared=declared(*placed))
    card = (tmp_path / "d" / "README.md").read_text()
    assert NOTICE in card
    assert "## Declared" in card
    assert "were drawn for test" not in card
    assert NOTICE in (tmp_path / "d" / "croissant.json").read_text()
    assert all(pq.read_schema(file).metadata[b"ppad.notice"] == NOTICE.encode() for file in (tmp_path / "d").rglob("*.parquet"))
    assert (tmp_path / "d" / "more.txt").read_text() == "more"
    assert check_path(tmp_path / "d", "dataset", CheckFile(fast=False), InProcess(), quiet=True)[0] == []


def test_a_group_that_is_declared_for_training_and_for_test_is_refused(collection: Path, tmp_path: Path) -> None:
    torn = declared(place(0, "pretrain", 0), place(1, "test_synthetic", 0))
    with pytest.raises(ConfigError, match="declared for training and for test"):
        run_build([collection], tmp_path / "d", [], BuildConfig(), InProcess(), quietly, declared=torn)
    assert not (tmp_path / "d").exists()
