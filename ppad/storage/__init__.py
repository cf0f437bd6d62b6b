"""Collections and datasets on disk: written whole or not at all, opened lazily, read column by column."""

from ppad.storage.atomic import atomic_path, storage_errors, write_bytes, write_text
from ppad.storage.clock import timestamp
from ppad.storage.collection import Collection, Trace
from ppad.storage.dataset import Dataset
from ppad.storage.digests import DigestCache
from ppad.storage.parquet import file_metadata, open_parquet, write_rows, writer_options
from ppad.storage.records import DatasetRecord
from ppad.storage.stream import Stream

__all__ = [
    "Collection",
    "Dataset",
    "DatasetRecord",
    "DigestCache",
    "Stream",
    "Trace",
    "atomic_path",
    "file_metadata",
    "open_parquet",
    "storage_errors",
    "timestamp",
    "write_bytes",
    "write_rows",
    "write_text",
    "writer_options",
]
