"""The row groups that were used last, within a bound on their bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future

import pyarrow as pa

from ppad.storage.shards import RowGroup

_Key = tuple[RowGroup, tuple[str, ...]]


class TableCache:
    """Reads row groups and keeps those that were used last; safe for several threads, which read each row group once.

    Args:
        max_bytes: bound on what is kept. A row group that is larger is read each time.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._tables: OrderedDict[_Key, pa.Table] = OrderedDict()
        self._reading: dict[_Key, Future[pa.Table]] = {}
        self._lock = threading.Lock()

    def table(self, group: RowGroup, columns: tuple[str, ...]) -> pa.Table:
        """These columns of a row group, from memory or from disk.

        Raises:
            NotFoundError, ContractError: the shard has gone, or is damaged.
        """
        key = (group, columns)
        with self._lock:
            if key in self._tables:
                self._tables.move_to_end(key)
                return self._tables[key]
            others = self._reading.get(key)
            mine: Future[pa.Table] = self._reading.setdefault(key, Future())
        if others is not None:
            return others.result()
        try:
            table = group.read(columns)
        except BaseException as error:
            with self._lock:
                del self._reading[key]
            mine.set_exception(error)
            raise
        with self._lock:
            del self._reading[key]
            self._tables[key] = table
            while sum(kept.nbytes for kept in self._tables.values()) > self.max_bytes:
                self._tables.popitem(last=False)
        mine.set_result(table)
        return table
