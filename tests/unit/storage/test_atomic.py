"""Files that exist whole or not at all."""

from __future__ import annotations

import errno
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.faults import Disk
from ppad.errors import DiskFullError, NotWritableError
from ppad.storage.atomic import atomic_path, remove_leftovers, storage_errors, write_bytes, write_text


class InterruptionError(Exception):
    """Something that goes wrong half-way."""


def test_a_file_appears_under_its_name_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file.bin"
    with atomic_path(path) as temporary:
        temporary.write_bytes(b"half")
        assert not path.exists()
        assert temporary.parent == path.parent
    assert path.read_bytes() == b"half"
    assert list(path.parent.iterdir()) == [path]


def test_an_error_leaves_the_earlier_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(b"earlier")
    with pytest.raises(InterruptionError), atomic_path(path) as temporary:
        temporary.write_bytes(b"half of the new one")
        raise InterruptionError
    assert path.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "file.bin"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_text_is_written_as_it_is(tmp_path: Path) -> None:
    write_text(tmp_path / "t.txt", "Größe\r\nline\n")
    assert (tmp_path / "t.txt").read_bytes() == "Größe\r\nline\n".encode()


def test_bytes_replace_a_file(tmp_path: Path) -> None:
    for data in (b"one", b"two"):
        write_bytes(tmp_path / "b.bin", data)
    assert (tmp_path / "b.bin").read_bytes() == b"two"


def test_a_name_as_long_as_the_file_system_allows_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    write_bytes(path, b"x")
    assert path.read_bytes() == b"x"


def test_what_a_killed_run_left_half_made_is_removed_and_nothing_else(tmp_path: Path) -> None:
    kept = tmp_path / "castle.parquet"
    kept.touch()
    (tmp_path / ".tmp-0123456789abcdef-castle.parquet").touch()
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == [kept]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_lack_of_space_is_named_with_the_way_on(tmp_path: Path, number: int) -> None:
    with pytest.raises(DiskFullError) as caught, storage_errors(tmp_path):
        raise OSError(number, "refused")
    assert caught.value.message == f"No space is left for {tmp_path}; what was finished is safe."
    assert caught.value.fix == "Free space and run the same command to go on."


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, number: int) -> None:
    with pytest.raises(NotWritableError, match="cannot be written"), storage_errors(tmp_path):
        raise OSError(number, "refused")


def test_any_other_error_of_the_system_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="input/output") as caught, storage_errors(tmp_path):
        raise OSError(errno.EIO, "input/output")
    assert caught.value.errno == errno.EIO


def test_a_folder_that_is_a_file_is_named_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotWritableError, match="Choose another --out"):
        write_bytes(tmp_path / "file" / "inside.bin", b"x")


def test_a_disk_that_fills_up_keeps_what_was_finished_and_nothing_half_made(small_disk: Disk) -> None:
    small_disk.leave(1_000_000)
    folder = small_disk.place / "folder"
    write_bytes(folder / "first.bin", b"1" * 700_000)
    with pytest.raises(DiskFullError):
        write_bytes(folder / "second.bin", b"2" * 700_000)
    assert [path.name for path in folder.iterdir()] == ["first.bin"]
    assert (folder / "first.bin").stat().st_size == 700_000


LIMITED = """
import resource, signal, sys
from pathlib import Path
from ppad.errors import DiskFullError
from ppad.storage import write_bytes

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
folder = Path(sys.argv[1])
write_bytes(folder / "small.bin", b"1" * 90_000)
try:
    write_bytes(folder / "large.bin", b"2" * 110_000)
except DiskFullError as error:
    print(error.code, *sorted(path.name for path in folder.iterdir()))
"""


def test_a_file_over_the_quota_leaves_nothing_behind(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    found = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], check=True, capture_output=True, text=True)
    assert found.stdout.split() == ["disk-full", "small.bin"]
