"""Files that exist whole or not at all, and the errors of the place they are written to."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from ppad.errors import DiskFullError, NotWritableError, StorageError
from ppad.storage.remote import RemotePath, uploading

TEMP_PREFIX = ".tmp-"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)
_IN_THE_WAY = (errno.ENOTDIR, errno.ENOENT, errno.EEXIST)
_TEMP_NAME = re.compile(r"\.tmp-[0-9a-f]{16}-.")


@contextlib.contextmanager
def storage_errors(place: Path) -> Iterator[None]:
    """Turn the operating system's refusals to write into sentences with a fix."""
    try:
        yield
    except OSError as error:
        named = storage_error(error, place)
        if named is None:
            raise
        raise named from error


def storage_error(error: OSError, place: Path) -> StorageError | None:
    """The named error for a full or read-only place; None for anything else."""
    if error.errno in _FULL:
        return DiskFullError(
            f"No space is left for {place}; what was finished is safe.", "Free space and run the same command to go on."
        )
    if error.errno in _REFUSED:
        return NotWritableError(f"{place} cannot be written.", "Choose another --out: a folder that can be written.")
    return None


def unforeseen_refusal(error: OSError) -> StorageError | None:
    """The named error for a refusal that only writing meets, wherever it came from; None for anything else."""
    if error.errno in (*_FULL, errno.EROFS):
        return storage_error(error, Path(error.filename or "what is written"))
    return None


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, where they do not exist yet.

    Raises:
        DiskFullError, NotWritableError: the place refuses, or a file is in the way.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in _IN_THE_WAY:
            raise NotWritableError(f"{folder} cannot be a folder.", "Choose another --out: a file is in the way.") from error
        with storage_errors(folder):
            raise


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, flushed to disk and renamed to it at the end, removed if the block fails.

    In a store the temporary path is local, and sent as one object at the end.

    Raises:
        DiskFullError, NotWritableError: the place refuses.
    """
    if isinstance(path, RemotePath):
        with uploading(path) as temporary, storage_errors(temporary):
            yield temporary
        return
    with storage_errors(path):
        make_folder(path.parent)
        temporary = path.with_name(f"{TEMP_PREFIX}{secrets.token_hex(8)}-{path.name[-80:]}")
        try:
            yield temporary
            _flush(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replace a text file atomically (UTF-8, as it is)."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def write_bytes(path: Path, data: bytes) -> None:
    """Replace a file atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files that a killed run left in a folder. Call it only under the folder's lock."""
    if isinstance(folder, RemotePath):
        return  # an object appears whole or not at all
    for leftover in folder.glob(f"{TEMP_PREFIX}*"):
        if _TEMP_NAME.match(leftover.name) and leftover.is_file():
            leftover.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
