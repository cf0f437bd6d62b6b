"""`ppad simulate` from nothing to a dataset that the rest of PPAD reads: the same to the byte however it was run."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections import defaultdict
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ppad.cli.check import CheckFile, check_path
from ppad.cli.progress import RunView
from ppad.stages import Executor, InProcess, WorkerProcesses
from ppad.storage import Collection, Dataset
from ppad.storage.sums import files_below
from ppad_pipelines.simulate.config import SimulateConfig
from ppad_pipelines.simulate.design import ATTRIBUTES
from ppad_pipelines.simulate.run import Simulation, run_simulation
from ppad_pipelines.simulate.truth import NOTICE

ROOT = Path(__file__).parents[2]
quietly = partial(RunView, quiet=True)
SMALL = SimulateConfig(n=40, size=48)


def simulated(folder: Path, config: SimulateConfig = SMALL, on: Executor | None = None) -> Simulation:
    return run_simulation(folder / "simulated", folder / "collection", config, on or InProcess(), quietly)


def content(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in [*files_below(folder), "SHA256SUMS"]}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dataset of 40 processes and their collection."""
    folder = tmp_path_factory.mktemp("simulated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1767225600")
        result = simulated(folder)
    assert result.built is not None
    assert result.built.published
    assert result.report.exit_code == 0
    return folder


def test_the_dataset_and_the_collection_follow_the_contract(made: Path) -> None:
    for name, kind in (("simulated", "dataset"), ("collection", "collection")):
        assert check_path(made / name, kind, CheckFile(fast=False), InProcess(), quiet=True)[0] == []
    assert check_path(made / "simulated" / "examples", "collection", CheckFile(fast=True), InProcess(), quiet=True)[0] == []


def test_datasets_opens_it_with_its_two_splits(made: Path) -> None:
    datasets = pytest.importorskip("datasets")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = datasets.load_dataset(str(made / "simulated"), cache_dir=str(made / "cache"))
    assert sorted(loaded) == ["pretrain", "test_synthetic"]
    assert sum(len(split) for split in loaded.values()) == 40
    row = loaded["pretrain"][0]
    assert row["frames"][-1].size == (48, 36)
    assert {pair["key"] for pair in row["controls"]} >= {f"true_{name}" for name in ATTRIBUTES}


def test_a_row_carries_noisy_scores_and_clean_truth(made: Path) -> None:
    dataset = Dataset.open(made / "simulated")
    assert len(dataset) == 40
    record = dataset[0]
    assert (record.process.origin, record.n_raters) == ("simulated", 3)
    assert record.process.controls is not None
    for name in ATTRIBUTES:
        score, truth = record.scores[name], record.process.controls[f"true_{name}"]
        assert score is not None
        assert truth == pytest.approx(10 - 9 * record.process.controls[f"severity_{name}"])
        assert (3 * score) % 1 == pytest.approx(0, abs=1e-6) or (3 * score) % 1 == pytest.approx(1, abs=1e-6)


def test_nobody_can_take_it_for_ppad(made: Path) -> None:
    dataset, collection = made / "simulated", Collection(made / "collection")
    assert NOTICE in (dataset / "README.md").read_text()
    assert NOTICE in (dataset / "croissant.json").read_text()
    assert all(pq.read_schema(file).metadata[b"ppad.notice"] == NOTICE.encode() for file in (dataset / "data").iterdir())
    assert all(record.provenance.notes and record.provenance.notes[0] == NOTICE for record in collection)
    assert pq.read_schema(made / "collection" / "ratings.parquet").metadata[b"ppad.notice"] == NOTICE.encode()


def test_the_card_shows_every_attribute_and_every_picture_is_there(made: Path) -> None:
    card = (made / "simulated" / "README.md").read_text()
    shown = re.findall(r"!\[[^]]*\]\(([^)]+)\)", card)
    assert shown == [f"examples/{name}.jpg" for name in ATTRIBUTES]
    assert all((made / "simulated" / name).stat().st_size > 5000 for name in shown)
    assert len(Collection.open(made / "simulated" / "examples")) == 16
    assert "does not hold" not in card


