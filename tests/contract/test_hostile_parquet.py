"""Damaged and hostile Parquet files: the check ends in problems or in success, whatever the bytes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ppad.errors import PpadError
from ppad.media.images import decode_image
from ppad.schema import Problem
from ppad.storage import open_parquet
from ppad.storage.checking import check_parquet

GOLDEN = Path(__file__).parent / "golden" / "v1"
KINDS = ("process", "ratings", "dataset", "splits")
WHOLE = {kind: (GOLDEN / f"{kind}.parquet").read_bytes() for kind in KINDS}

quick = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])


def decoded_size(data: bytes, name: str) -> tuple[int, int]:
    height, width = decode_image(data, name=name).shape[:2]
    return width, height


def problems(folder: Path, data: bytes) -> list[Problem]:
    path = folder / "x.parquet"
    path.write_bytes(data)
    return check_parquet(path, path.name, decoded_size).problems


@quick
@given(kind=st.sampled_from(KINDS), share=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_short_is_always_a_problem(tmp_path: Path, kind: str, share: float) -> None:
    assert problems(tmp_path, WHOLE[kind][: int(share * len(WHOLE[kind]))])


@quick
@given(
    kind=st.sampled_from(KINDS),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=8),
)
def test_flipped_bits_never_escape_the_check(tmp_path: Path, kind: str, flips: list[tuple[float, int]]) -> None:
    data = bytearray(WHOLE[kind])
    for share, mask in flips:
        data[int(share * len(data))] ^= mask
    for problem in problems(tmp_path, bytes(data)):
        assert problem.message
        assert problem.fix


@quick
@given(kind=st.sampled_from(KINDS), share=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_flipped_bits_of_the_footer_never_escape_the_check(tmp_path: Path, kind: str, share: float, mask: int) -> None:
    data = bytearray(WHOLE[kind])
    footer = int.from_bytes(data[-8:-4], "little") + 8
    data[len(data) - 1 - int(share * footer)] ^= mask
    for problem in problems(tmp_path, bytes(data)):
        assert problem.message


@quick
@given(data=st.binary(max_size=200))
def test_bytes_that_are_no_parquet_are_always_a_problem(tmp_path: Path, data: bytes) -> None:
    assert problems(tmp_path, data)
    assert problems(tmp_path, b"PAR1" + data + len(data).to_bytes(4, "little") + b"PAR1")


def test_a_footer_that_claims_to_be_huge_is_a_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, b"PAR1" + b"\xff" * 64 + (0x7FFFFFFF).to_bytes(4, "little") + b"PAR1")


def test_a_few_bytes_that_stand_for_millions_of_rows_are_refused_before_they_are_read(tmp_path: Path) -> None:
    rows = pa.RecordBatch.from_arrays([pa.nulls(1 << 20, pa.int8())], ["zeros"])
    with pq.ParquetWriter(tmp_path / "x.parquet", rows.schema) as writer:
        for _ in range(16):
            writer.write_batch(rows, row_group_size=1 << 25)
    assert (tmp_path / "x.parquet").stat().st_size < 40_000
    with pytest.raises(PpadError, match="it claims 16,777,216 rows in"), open_parquet(tmp_path / "x.parquet"):
        pass


def test_a_flipped_bit_in_a_page_of_a_shard_is_found_by_its_checksum(tmp_path: Path) -> None:
    data = bytearray(WHOLE["dataset"])
    at = data.find(b"\xff\xd8\xff") + 200  # inside the first JPEG
    data[at] ^= 1
    (tmp_path / "x.parquet").write_bytes(data)
    with pytest.raises(PpadError, match="CRC"), open_parquet(tmp_path / "x.parquet") as file:
        file.read()
