"""A training stream: rows in a shuffled order, read ahead in the background, resumable at any row."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from ppad.errors import ConfigError, ContractError
from ppad.schema import canonical_json, dataset_columns
from ppad.storage.order import stream_order
from ppad.storage.read_ahead import ItemsAhead, RowGroupsAhead
from ppad.storage.records import DatasetRecord, record_at
from ppad.storage.remote import RemotePath
from ppad.storage.shards import RowGroup

T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """All that determines the rest of a stream, apart from the dataset itself.

    Attributes:
        split: the split that is read.
        seed, epoch: another epoch is another order.
        rank, world: which of the machines or GPUs this is, and how many there are.
        worker, workers: which of the loading processes of a rank, and how many it has.
        window: row groups that neighbouring rows are drawn from; it bounds the memory.
        position: rows that were taken already.
        contents: what identifies the split's row groups; filled in when a stream begins.
    """

    split: str
    seed: int = 0
    epoch: int = 0
    rank: int = 0
    world: int = 1
    worker: int = 0
    workers: int = 1
    window: int = 4
    position: int = 0
    contents: str = ""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The state that `Stream.state` gave.

        Raises:
            ConfigError: it is no such state.
        """
        kinds = {field.name: (str if field.name in ("split", "contents") else int) for field in fields(cls)}
        if set(value) != set(kinds) or not all(type(value[name]) is kind for name, kind in kinds.items()):
            raise ConfigError("The state is not that of a stream.", "Pass what Stream.state gave, unchanged.")
        return cls(**value)

    def check(self) -> None:
        """Refuse numbers that no stream can have.

        Raises:
            ConfigError: one is out of its range.
        """
        for name, low in (("seed", 0), ("epoch", 0), ("position", 0), ("world", 1), ("workers", 1), ("window", 1)):
            if getattr(self, name) < low:
                raise ConfigError(f"{name} is {getattr(self, name)}.", f"It must be at least {low}.")
        for name, of in (("rank", "world"), ("worker", "workers")):
            if not 0 <= getattr(self, name) < getattr(self, of):
                raise ConfigError(f"{name} is {getattr(self, name)}.", f"With {of} {getattr(self, of)} it counts from 0.")


class Stream(Generic[T], Iterator[T]):
    """Iterates once over one consumer's rows of an epoch; made by `Dataset.stream`, `Dataset.resume` and `map`.

    A thread reads row groups ahead; it starts with the first row. An error of one row is raised in its turn, and the
    stream goes on with the next.

    Args:
        groups: the row groups of the split.
        attribute_ids: attributes that the dataset has scores for.
        state: where to begin.
        make: applied to each record.
        threads: how many run `make`; with 0 it runs when the item is asked for.
        rows: numbers of the rows within the split that take part, rising; None for all.

    Raises:
        ConfigError: the state, or a row, is out of range.
        ContractError: the state belongs to another dataset.
    """

    def __init__(
        self,
        groups: Sequence[RowGroup],
        attribute_ids: Sequence[str],
        state: StreamState,
        make: Callable[[DatasetRecord], T],
        threads: int = 0,
        rows: Sequence[int] | None = None,
    ) -> None:
        state.check()
        taking_part = _by_group(groups, rows)
        contents = _contents(groups, rows)
        if state.contents not in ("", contents):
            raise ContractError(f"The state is not of this dataset's split {state.split}.", "Begin the epoch again.")
        self._groups, self._attribute_ids = groups, attribute_ids
        self._state = replace(state, contents=contents)
        self._make, self._threads, self._rows = make, threads, rows
        self._group_of, row_of = stream_order(
            [len(numbers) for numbers in taking_part],
            seed=state.seed,
            epoch=state.epoch,
            consumer=state.rank * state.workers + state.worker,
            consumers=state.world * state.workers,
            window=state.window,
        )
        self._row_of = [int(taking_part[group][row]) for group, row in zip(self._group_of, row_of, strict=True)]
        if state.position > len(self):
            raise ConfigError(f"position is {state.position}, but the stream has {len(self)} rows.", "Begin the epoch again.")
        self._items: ItemsAhead[T] | None = None

    def __len__(self) -> int:
        """Rows of this consumer in the epoch, those already taken included."""
        return len(self._row_of)

    @property
    def numbers(self) -> list[int]:
        """Numbers within the split of this consumer's rows, (len,), in the order in which they come."""
        starts = np.cumsum([0, *(group.rows for group in self._groups)])
        return [int(starts[group]) + row for group, row in zip(self._group_of, self._row_of, strict=True)]

    @property
    def position(self) -> int:
        """Rows taken so far, those before a resumption included."""
        return self._state.position

    @property
    def state(self) -> dict[str, Any]:
        """A small JSON value from which `Dataset.resume` yields exactly the rows that are still to come."""
        return asdict(self._state)

    def map(self, function: Callable[[T], S], threads: int = 0) -> Stream[S]:
        """The rest of this stream with a function applied to each item; use the result in its place.

        Args:
            function: with threads, it must not depend on the order of its calls.
            threads: how many apply it, ahead of its use; with 0 it is applied when the item is asked for, which is right in
                a loading process that has one core. Decoding pictures gains from threads: Pillow lets them run side by side.

        Raises:
            ConfigError: threads is negative.
        """
        if threads < 0:
            raise ConfigError(f"threads is {threads}.", "It must be at least 0.")
        make = self._make
        return Stream(self._groups, self._attribute_ids, self._state, lambda record: function(make(record)), threads, self._rows)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        if self.position == len(self):
            self.close()
            raise StopIteration
        if self._items is None:
            self._items = self._start()
        item = self._items.next()
        self._state = replace(self._state, position=self.position + 1)
        return item()

    def close(self) -> None:
        """Stop reading ahead. Another item would start it again."""
        if self._items is not None:
            self._items.close()
            self._items = None

    def _start(self) -> ItemsAhead[T]:
        columns = list(dataset_columns(self._attribute_ids))
        groups, rows = self._group_of[self.position :].tolist(), self._row_of[self.position :]
        remote = any(isinstance(group.path, RemotePath) for group in self._groups[:1])
        return ItemsAhead(
            RowGroupsAhead(lambda group: self._groups[group].read(columns), groups, remote=remote),
            zip(groups, rows, strict=True),
            lambda table, row: self._make(record_at(table, row, self._attribute_ids)),
            self._threads,
        )


def _by_group(groups: Sequence[RowGroup], rows: Sequence[int] | None) -> list[NDArray[np.int64]]:
    """The positions within each row group of the rows that take part."""
    ends = np.cumsum([0, *(group.rows for group in groups)])
    if rows is None:
        return [np.arange(group.rows) for group in groups]
    numbers = np.asarray(rows, dtype=np.int64)
    if len(numbers) and (numbers[0] < 0 or numbers[-1] >= ends[-1] or (np.diff(numbers) <= 0).any()):
        raise ConfigError(
            "The rows that take part do not rise within the split.", f"Number them from 0 to {ends[-1] - 1}, each once."
        )
    bounds = np.searchsorted(numbers, ends)
    return [numbers[low:high] - end for low, high, end in zip(bounds, bounds[1:], ends, strict=False)]


def _contents(groups: Sequence[RowGroup], rows: Sequence[int] | None) -> str:
    """12 hexadecimal digits that change when the split is built anew from other processes, or other rows take part."""
    shape = [[group.path.name, group.rows, group.bytes] for group in groups]
    taking_part = [] if rows is None else [[int(row) for row in rows]]
    return hashlib.sha256(canonical_json([*shape, *taking_part]).encode()).hexdigest()[:12]
