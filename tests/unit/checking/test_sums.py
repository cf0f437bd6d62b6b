"""`SHA256SUMS` of a folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ppad.errors import ContractError
from ppad.storage.sums import files_below, read_sums, write_sums


def test_every_file_but_hidden_working_files_is_listed_with_its_digest(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.bin").write_bytes(b"a")
    (tmp_path / "b.bin").write_bytes(b"b")
    (tmp_path / ".unfinished").touch()
    write_sums(tmp_path)
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in (("b.bin", b"b"), ("data/a.bin", b"a"))}
    assert (tmp_path / "SHA256SUMS").read_text() == "".join(f"{digest}  {name}\n" for name, digest in digests.items())
    assert read_sums(tmp_path) == digests
    assert files_below(tmp_path) == [".unfinished", "b.bin", "data/a.bin"]


def test_a_line_that_is_no_digest_is_named(tmp_path: Path) -> None:
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  a\nnothing\n")
    with pytest.raises(ContractError, match="SHA256SUMS line 2 is not 'digest  path'"):
        read_sums(tmp_path)


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="SHA256SUMS is missing or unreadable"):
        read_sums(tmp_path)


@pytest.mark.parametrize("name", ["../neighbour", "/etc/hostname", "data/../../neighbour", "./a", "a//b"])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  {name}\n")
    with pytest.raises(ContractError, match="SHA256SUMS line 1 names a place outside its folder"):
        read_sums(tmp_path)


def test_a_name_may_hold_what_some_take_for_the_end_of_a_line(tmp_path: Path) -> None:
    (tmp_path / "a\u2028b.txt").write_bytes(b"x")
    write_sums(tmp_path)
    assert list(read_sums(tmp_path)) == ["a\u2028b.txt"]