def test_twins_share_pixels_as_they_claim_and_the_audit_says_which_processes_are_out_of_distribution(made: Path) -> None:
    rows = pq.read_table(made / "simulated" / "splits.parquet").to_pylist()
    collection, groups = Collection(made / "collection"), defaultdict(list)
    for row in rows:
        groups[row["part"], row["group_id"]].append([frame.bytes for frame in collection.read(row["process_id"]).frames])
    pairs = {
        part: [frames for (kind, _), frames in groups.items() if kind == part]
        for part in ("same-end", "same-frames", "step-ramp")
    }
    assert [len(found) for found in pairs.values()] == [2, 2, 2]
    assert all(one[-1] == other[-1] and one != other for found in pairs.values() for one, other in found)
    assert all(sorted(one) == sorted(other) for one, other in pairs["same-frames"])
    assert {row["ood"] for row in rows if row["split"] == "pretrain"} == {""}
    assert {row["ood"] for row in rows} == {"", "medium", "motif", "length", "fault"}


def test_a_second_run_paints_nothing_and_changes_nothing(made: Path) -> None:
    before = content(made / "simulated")
    again = simulated(made)
    assert (len(again.report.done), len(again.report.skipped)) == (0, 56)
    assert content(made / "simulated") == before


def test_a_damaged_process_is_named_and_the_earlier_dataset_stays(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "copy")
    store = Collection(tmp_path / "copy" / "collection")
    damaged = next(row["process_id"] for row in pq.read_table(made / "simulated" / "splits.parquet").to_pylist())
    store.path_of(damaged).write_bytes(b"PAR1 no more")
    before = content(tmp_path / "copy" / "simulated")
    result = simulated(tmp_path / "copy")
    assert result.built is None
    assert [failure.code for failure in result.report.failed] == ["contract-broken"]
    assert damaged in result.report.failed[0].message
    assert content(tmp_path / "copy" / "simulated") == before


def test_the_bytes_depend_neither_on_workers_nor_on_what_was_there_before(made: Path, tmp_path: Path, fixed_clock: None) -> None:
    simulated(tmp_path, SimulateConfig(n=8, size=48))
    simulated(tmp_path, on=WorkerProcesses(2))
    assert content(tmp_path / "simulated") == content(made / "simulated")


def test_a_run_that_is_killed_leaves_no_half_file_and_goes_on_to_the_same_bytes(
    made: Path, tmp_path: Path, fixed_clock: None
) -> None:
    folder = tmp_path / "simulated"
    arguments = [
        "simulate",
        "--n",
        "40",
        "--size",
        "48",
        "--out",
        folder,
        "--collection",
        tmp_path / "collection",
        "--on",
        "inline",
    ]
    run = subprocess.Popen([sys.executable, "-m", "ppad", *map(str, arguments)], stderr=subprocess.DEVNULL)
    processes = tmp_path / "collection" / "processes"
    while len(list(processes.glob("[!.]*.parquet"))) < 5:
        assert run.poll() is None
        time.sleep(0.02)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert not folder.exists()
    finished = subprocess.run([sys.executable, "-m", "ppad", *map(str, arguments), "--json"], capture_output=True, check=True)
    report = json.loads(finished.stdout)
    assert len(report["skipped"]) >= 5
    assert (report["published"], report["notice"]) == (True, NOTICE)
    assert content(folder) == content(made / "simulated")


def test_the_python_of_the_guide_runs(made: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "simulate.md").read_text("utf-8"), re.DOTALL)
    result = subprocess.run([sys.executable, "-c", block], cwd=made, capture_output=True, text=True, check=True)
    assert " given; " in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "'n' is missing."),
        (["--n", "20", "--size", "9999"], "'size': input should be less than or equal to 512, not 9999."),
        (["--n", "20", "--config", "few.yaml"], "raters_each (3) is above raters (2)"),
    ],
)
def test_wrong_settings_are_one_sentence(tmp_path: Path, arguments: list[str], words: str) -> None:
    (tmp_path / "few.yaml").write_text("raters: 2\n")
    command = [sys.executable, "-m", "ppad", "simulate", "--out", "d", *arguments]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "[config-invalid]" in result.stderr
    assert words in " ".join(result.stderr.split())
    assert not (tmp_path / "d").exists()


def test_a_dry_run_says_what_would_be_made_and_writes_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ppad", "simulate", "--n", "40", "--out", str(tmp_path / "d"), "--dry-run", "--json"]
    said = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert (said["notice"], said["processes"], said["parts"]["independent"]) == (NOTICE, 40, 16)
    assert list(tmp_path.iterdir()) == []
