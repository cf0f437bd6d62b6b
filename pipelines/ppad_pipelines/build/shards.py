"""Writing one shard: its rows are read from the collections a row group at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ppad.errors import ContractError
from ppad.schema import PROCESS_SCHEMA
from ppad.stages import Job, Progress
from ppad.storage import atomic_path, open_parquet, writer_options
from ppad.storage.digests import sha256_of
from ppad.storage.remote import fetched


@dataclass(frozen=True, slots=True)
class Row:
    """A row to be written: the collection file it comes from, the digest the plan saw, and the columns a dataset adds."""

    path: Path
    sha256: str
    added: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ShardTask:
    """What a shard is made of."""

    target: Path
    row_groups: Sequence[Sequence[Row]]


@dataclass(frozen=True, slots=True)
class WriteShard:
    """The work on one shard.

    Attributes:
        schema: of the dataset, with its metadata.
        places: folders that all workers must see: where shards go, and where their rows are.
    """

    schema: pa.Schema
    places: tuple[Path, ...] = ()

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        task: ShardTask = job.payload
        # Checksums a page: a reader then names damage instead of handing out damaged pictures.
        options = {**writer_options(self.schema), "write_page_index": True, "write_page_checksum": True}
        with atomic_path(task.target) as temporary:
            with pq.ParquetWriter(temporary, self.schema, **options) as writer:
                for number, rows in enumerate(task.row_groups, start=1):
                    table = pa.concat_tables([self._table(row) for row in rows]).combine_chunks()
                    writer.write_table(table, row_group_size=len(table))
                    progress(number / len(task.row_groups))
            digest = sha256_of(temporary)
        return {"rows": sum(len(rows) for rows in task.row_groups), "sha256": digest}

    def _table(self, row: Row) -> pa.Table:
        with fetched(row.path) as copy:
            if sha256_of(copy) != row.sha256:
                raise ContractError(f"{row.path.name} changed while the dataset was being built.", "Run the same command again.")
            with open_parquet(copy) as file:
                table = file.read(columns=PROCESS_SCHEMA.names, use_threads=False)
        for name in self.schema.names:
            if name not in table.column_names:
                table = table.append_column(name, pa.array([row.added.get(name)], self.schema.field(name).type))
        return table.select(self.schema.names).cast(self.schema)
