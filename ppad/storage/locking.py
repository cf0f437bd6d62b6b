"""One writer at a time, on every system and in every store that can see to it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from ppad.errors import LockedError
from ppad.storage.leases import lease
from ppad.storage.remote import RemotePath


@contextlib.contextmanager
def alone(lock_file: Path, busy: str, fix: str) -> Iterator[None]:
    """Hold a lock for the block; the lock of a process that died is free.

    Args:
        busy, fix: the sentence and the remedy where another process holds it.

    Raises:
        LockedError: another process holds it.
    """
    if isinstance(lock_file, RemotePath):
        with lease(lock_file, busy, fix):
            yield
        return
    lock = FileLock(lock_file)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise LockedError(busy, fix) from error
    try:
        yield
    finally:
        lock.release()
