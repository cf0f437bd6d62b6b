"""One writer at a time in a store that can create an object only where there is none.

A lock is an object `NAME-000001` that its holder writes again every `HEARTBEAT_S` seconds. Whoever finds one takes the place only
when it sees it unchanged for `LEASE_S` seconds, or knows that the holder died on this machine; it then creates the next number,
which only one of several can. No clock but one's own is asked. What is written is whole and named by its content, so that even a
holder that lost its lease unnoticed damages nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator

from ppad.errors import LockedError
from ppad.schema import json_value
from ppad.storage.remote import RemotePath

HEARTBEAT_S = 5.0
LEASE_S = 20.0

Owner = dict[str, str | int]


@contextlib.contextmanager
def lease(lock: RemotePath, busy: str, fix: str) -> Iterator[None]:
    """Hold the lock for the block.

    Args:
        busy, fix: the sentence and the remedy where another process holds it.

    Raises:
        LockedError: another process holds it.
    """
    lock.refuse_commits()
    owner: Owner = {"host": socket.gethostname(), "pid": os.getpid(), "token": secrets.token_hex(8)}
    number, *older = _generations(lock) or [0]
    if number and not _is_dead(_numbered(lock, number)):
        raise LockedError(busy, fix)
    mine = _numbered(lock, number + 1)
    first = _beat(owner, 0)
    # Where the answer to the creation was lost, it is tried again, and finds itself.
    if not mine.create(first) and _content(mine) != first:
        raise LockedError(busy, fix)
    for stale in (number, *older) if number else ():
        _numbered(lock, stale).unlink(missing_ok=True)
    stop = threading.Event()
    beating = threading.Thread(target=_keep_beating, args=(mine, owner, stop), name="ppad-lease", daemon=True)
    beating.start()
    try:
        yield
    finally:
        stop.set()
        beating.join()
        mine.unlink(missing_ok=True)


def _keep_beating(mine: RemotePath, owner: Owner, stop: threading.Event) -> None:
    beats = 0
    while not stop.wait(HEARTBEAT_S):
        beats += 1
        with contextlib.suppress(Exception):  # a store that fails now shows where results are written
            mine.write_bytes(_beat(owner, beats))


def _is_dead(lock: RemotePath) -> bool:
    """Whether the holder of a lock is gone: known at once on this machine, else after a lease without a beat."""
    before = _content(lock)
    if before is None or _died_here(before):
        return True
    end = time.monotonic() + LEASE_S
    while time.monotonic() < end:
        time.sleep(min(1.0, LEASE_S / 4))
        if _content(lock) != before:
            return _content(lock) is None
    return True


def _died_here(content: bytes) -> bool:
    try:
        owner = json_value(content.decode())
        if os.name != "posix" or owner["host"] != socket.gethostname():  # elsewhere, signal 0 is not harmless
            return False
        os.kill(int(owner["pid"]), 0)
    except ProcessLookupError:
        return True
    except (ValueError, KeyError, TypeError, OverflowError, OSError):
        return False
    return False


def _content(lock: RemotePath) -> bytes | None:
    try:
        return lock.read_bytes()
    except FileNotFoundError:
        return None


def _generations(lock: RemotePath) -> list[int]:
    """Numbers of the locks that there are, the newest first."""
    names = (name.removeprefix(f"{lock.name}-") for name in lock.parent.listed() if name.startswith(f"{lock.name}-"))
    return sorted((int(name) for name in names if name.isdecimal()), reverse=True)


def _numbered(lock: RemotePath, number: int) -> RemotePath:
    return lock.with_name(f"{lock.name}-{number:06d}")


def _beat(owner: Owner, beats: int) -> bytes:
    return json.dumps({**owner, "beats": beats}).encode()
