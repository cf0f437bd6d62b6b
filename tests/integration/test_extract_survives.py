"""A run may be killed, starved of space or run twice: what it finished stays, and the next run gives what one run would."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fixtures.paintings import write_painting
from fixtures.runs import contents, extract
from ppad.errors import LockedError
from ppad.storage import Collection


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight short recordings, a duplicate, and one that is damaged."""
    folder = tmp_path_factory.mktemp("videos")
    for number in range(8):
        write_painting(folder / f"painting-{number}.mp4", cells=6 + number, frames_per_cell=4, size=(320, 240), seed=number)
    shutil.copy(folder / "painting-3.mp4", folder / "painting-3-copy.mp4")
    (folder / "broken.mp4").write_bytes(b"no recording")
    return folder


def _command(videos: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "ppad", "extract", str(videos), "--out", str(out), "--workers", "2"]


def _environment() -> dict[str, str]:
    return os.environ | {"SOURCE_DATE_EPOCH": "1767225600"}


@pytest.fixture(scope="module")
def unbroken(videos: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a run gives that nobody disturbs."""
    out = tmp_path_factory.mktemp("unbroken") / "collection"
    result = subprocess.run(_command(videos, out), env=_environment(), capture_output=True, check=False)
    assert result.returncode == 1  # the broken file
    return contents(out)


def test_a_run_killed_at_any_moment_resumes_to_the_same_bytes(videos: Path, unbroken: dict[str, bytes], tmp_path: Path) -> None:
    chance = random.Random(7)
    for attempt in range(3):
        out = tmp_path / f"collection-{attempt}"
        deadline = 0.4 + chance.random() * 2.2
        run = subprocess.Popen(_command(videos, out), env=_environment(), stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(deadline)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        again = subprocess.run(_command(videos, out), env=_environment(), capture_output=True, check=False)
        assert again.returncode == 1, again.stderr.decode()
        assert contents(out) == unbroken


def test_workers_leave_when_their_parent_is_killed(videos: Path, tmp_path: Path) -> None:
    import psutil

    run = subprocess.Popen(_command(videos, tmp_path / "collection"), env=_environment(), stderr=subprocess.DEVNULL)
    parent = psutil.Process(run.pid)
    workers: list[psutil.Process] = []
    for _ in range(100):
        workers = parent.children(recursive=True)
        if len(workers) >= 2:
            break
        time.sleep(0.05)
    assert workers
    run.kill()
    run.wait()
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert alive == []


def test_a_second_run_does_nothing_and_changes_nothing(videos: Path, tmp_path: Path, fixed_clock: None) -> None:
    out = tmp_path / "collection"
    first = extract([videos], out)
    before = contents(out)
    second = extract([videos], out)
    assert (len(first.done), len(second.done)) == (8, 0)
    assert sorted(item.reason for item in second.skipped) == ["done"] * 8 + [f"duplicate of {videos}/painting-3-copy.mp4"]
    assert contents(out) == before


def test_a_duplicate_is_reported_and_not_written_twice(videos: Path, tmp_path: Path) -> None:
    report = extract([videos], tmp_path / "collection")
    duplicates = [(Path(item.label).name, item.reason) for item in report.skipped]
    assert duplicates == [("painting-3.mp4", f"duplicate of {videos}/painting-3-copy.mp4")]


def test_worker_processes_write_the_same_bytes_as_this_process(
    videos: Path, tmp_path: Path, fixed_clock: None, unbroken: dict[str, bytes]
) -> None:
    extract([videos], tmp_path / "inline")
    assert contents(tmp_path / "inline") == unbroken


def test_other_settings_leave_a_process_alone_until_told_to_overwrite(videos: Path, tmp_path: Path) -> None:
    out, video = tmp_path / "collection", [videos / "painting-0.mp4"]
    extract(video, out)
    (process_id,) = Collection(out).ids()
    kept = extract(video, out, size=64)
    assert kept.skipped[0].reason == "done with other settings or metadata (--overwrite makes it again)"
    assert Collection(out).light_row(process_id)["width"] == 320
    extract(video, out, size=64, overwrite=True)
    assert Collection(out).light_row(process_id)["width"] == 64


def test_a_failure_goes_from_the_list_once_its_file_is_mended(videos: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "videos", tmp_path / "collection"
    folder.mkdir()
    (folder / "late.mp4").write_bytes(b"")
    assert extract([folder], out).exit_code == 2
    assert [failure["code"] for failure in Collection(out).failures()] == ["media-empty"]
    shutil.copy(videos / "painting-1.mp4", folder / "late.mp4")
    assert extract([folder], out).exit_code == 0
    assert Collection(out).failures() == []


def test_two_runs_cannot_write_to_one_collection(videos: Path, tmp_path: Path) -> None:
    out = tmp_path / "collection"
    with Collection(out).writing(), pytest.raises(LockedError, match="Another run is writing"):
        extract([videos / "painting-0.mp4"], out)
