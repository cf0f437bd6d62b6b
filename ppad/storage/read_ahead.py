"""Reading ahead: row groups in one thread, what is made of their rows in others, so that training waits for neither."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Generic, TypeVar

import pyarrow as pa

GROUPS_AHEAD = 2
"""Row groups being read, or waiting, before their first row is wanted."""
REMOTE_GROUPS_AHEAD = 4
"""The same for a store, where they are read side by side: one connection is slower than a store can send."""
ITEMS_AHEAD = 2
"""Items made before they are asked for, beyond one a thread."""

T = TypeVar("T")


class ItemsAhead(Generic[T]):
    """Makes the items of a stream in order, a few ahead in threads.

    Args:
        row_groups: gives the tables of the rows.
        places: row group, and position within it, of each row to come.
        make: makes an item of a row of a table.
        threads: how many run `make`; with 0 it runs when the item is asked for.
    """

    def __init__(
        self, row_groups: RowGroupsAhead, places: Iterable[tuple[int, int]], make: Callable[[pa.Table, int], T], threads: int
    ) -> None:
        self._row_groups = row_groups
        self._make = make
        self._places = iter(places)
        self._pool = ThreadPoolExecutor(threads, "ppad-make") if threads else None
        self._ahead: deque[Callable[[], T]] = deque()
        for _ in range(threads + ITEMS_AHEAD if threads else 0):
            self._begin()

    def next(self) -> Callable[[], T]:
        """What gives the next item, or raises the error of making it. Call it once for each place."""
        self._begin()
        return self._ahead.popleft()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._row_groups.close()

    def _begin(self) -> None:
        place = next(self._places, None)
        if place is not None:
            group, row = place
            make = partial(self._make_one, self._row_groups.take(group), row)
            self._ahead.append(make if self._pool is None else self._pool.submit(make).result)

    def _make_one(self, table: Future[pa.Table], row: int) -> T:
        return self._make(table.result(), row)


class RowGroupsAhead:
    """The row groups that are open: read in a thread, a few before their first row, dropped after their last.

    Args:
        read: reads a row group.
        groups: the row group of each row to come, in order; `take` is called once for each.
        remote: they are read from a store.
    """

    def __init__(self, read: Callable[[int], pa.Table], groups: Sequence[int], *, remote: bool = False) -> None:
        self._read = read
        self._rows_left = Counter(groups)
        self._upcoming = iter(list(self._rows_left))  # a Counter keeps the order in which it met its keys
        self._waiting: dict[int, Future[pa.Table]] = {}
        self._open: dict[int, Future[pa.Table]] = {}
        ahead, threads = (REMOTE_GROUPS_AHEAD, REMOTE_GROUPS_AHEAD) if remote else (GROUPS_AHEAD, 1)
        self._reader = ThreadPoolExecutor(threads, "ppad-read")
        for _ in range(ahead):
            self._read_ahead()

    def take(self, group: int) -> Future[pa.Table]:
        """The table that holds the next row."""
        if group in self._waiting:
            self._open[group] = self._waiting.pop(group)
            self._read_ahead()
        self._rows_left[group] -= 1
        return self._open[group] if self._rows_left[group] else self._open.pop(group)

    def close(self) -> None:
        self._reader.shutdown(wait=False, cancel_futures=True)

    def _read_ahead(self) -> None:
        group = next(self._upcoming, None)
        if group is not None:
            self._waiting[group] = self._reader.submit(self._read, group)
