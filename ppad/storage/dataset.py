"""A dataset on disk: its columns as tables, one process at random, or a shuffled stream for training."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ppad.errors import ContractError, NotFoundError
from ppad.schema import dataset_columns
from ppad.storage.checking import rubric_scales
from ppad.storage.parquet import open_parquet
from ppad.storage.records import DatasetRecord, record_at
from ppad.storage.remote import RemotePath, place, side_by_side
from ppad.storage.shards import RowGroup, Shard, attribute_ids, find_shards, read_footer
from ppad.storage.stream import Stream, StreamState
from ppad.storage.table_cache import TableCache

PICTURE_COLUMNS = ("frames", "reference_image")
CACHE_BYTES = 256 << 20


class Dataset:
    """The folder that `ppad build` writes and training reads. Opening it reads file names; footers and rows follow on demand.

    Rows are numbered from 0 over all splits in the order of `splits`, then shard by shard. A dataset may be used from
    several threads, and pickles to other processes without what it has cached.

    Args:
        root: the folder, local or in a store.
        cache_bytes: bound on the row groups that random access keeps in memory.

    Raises:
        NotFoundError: the folder is not a dataset.
        ContractError: a shard is missing.
    """

    def __init__(self, root: Path, cache_bytes: int = CACHE_BYTES) -> None:
        self.root = place(root)
        self._cache = TableCache(cache_bytes)
        self._files = find_shards(self.root)
        self._footers: dict[str, list[Shard]] = {}

    @classmethod
    def open(cls, root: str | Path, cache_bytes: int = CACHE_BYTES) -> Dataset:
        """An existing dataset; see the class for arguments and errors."""
        return cls(place(root), cache_bytes)

    def __reduce__(self) -> tuple[type[Dataset], tuple[Path, int]]:
        return Dataset, (self.root, self._cache.max_bytes)

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits that there are."""
        return tuple(self._files)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the files."""
        return tuple(self._first_schema.names)

    @cached_property
    def attribute_ids(self) -> tuple[str, ...]:
        """The attributes that there are scores for, in the rubric's order."""
        return attribute_ids(self._first_schema)

    @cached_property
    def metadata(self) -> dict[str, str]:
        """What the files say of themselves: contract, rubric, scales, settings; a `notice`, if a producer insists on one."""
        raw: dict[bytes, bytes] = self._first_schema.metadata or {}
        texts = {key.decode("utf-8", "replace"): value.decode("utf-8", "replace") for key, value in raw.items()}
        return {name.removeprefix("ppad."): text for name, text in texts.items() if name.startswith("ppad.")}

    @cached_property
    def scales(self) -> dict[str, tuple[int, int]]:
        """Lowest and highest score of each attribute, as the files say it; empty where they do not.

        Raises:
            ContractError: what they say is damaged.
        """
        return rubric_scales(self._first_schema) or {}

    def __len__(self) -> int:
        """Rows over all splits."""
        return sum(self.count(split) for split in self.splits)

    def count(self, split: str) -> int:
        """Rows of a split.

        Raises:
            NotFoundError: there is no such split.
            ContractError: a shard is damaged or breaks the contract.
        """
        return sum(group.rows for group in self._groups(split))

    def table(self, split: str | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """Columns of a split, or of all, as one Arrow table; by default all but the pictures, which are then not read.

        Raises:
            NotFoundError: there is no such split or column.
            ContractError: a shard is damaged or breaks the contract.
        """
        names = [name for name in self.columns if name not in PICTURE_COLUMNS] if columns is None else list(columns)
        self._refuse_unknown(names)
        shards = [shard for name in (self.splits if split is None else (split,)) for shard in self._shards(name)]

        def columns_of(shard: Shard) -> pa.Table:
            with open_parquet(shard.path, shard.footer) as file:
                return file.read(columns=names, use_threads=False).select(names)

        return pa.concat_tables(side_by_side(columns_of, shards, remote=isinstance(self.root, RemotePath)))

    def ids(self, split: str | None = None) -> list[str]:
        """Ids of the processes, in the order of the rows.

        Raises:
            NotFoundError, ContractError: as `table`.
        """
        found: list[str] = self.table(split, ["process_id"])["process_id"].to_pylist()
        return found

    def __iter__(self) -> Iterator[DatasetRecord]:
        """Every row in stored order; for training, `stream` is faster and shuffles."""
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> DatasetRecord:
        """One process with its scores, by the number of its row; a negative one counts from the end.

        Raises:
            NotFoundError: there is no such row.
            ContractError: its shard is damaged or breaks the contract.
        """
        group, row = self._locate(index)
        return record_at(self._cache.table(group, tuple(dataset_columns(self.attribute_ids))), row, self.attribute_ids)

    def read(self, process_id: str) -> DatasetRecord:
        """One process with its scores, by its id.

        Raises:
            NotFoundError: no process has this id.
            ContractError: its shard is damaged or breaks the contract.
        """
        return self[self.index_of(process_id)]

    def row(self, index: int, columns: Sequence[str]) -> dict[str, Any]:
        """Some columns of one row, as plain values; no other column is read.

        Raises:
            NotFoundError: there is no such row or column.
            ContractError: its shard is damaged or breaks the contract.
        """
        self._refuse_unknown(columns)
        group, row = self._locate(index)
        values: dict[str, Any] = self._cache.table(group, tuple(columns)).slice(row, 1).to_pylist()[0]
        return values

    def index_of(self, process_id: str) -> int:
        """The number of a process's row.

        Raises:
            NotFoundError: no process has this id.
        """
        try:
            return self._index_by_id[process_id]
        except KeyError:
            raise NotFoundError(f"{self.root} has no process {process_id!r}.", "Dataset.ids() lists them.") from None

    def stream(
        self,
        split: str,
        *,
        seed: int = 0,
        epoch: int = 0,
        rank: int = 0,
        world: int = 1,
        worker: int = 0,
        workers: int = 1,
        window: int = 4,
        rows: Sequence[int] | None = None,
    ) -> Stream[DatasetRecord]:
        """The rows of a split in shuffled order, each once over all ranks and their workers.

        Args:
            seed, epoch: at least 0; another epoch is another order.
            rank, world: which of the machines or GPUs this is, and how many there are.
            worker, workers: which of the loading processes of a rank, and how many it has.
            window: row groups that neighbouring rows are drawn from; memory holds two more than that, four of a store's.
            rows: numbers of the rows within the split that take part, rising from 0; None for all.

        Raises:
            NotFoundError: there is no such split.
            ConfigError: a number is out of range.
            ContractError: a shard is damaged or breaks the contract.
        """
        state = StreamState(
            split=split, seed=seed, epoch=epoch, rank=rank, world=world, worker=worker, workers=workers, window=window
        )
        return self._stream(state, rows)

    def resume(self, state: Mapping[str, Any], rows: Sequence[int] | None = None) -> Stream[DatasetRecord]:
        """The rest of a stream whose `state` was kept.

        Args:
            rows: those that the stream was given.

        Raises:
            NotFoundError: there is no such split.
            ConfigError: this is not the state of a stream.
            ContractError: the dataset, or the rows, are not those that the state was taken from, or the dataset is damaged.
        """
        return self._stream(StreamState.from_json(state), rows)

    def _stream(self, state: StreamState, rows: Sequence[int] | None) -> Stream[DatasetRecord]:
        return Stream(self._groups(state.split), self.attribute_ids, state, lambda record: record, rows=rows)

    @cached_property
    def _first_schema(self) -> pa.Schema:
        return read_footer(self._files[self.splits[0]][0]).schema

    @cached_property
    def _index_by_id(self) -> dict[str, int]:
        return {process_id: index for index, process_id in enumerate(self.ids())}

    @cached_property
    def _all_groups(self) -> tuple[list[RowGroup], np.ndarray[Any, Any]]:
        """The row groups of all splits, and the number of the row after the last of each."""
        groups = [group for split in self.splits for group in self._groups(split)]
        return groups, np.cumsum([group.rows for group in groups])

    def _shards(self, split: str) -> list[Shard]:
        if split not in self._files:
            raise NotFoundError(f"{self.root} has no split {split!r}.", f"It has: {', '.join(self.splits)}.")
        if split not in self._footers:
            shards = side_by_side(read_footer, self._files[split], remote=isinstance(self.root, RemotePath))
            _refuse_mixture(shards, self._first_schema)
            self._footers[split] = shards
        return self._footers[split]

    def _groups(self, split: str) -> list[RowGroup]:
        return [group for shard in self._shards(split) for group in shard.groups]

    def _locate(self, index: int) -> tuple[RowGroup, int]:
        groups, ends = self._all_groups
        total = int(ends[-1]) if groups else 0
        if not -total <= index < total:
            raise NotFoundError(f"{self.root} has no row {index}.", f"Rows run from 0 to {total - 1}.")
        place = index % total
        number = int(np.searchsorted(ends, place, side="right"))
        return groups[number], place - int(ends[number]) + groups[number].rows

    def _refuse_unknown(self, columns: Sequence[str]) -> None:
        for name in columns:
            if name not in self.columns:
                close = difflib.get_close_matches(name, self.columns, n=1)
                fix = f"Did you mean {close[0]!r}?" if close else "Dataset.columns lists them."
                raise NotFoundError(f"{self.root} has no column {name!r}.", fix)


def _refuse_mixture(shards: Sequence[Shard], schema: pa.Schema) -> None:
    """All shards must have the same columns: scores, or a lab's own column, may not stop half-way."""
    for shard in shards:
        if not shard.schema.equals(schema):
            raise ContractError(
                f"{shard.path.name} has other columns than the first shard.", "Build the dataset again: ppad build"
            )
