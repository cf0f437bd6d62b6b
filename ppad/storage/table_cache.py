"""The row groups that were used last, within a bound on their bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict

import pyarrow as pa

from ppad.storage.shards import RowGroup


class TableCache:
    """Reads row groups and keeps those that were used last; safe for several threads.

    Args:
        max_bytes: bound on what is kept. A row group that is larger is read each time.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._tables: OrderedDict[tuple[RowGroup, tuple[str, ...]], pa.Table] = OrderedDict()
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
        table = group.read(columns)
        with self._lock:
            self._tables[key] = table
            while sum(kept.nbytes for kept in self._tables.values()) > self.max_bytes:
                self._tables.popitem(last=False)
        return table
