"""CSV tables that people bring."""

from __future__ import annotations

import contextlib
import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppad.storage.tables import read_table

CELLS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=12)


def written(folder: Path, data: bytes) -> Path:
    (folder / "table.csv").write_bytes(data)
    return folder / "table.csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@given(rows=st.lists(st.tuples(CELLS, CELLS), max_size=4))
def test_what_a_spreadsheet_wrote_is_read(
    tmp_path_factory: pytest.TempPathFactory, delimiter: str, rows: list[tuple[str, str]]
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("first", "second"), *rows])
    names, found = read_table(written(tmp_path_factory.mktemp("t"), b"\xef\xbb\xbf" + text.getvalue().encode()))
    assert names == ["first", "second"]
    assert [(row["first"], row["second"]) for row in found] == rows


@given(st.binary(max_size=60))
def test_any_bytes_are_a_table_or_a_value_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    with contextlib.suppress(ValueError):
        names, rows = read_table(written(tmp_path_factory.mktemp("t"), data))
        assert all(set(row) <= {*names, None} for row in rows)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a,b\n\xff,1\n", "is not UTF-8 text"),
        (b'a,b\n"1,2\n', r"is not CSV: unexpected end of data \(line 1\)"),
        (b"a,b\n" + b"x" * 200_000 + b",1\n", "is not CSV: field larger than field limit"),
    ],
)
def test_what_is_no_table_is_said_after_its_name(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}"):
        read_table(written(tmp_path, data))


def test_an_encoding_that_there_is_not_is_a_lookup_error(tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        read_table(written(tmp_path, b"a"), "klingon")
