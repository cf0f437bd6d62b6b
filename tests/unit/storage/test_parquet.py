"""Reading and writing Parquet."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fixtures.records import record
from ppad.errors import ContractError, NotFoundError
from ppad.schema import PROCESS_SCHEMA, FileMetadata, process_to_row, with_metadata
from ppad.storage import file_metadata, open_parquet, write_rows

SCHEMA = with_metadata(PROCESS_SCHEMA, "process", "0123456789ab")


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "castle.parquet"
    write_rows(path, [process_to_row(record(frame_count=40))], SCHEMA)
    return path


def test_metadata_is_read_from_the_footer(written: Path) -> None:
    found = file_metadata(written)
    assert isinstance(found, FileMetadata)
    assert (found.kind, found.contract_version, found.config_hash) == ("process", 1, "0123456789ab")


def test_pictures_are_kept_as_they_are_and_the_rest_is_compressed(written: Path) -> None:
    group = pq.ParquetFile(written).metadata.row_group(0)
    compression = {group.column(i).path_in_schema: group.column(i).compression for i in range(group.num_columns)}
    assert compression["frames.list.element.bytes"] == "UNCOMPRESSED"
    assert compression["reference_image.bytes"] == "UNCOMPRESSED"
    assert {kind for path, kind in compression.items() if not path.endswith(".bytes")} == {"ZSTD"}


def test_any_other_reader_opens_it(written: Path) -> None:
    assert pq.read_table(written).to_pylist() == [process_to_row(record(frame_count=40))]


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1PAR1", b"text " * 100, b"PAR1" + b"\xff" * 200 + b"PAR1"])
def test_what_is_no_parquet_file_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "odd.parquet"
    path.write_bytes(data)
    with pytest.raises(ContractError, match=r"^odd\.parquet is damaged or no Parquet file: "), open_parquet(path):
        pytest.fail("opened")


def test_damage_that_shows_while_reading_is_named_too(written: Path) -> None:
    data = bytearray(written.read_bytes())
    data[40:400] = b"\xff" * 360
    written.write_bytes(data)
    with pytest.raises(ContractError, match=r"castle\.parquet is damaged"), open_parquet(written) as file:
        file.read()


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="There is no file"), open_parquet(tmp_path / "gone.parquet"):
        pytest.fail("opened")


def test_a_parquet_file_of_another_program_is_named(tmp_path: Path) -> None:
    path = tmp_path / "foreign.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(ContractError, match=r"^foreign\.parquet does not say which contract it follows\."):
        file_metadata(path)


def test_an_error_of_the_reader_of_the_rows_is_not_called_damage(written: Path) -> None:
    with pytest.raises(FileNotFoundError), open_parquet(written):
        Path("/no/such/file").read_bytes()
