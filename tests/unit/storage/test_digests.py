"""Content digests of inputs, and when they are read again."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ppad.errors import EmptyFileError, UnreadableMediaError
from ppad.storage import DigestCache
from ppad.storage.digests import sha256_of


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "video.mp4"
    path.write_bytes(b"content")
    return path


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    (tmp_path / "large.bin").write_bytes(data)
    assert sha256_of(tmp_path / "large.bin") == digest(data)


def test_a_second_run_does_not_read_the_file_again(video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "digests.jsonl"
    first = DigestCache(file).sha256(video)
    monkeypatch.setattr("ppad.storage.digests.sha256_of", lambda path: pytest.fail("read again"))
    assert DigestCache(file).sha256(video) == first == digest(b"content")


def test_a_file_of_another_size_is_read_again(video: Path, tmp_path: Path) -> None:
    cache = DigestCache(tmp_path / "digests.jsonl")
    cache.sha256(video)
    video.write_bytes(b"other content")
    assert cache.sha256(video) == digest(b"other content")


def test_a_file_of_the_same_size_that_was_written_later_is_read_again(video: Path, tmp_path: Path) -> None:
    cache = DigestCache(tmp_path / "digests.jsonl")
    cache.sha256(video)
    video.write_bytes(b"CONTENT")
    os.utime(video, ns=(0, video.stat().st_mtime_ns + 1))
    assert cache.sha256(video) == digest(b"CONTENT")


def test_the_last_note_on_a_file_counts(video: Path, tmp_path: Path) -> None:
    file = tmp_path / "digests.jsonl"
    DigestCache(file).sha256(video)
    video.write_bytes(b"other content")
    DigestCache(file).sha256(video)
    assert DigestCache(file).sha256(video) == digest(b"other content")


@pytest.mark.parametrize("garbage", ['["/videos/a.mp4", 12, 3', "[1, 2]", "{}", "7", "null", "\x00\xff", ""])
def test_a_line_that_a_kill_cut_short_is_ignored(video: Path, tmp_path: Path, garbage: str) -> None:
    file = tmp_path / "digests.jsonl"
    known = json.dumps([str(video.resolve()), 7, video.stat().st_mtime_ns, "f" * 64])
    file.write_text(f"{known}\n{garbage}", encoding="latin-1")
    assert DigestCache(file).sha256(video) == "f" * 64


def test_what_is_noted_after_a_line_cut_short_is_read_by_the_next_run(video: Path, tmp_path: Path) -> None:
    file = tmp_path / "digests.jsonl"
    file.write_text('["/videos/a.mp4", 12, 3')
    DigestCache(file).sha256(video)
    assert digest(b"content") in [json.loads(line)[3] for line in file.read_text().splitlines()[1:]]


def test_a_place_that_refuses_the_notes_does_not_stop_a_run(video: Path, tmp_path: Path) -> None:
    """A folder stands where the file should be: what is read is not remembered, and that is all."""
    cache = DigestCache(tmp_path / "digests.jsonl")
    (tmp_path / "digests.jsonl").mkdir()
    assert cache.sha256(video) == digest(b"content")


def test_a_dry_run_remembers_nothing_on_disk(video: Path, tmp_path: Path) -> None:
    file = tmp_path / "new" / "digests.jsonl"
    assert DigestCache(file, remember=False).sha256(video) == digest(b"content")
    assert not file.parent.exists()


def test_eight_threads_leave_one_whole_line_a_file(tmp_path: Path) -> None:
    videos = [tmp_path / f"{number}.mp4" for number in range(40)]
    for number, path in enumerate(videos):
        path.write_bytes(bytes([number + 1]))
    cache = DigestCache(tmp_path / "digests.jsonl")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(cache.sha256, videos))
    lines = [json.loads(line) for line in (tmp_path / "digests.jsonl").read_text().splitlines() if line]
    assert sorted(line[0] for line in lines) == sorted(str(path.resolve()) for path in videos)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(EmptyFileError, match=r"^empty\.mp4 is empty\. Copy it again from where it was recorded\.$"):
        DigestCache(tmp_path / "digests.jsonl").sha256(tmp_path / "empty.mp4")


@pytest.mark.parametrize("name", ["gone.mp4", "."])
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableMediaError, match="cannot be read"):
        DigestCache(tmp_path / "digests.jsonl").sha256(tmp_path / name)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(UnreadableMediaError, match="cannot be read: it is a folder, a pipe"):
        sha256_of(tmp_path / "pipe.mp4")
