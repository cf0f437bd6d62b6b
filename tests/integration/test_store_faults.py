"""A store that fails now and then, for good, or slowly; and what is lost on the way there and back: nothing."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import s3fs
from botocore.retries.standard import ExponentialBackoff

from fixtures.faults import Disk, ppad
from fixtures.runs import contents
from fixtures.s3 import BUCKET, S3Server, every, running_s3, sound
from ppad.cli.progress import RunView
from ppad.errors import LockedError, NetworkError, PpadError
from ppad.stages import InProcess
from ppad.storage import Collection, Dataset, leases, remote, write_text
from ppad.storage.mirror import Mirror
from ppad.storage.remote import place
from ppad_pipelines.build.config import BuildConfig
from ppad_pipelines.build.run import Outcome, run_build
from tests.unit.build.samples import record, write_collection

SMALL = BuildConfig(shard_mb=0.1, row_group_mb=0.04, licence="CC-BY-4.0")


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with running_s3() as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.01)
        config: dict[str, Any] = {"connect_timeout": 2, "read_timeout": 0.5, "retries": {"max_attempts": 5, "mode": "standard"}}
        patch.setattr(remote, "_S3_OPTIONS", {"config_kwargs": config})
        yield server


@pytest.fixture(autouse=True)
def mended(s3: S3Server) -> Iterator[None]:
    yield
    s3.fault = sound


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = [record(f"real{n:02}", artist_id=f"artist-{n}") for n in range(10)]
    return write_collection(tmp_path_factory.mktemp("painted") / "painted", records)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory, painted: Path) -> Path:
    """The dataset of it on a disk."""
    out = tmp_path_factory.mktemp("local") / "dataset"
    assert build(out, painted).published
    return out


def build(out: Path, collection: Path) -> Outcome:
    return run_build([collection], out, [], SMALL, InProcess(), partial(RunView, quiet=True))


@pytest.mark.parametrize("fault", ["500", "503", "reset", "lost", "cut", "hang"])
def test_a_store_that_fails_now_and_then_changes_nothing(fault: str, s3: S3Server, painted: Path, local: Path) -> None:
    source, out = s3.upload(painted, f"{fault}-painted"), place(f"s3://{BUCKET}/{fault}-built")
    s3.fault = every(15 if fault == "hang" else 5, fault)
    assert build(out, source).published
    rows = [found.process.process_id for found in Dataset.open(out).stream("train", seed=3)]
    mirrored = Mirror(out).pull()
    s3.fault = sound
    assert s3.folder(f"{fault}-built") == contents(local) == contents(mirrored)
    assert rows == [found.process.process_id for found in Dataset.open(local).stream("train", seed=3)]
    assert not [key for key in s3.keys("") if "lock" in key]


def test_the_answer_to_a_lock_that_is_lost_is_no_other_writer(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(leases, "LEASE_S", 1.0)
    collection = Collection(place(f"s3://{BUCKET}/lost-lock"))
    s3.fault = every(1, "lost", "PUT", "lock-", times=1)
    with collection.writing():
        s3.fault = sound
        with pytest.raises(LockedError), Collection(collection.root).writing():
            raise AssertionError
    assert s3.keys("lost-lock/.ppad/") == {}


@pytest.mark.parametrize("fault", ["500", "reset"])
def test_a_store_that_stays_away_is_named_and_the_same_command_goes_on_later(
    fault: str, s3: S3Server, painted: Path, local: Path
) -> None:
    name = f"{fault}-away"
    line = "build {painted} --out {out} --shard-mb 0.1 --row-group-mb 0.04 --licence CC-BY-4.0 --on inline"
    s3.fault = every(1, fault, "PUT", "/data/")
    said = ppad(line, painted=painted, out=Path(f"s3://{BUCKET}/{name}"))
    assert said.code in (1, 2)
    assert "[store-unreachable]" in said.text and "run the same command to go on" in said.text
    assert "unexpected" not in said.text
    with pytest.raises(PpadError, match=r"not finished|not a dataset"):
        Dataset.open(place(f"s3://{BUCKET}/{name}"))
    s3.fault = sound
    assert ppad(line, painted=painted, out=Path(f"s3://{BUCKET}/{name}")).code == 0
    assert s3.folder(name) == contents(local)


def test_a_store_that_accepts_connections_and_keeps_silent_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "SILENCE_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        s3fs.S3FileSystem.clear_instance_cache()
        target = place(f"s3://{BUCKET}/silent")
        for send in (lambda: target.write_bytes(b"x"), lambda: target.create(b"x"), lambda: write_text(target, "x")):
            with pytest.raises(NetworkError, match="does not answer"):
                send()
    s3fs.S3FileSystem.clear_instance_cache()


def test_a_check_that_loses_its_store_says_that_and_nothing_of_the_files(s3: S3Server, local: Path) -> None:
    s3.upload(local, "unchecked")
    s3.fault = every(1, "500", "GET", "/data/")
    said = ppad("check {dataset} --on inline", dataset=Path(f"s3://{BUCKET}/unchecked"))
    assert (said.code, "[store-unreachable]" in said.text) == (2, True)
    assert "lacks" not in said.text and "is in no shard" not in said.text
    s3.fault = sound
    assert ppad("check {dataset} --on inline", dataset=Path(f"s3://{BUCKET}/unchecked")).code == 0


def test_a_full_temporary_folder_is_named(s3: S3Server, painted: Path, small_disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk.place))
    small_disk.leave(8_000)
    said = ppad("build {painted} --out {out} --on inline", painted=painted, out=Path(f"s3://{BUCKET}/no-room"))
    assert said.code in (1, 2) and "[disk-full]" in said.text
    small_disk.clear()
    assert ppad("build {painted} --out {out} --on inline", painted=painted, out=Path(f"s3://{BUCKET}/no-room")).code == 0
