"""Reading ahead: row groups in one thread, what is made of their rows in others, so that training waits for neither."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

import pyarrow as pa

from ppad.storage.order import Indices

GROUPS_AHEAD = 2
"""Row groups being read, or waiting, before their first row is wanted."""
RECORDS_AHEAD = 2
"""Records made before they are asked for, beyond one a thread."""

T = TypeVar("T")


class RecordsAhead(Generic[T]):
    """Makes the items of a stream in threads, in order, a few ahead."""

    def __init__(
        self, window: RowGroupsAhead, groups: Indices, rows: Indices, make: Callable[[pa.Table, int], T], threads: int
    ) -> None:
        self._window = window
        self._make = make
        self._upcoming = zip(groups.tolist(), rows.tolist(), strict=True)
        self._pool = ThreadPoolExecutor(threads, "ppad-make")
        self._ahead: deque[Future[T]] = deque()
        for _ in range(threads + RECORDS_AHEAD):
            self._submit()

    def next(self) -> Future[T]:
        self._submit()
        return self._ahead.popleft()

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._window.close()

    def _submit(self) -> None:
        upcoming = next(self._upcoming, None)
        if upcoming is not None:
            group, row = upcoming
            self._ahead.append(self._pool.submit(self._make_one, self._window.take(group), row))

    def _make_one(self, table: Future[pa.Table], row: int) -> T:
        return self._make(table.result(), row)


class RowGroupsAhead:
    """The row groups that are open: read in a thread, a few before their first row, dropped after their last.

    Args:
        read: reads a row group.
        groups: the row group of each row to come, in order; `take` is called once for each.
    """

    def __init__(self, read: Callable[[int], pa.Table], groups: Indices) -> None:
        self._read = read
        self._rows_left = Counter(groups.tolist())
        self._upcoming = iter(list(self._rows_left))  # a Counter keeps the order in which it met its keys
        self._waiting: dict[int, Future[pa.Table]] = {}
        self._open: dict[int, Future[pa.Table]] = {}
        self._reader = ThreadPoolExecutor(1, "ppad-read")
        for _ in range(GROUPS_AHEAD):
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
