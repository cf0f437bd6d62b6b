"""One writer at a time, on every system."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from ppad.errors import LockedError


@contextlib.contextmanager
def alone(lock_file: Path, busy: str, fix: str) -> Iterator[None]:
    """Hold a lock for the block; the lock of a process that died is free.

    Args:
        busy, fix: the sentence and the remedy where another process holds it.

    Raises:
        LockedError: another process holds it.
    """
    lock = FileLock(lock_file)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise LockedError(busy, fix) from error
    try:
        yield
    finally:
        lock.release()
