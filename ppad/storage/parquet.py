"""Reading and writing Parquet: one place for the settings that make files small, portable and equal to the byte."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ppad.errors import ContractError, NotFoundError
from ppad.schema import FileMetadata, read_metadata
from ppad.storage.atomic import atomic_path
from ppad.storage.remote import RangeFile, RemotePath

MAX_METADATA_BYTES = 64 << 20
"""Bounds what a damaged footer may make the reader allocate."""
USUAL_ROWS, ROWS_PER_BYTE = 1_000_000, 64
"""A file has at most so many rows, and so many for each byte: the ids alone need more room."""


def writer_options(schema: pa.Schema) -> dict[str, Any]:
    """Compress what is text and numbers; leave encoded pictures as they are, without dictionary or statistics."""
    pictures = {f"{name}.bytes" for name in ("frames.list.element", "reference_image")}
    leaves = _leaf_paths(schema)
    return {
        "compression": {leaf: "NONE" if leaf in pictures else "ZSTD" for leaf in leaves},
        "use_dictionary": [leaf for leaf in leaves if leaf not in pictures],
        "write_statistics": [leaf for leaf in leaves if leaf not in pictures],
        "data_page_size": 1 << 20,
        "store_schema": True,
        "write_page_checksum": True,
    }


def write_rows(path: Path, rows: Sequence[dict[str, Any]], schema: pa.Schema) -> None:
    """Write rows as one Parquet file, atomically.

    Raises:
        DiskFullError, NotWritableError: the place refuses.
    """
    table = pa.Table.from_pylist(list(rows), schema=schema)
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, **writer_options(schema))


@dataclass(frozen=True, slots=True)
class Footer:
    """What was read of a file in a store before, so that it need not be asked for again: its size in bytes, and its footer."""

    size: int
    metadata: pq.FileMetaData


@contextlib.contextmanager
def open_parquet(path: Path, footer: Footer | None = None) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file; damage is named, whether it shows at the footer or while reading.

    Of a file in a store only what is asked for is read, by ranges.

    Args:
        footer: of the same file in a store, from an earlier reading.

    Raises:
        NotFoundError: there is no such file.
        ContractError: the file is damaged, or no Parquet.
    """
    source, metadata = _source(path, footer)
    try:
        with pq.ParquetFile(
            source,
            metadata=metadata,
            pre_buffer=source is not path,
            thrift_string_size_limit=MAX_METADATA_BYTES,
            thrift_container_size_limit=1_000_000,
            page_checksum_verification=True,
        ) as file:
            _refuse_bomb(file.metadata, source)
            yield file
    except (pa.ArrowException, OSError, ValueError, OverflowError, RuntimeError) as error:
        if isinstance(error, OSError) and error.errno is not None and not isinstance(error, pa.ArrowException):
            raise
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")[:200]
        fix = "Make it again, or remove it." if path.suffix == ".parquet" else "Give a Parquet file."
        raise ContractError(f"{path.name} is damaged or no Parquet file: {reason}.", fix) from error


def _source(path: Path, footer: Footer | None) -> tuple[Path | RangeFile, pq.FileMetaData | None]:
    """What pyarrow reads from, and the footer, if it is known."""
    if isinstance(path, RemotePath):
        if footer is not None:
            return RangeFile(path, footer.size), footer.metadata
        with contextlib.suppress(FileNotFoundError):
            return RangeFile(path, path.stat().st_size), None
    elif path.is_file():
        return path, None
    raise NotFoundError(f"There is no file {path}.", "Check the path.")


def _refuse_bomb(metadata: pq.FileMetaData, source: Path | RangeFile) -> None:
    """Refuse a file of a few bytes that stands for billions of rows: run-length coding knows no measure.

    Columns are not asked for theirs: damaged size statistics end the process when Arrow looks at a column's metadata.

    Raises:
        ValueError: it does.
    """
    size = source.stat().st_size if isinstance(source, Path) else source.size
    if metadata.num_rows > USUAL_ROWS + ROWS_PER_BYTE * size:
        raise ValueError(f"it claims {metadata.num_rows:,} rows in {size:,} bytes")


def only_row(file: pq.ParquetFile, columns: Sequence[str], name: str) -> dict[str, Any]:
    """The row of an open file that is to hold one; optional columns that it lacks are left out.

    Args:
        name: what the file is called in the message.

    Raises:
        ContractError: it holds none, or several.
    """
    rows = file.read(columns=list(columns), use_threads=False).to_pylist() if file.metadata.num_rows == 1 else []
    if len(rows) != 1:
        raise ContractError(f"{name} holds {file.metadata.num_rows} rows, not 1.", "Extract the process again.")
    row: dict[str, Any] = rows[0]
    return row


def file_metadata(path: Path) -> FileMetadata:
    """PPAD's metadata of a Parquet file, from its footer alone.

    Raises:
        NotFoundError, ContractError: see `open_parquet` and `read_metadata`.
    """
    with open_parquet(path) as file:
        return read_metadata(file.schema_arrow, path.name)


def _leaf_paths(schema: pa.Schema) -> list[str]:
    return [path for field in schema for path in _leaves(field.name, field.type)]


def _leaves(name: str, dtype: pa.DataType) -> list[str]:
    if pa.types.is_list(dtype):
        return _leaves(f"{name}.list.element", dtype.value_type)
    if pa.types.is_struct(dtype):
        return [leaf for i in range(dtype.num_fields) for leaf in _leaves(f"{name}.{dtype.field(i).name}", dtype.field(i).type)]
    return [name]
