"""Collections and datasets in a real S3 server: the same bytes as on a disk, whole or not there, and resumed after a kill."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fixtures.learnable import write_learnable
from fixtures.paintings import write_painting
from fixtures.runs import contents, extract
from fixtures.s3 import BUCKET, S3Server, every, running_s3, sound
from ppad.cli.check import CheckFile, check_path
from ppad.cli.progress import RunView
from ppad.errors import ContractError, LocalOnlyError, LockedError, NotWritableError
from ppad.stages import InProcess, WorkerProcesses
from ppad.storage import Collection, Dataset, leases
from ppad.storage.mirror import Mirror
from ppad.storage.remote import place
from ppad.storage.sums import write_sums
from ppad_pipelines.build.config import BuildConfig
from ppad_pipelines.build.run import Outcome, run_build
from tests.unit.build.samples import record, synthetic, write_collection

SMALL = BuildConfig(shard_mb=0.1, row_group_mb=0.04, licence="CC-BY-4.0")
quietly = partial(RunView, quiet=True)


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with running_s3() as server:
        yield server


@pytest.fixture(autouse=True)
def apart(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fixed_clock: None) -> None:
    """Each test counts its own requests, and keeps its working files to itself."""
    s3.requests.clear()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six short recordings, and one that is damaged."""
    folder = tmp_path_factory.mktemp("videos")
    for number in range(6):
        write_painting(folder / f"painting-{number}.mp4", cells=6 + number, frames_per_cell=4, size=(160, 120), seed=number)
    (folder / "broken.mp4").write_bytes(b"no recording")
    return folder


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A local collection of twelve real and eight synthetic processes."""
    records = [record(f"real{n:02}", artist_id=f"artist-{n % 6}") for n in range(12)]
    records += [synthetic(f"synth{n:02}", f"Boat number {n // 2}") for n in range(8)]
    return write_collection(tmp_path_factory.mktemp("painted") / "painted", records)


def build(out: Path, collections: list[Path], workers: int = 0) -> Outcome:
    return run_build(collections, out, [], SMALL, WorkerProcesses(workers) if workers else InProcess(), quietly)


def problems(path: Path, kind: str) -> list[str]:
    found, _ = check_path(path, kind, CheckFile(fast=True), InProcess(), quiet=True)
    return [f"{problem.place}: {problem.message}" for problem in found]


def test_an_extraction_killed_in_the_middle_goes_on_to_the_bytes_of_a_local_run(
    s3: S3Server, videos: Path, tmp_path: Path
) -> None:
    extract([videos], tmp_path / "local")
    command = [sys.executable, "-m", "ppad", "extract", str(videos), "--out", f"s3://{BUCKET}/killed", "--workers", "1"]
    s3.delay_s = 0.1
    run = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    while s3.count("PUT", "killed/processes/") < 2:
        assert run.poll() is None
        time.sleep(0.01)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    s3.delay_s = 0.0
    before = s3.folder("killed")
    assert 1 <= len(before) < 6
    for data in before.values():
        assert pq.read_table(pa.BufferReader(data)).num_rows == 1
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1, result.stderr  # the broken file
    assert "already done" in result.stderr
    local = contents(tmp_path / "local")
    after = s3.folder("killed")
    assert {name: data for name, data in after.items() if name.startswith("processes/")} == {
        name: data for name, data in local.items() if name.startswith("processes/")
    }
    assert [line["input"] for line in map(json.loads, after["failures.jsonl"].splitlines())] == [str(videos / "broken.mp4")]
    assert s3.keys("killed/.ppad/") == {}


def test_running_again_lists_once_and_writes_no_process(s3: S3Server, videos: Path) -> None:
    out = place(f"s3://{BUCKET}/again")
    assert len(extract([videos], out, every=4).done) == 6
    s3.requests.clear()
    report = extract([videos], out, every=4)
    assert [item.reason for item in report.skipped] == ["done"] * 6
    assert s3.count("PUT", "/processes/") == 0
    assert s3.count("GET", "/processes/") == 6  # the tail of each, in which its settings stand


def test_a_dataset_built_from_bucket_to_bucket_has_the_bytes_of_a_local_one(s3: S3Server, painted: Path, tmp_path: Path) -> None:
    build(tmp_path / "local", [painted])
    source, out = s3.upload(painted, "painted"), place(f"s3://{BUCKET}/built")
    assert build(out, [source], workers=1).published
    assert s3.folder("built") == contents(tmp_path / "local")
    assert problems(source, "collection") == []
    assert problems(out, "dataset") == []
    s3.requests.clear()
    again = build(out, [source])
    assert again.published and s3.count("PUT", "/built/") == 0


def test_check_names_an_object_with_other_bytes(s3: S3Server, painted: Path, tmp_path: Path) -> None:
    build(tmp_path / "local", [painted])
    out = s3.upload(tmp_path / "local", "damaged")
    shard = next((out / "data").glob("*.parquet"))
    shard.write_bytes(shard.read_bytes()[:-1])
    found = problems(out, "dataset")
    assert any(line.startswith(f"data/{shard.name}: has other bytes") for line in found)


def test_a_build_killed_before_its_last_object_is_no_dataset_and_goes_on(
    s3: S3Server, painted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = place(f"s3://{BUCKET}/half")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ppad_pipelines.build.run.write_sums", killed)
        with pytest.raises(KeyboardInterrupt):
            build(out, [painted])
    with pytest.raises(ContractError, match=r"half is not finished: it has no SHA256SUMS\. Run the same ppad build again"):
        Dataset.open(out)
    s3.requests.clear()
    assert build(out, [painted]).published
    assert s3.count("PUT", "/half/data/") == 0
    assert len(Dataset.open(out)) == 20


def test_a_finished_dataset_in_a_bucket_is_not_replaced(s3: S3Server, painted: Path, tmp_path: Path) -> None:
    out = place(f"s3://{BUCKET}/kept")
    assert build(out, [painted]).published
    before = s3.folder("kept")
    fewer = tmp_path / "fewer"
    shutil.copytree(painted, fewer)
    next((fewer / "processes").iterdir()).unlink()
    with pytest.raises(NotWritableError, match="holds a dataset, and a store cannot replace one at once"):
        build(out, [fewer])
    assert s3.folder("kept") == before
    foreign = s3.upload(painted, "foreign")
    with pytest.raises(NotWritableError, match="holds files that no ppad build left there"):
        build(foreign, [painted])


def test_a_stream_from_a_bucket_is_that_of_a_disk_and_reads_each_row_group_once(
    s3: S3Server, painted: Path, tmp_path: Path
) -> None:
    build(tmp_path / "local", [painted])
    local, remote = Dataset.open(tmp_path / "local"), Dataset.open(s3.upload(tmp_path / "local", "streamed"))
    local_rows, stream = list(local.stream("train", seed=3)), remote.stream("train", seed=3)
    groups = len(remote._groups("train"))
    assert groups >= 3
    s3.requests.clear()
    first = [next(stream) for _ in range(4)]
    state = stream.state
    stream.close()
    assert first + list(remote.resume(state)) == local_rows
    whole = remote.stream("train", seed=3)
    s3.requests.clear()
    assert list(whole) == local_rows
    reads = [wanted for method, path, wanted in s3.requests if method == "GET" and "/data/" in path]
    assert len(reads) == groups and all(wanted.startswith("bytes=") for wanted in reads)
    assert s3.count("HEAD") == 0


def test_a_store_has_one_writer_at_a_time(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(leases, "LEASE_S", 1.0)
    collection = Collection(place(f"s3://{BUCKET}/busy"))
    refused = pytest.raises(LockedError, match="Another run is writing to s3://paintings/busy")
    with collection.writing(), refused, collection.writing():
        raise AssertionError
    with collection.writing():
        pass


@pytest.mark.parametrize(
    "owner",
    [
        {"host": socket.gethostname(), "pid": 2**22 + 1, "token": "x"},  # no process has this number
        {"host": "another machine", "pid": os.getpid(), "token": "x"},
    ],
)
def test_the_lock_of_a_writer_that_died_is_taken_over(
    s3: S3Server, owner: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "LEASE_S", 0.3)
    root = place(f"s3://{BUCKET}/left")
    (root / ".ppad" / "lock-000001").write_bytes(json.dumps(owner).encode())
    with Collection(root).writing():
        assert [name for name in s3.keys("left/.ppad/") if "lock" in name] == ["left/.ppad/lock-000002"]
    assert s3.keys("left/.ppad/") == {}


def test_of_several_who_create_an_object_one_does(s3: S3Server) -> None:
    target = place(f"s3://{BUCKET}/once")
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(lambda n: target.create(b"%d" % n), range(4))) == [False, False, False, True]


def test_requests_that_fail_are_tried_again(s3: S3Server, painted: Path) -> None:
    source = s3.upload(painted, "flaky")
    s3.fault = every(1, "503", times=3)
    assert len(Collection.open(source)) == 20
    s3.fault = every(1, "503", times=2)
    (source / "failures.jsonl").write_bytes(b"")
    s3.fault = sound
    assert s3.folder("flaky")["failures.jsonl"] == b""


def test_recordings_in_a_bucket_are_refused_before_anything_is_written(s3: S3Server, tmp_path: Path) -> None:
    with pytest.raises(LocalOnlyError, match=r"s3://films is in a store\. Copy it here first"):
        extract(["s3://films"], tmp_path / "collection")


def test_a_training_streams_from_a_bucket_and_goes_on_from_it_on_another_machine(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fixtures.trainings import loss_curve, train
    from ppad_model.runs import Run
    from ppad_model.training.devices import Machine
    from ppad_model.training.folder import RunFolder

    local = write_learnable(tmp_path / "dataset", {"pretrain": 10, "train": 10})
    write_sums(local)
    remote, run = s3.upload(local, "learned"), place(f"s3://{BUCKET}/run")
    streaming = Machine(memory_bytes=0, checkpoint_s=0.0)
    train(local, tmp_path / "run", streaming)
    sent, send = 0, RunFolder.send

    def dying(folder: RunFolder) -> None:
        nonlocal sent
        sent += 1
        if sent == 5:
            raise KeyboardInterrupt
        send(folder)

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "send", dying)
        with pytest.raises(KeyboardInterrupt):
            train(remote, run, streaming)
    assert s3.count("GET", "/learned/data/") > 0
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another machine"))
    train(remote, run, streaming)
    there = Mirror(run).pull()
    assert loss_curve(there) == loss_curve(tmp_path / "run")
    assert Run.open(run).digest() == Run.open(tmp_path / "run").digest()
    assert train(remote, run, streaming).was_done
    with pytest.raises(NotWritableError, match="s3://paintings/learned holds something else than a training"):
        train(remote, remote, streaming)
