"""Content digests of inputs, remembered by path, size and time of change, so that a second run need not read them again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import threading
from collections.abc import Sequence
from pathlib import Path

from ppad.errors import EmptyFileError, UnreadableMediaError
from ppad.schema import json_value

_CHUNK = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal.

    Raises:
        UnreadableMediaError: the file cannot be opened or read.
        EmptyFileError: it has no bytes.
    """
    if path.exists() and not path.is_file():
        raise UnreadableMediaError(f"{path.name} cannot be read: it is a folder, a pipe or a device.", "Leave it out.")
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise UnreadableMediaError(f"{path.name} cannot be read: {error.strerror}.", "Check the file.") from error
    if size == 0:
        raise EmptyFileError(f"{path.name} is empty.", "Copy it again from where it was recorded.")
    return digest.hexdigest()


def content_sha256(files: Sequence[str]) -> str:
    """Digest of a recording from those of its files: the file's own, or one over the stills in their order."""
    return files[0] if len(files) == 1 else hashlib.sha256("\n".join(files).encode()).hexdigest()


class DigestCache:
    """SHA-256 of files, kept in a JSON-lines file that is only ever appended to; safe for several threads.

    The cache is never trusted for a file whose size or modification time differs from what was noted.
    """

    def __init__(self, file: Path, *, remember: bool = True) -> None:
        self._file = file if remember else None
        self._lock = threading.Lock()
        self._known: dict[str, tuple[int, int, str]] = {}
        if file.exists():
            self._load(file)

    def sha256(self, path: Path) -> str:
        """The digest of a file, from the cache where it is fresh.

        Raises:
            UnreadableMediaError, EmptyFileError: see `sha256_of`.
        """
        key = os.path.realpath(path)
        try:
            stat = path.stat()
        except OSError as error:
            raise UnreadableMediaError(f"{path.name} cannot be read: {error.strerror}.", "Check the file.") from error
        known = self._known.get(key)
        if known is not None and known[:2] == (stat.st_size, stat.st_mtime_ns):
            return known[2]
        digest = sha256_of(path)
        self._remember(key, stat.st_size, stat.st_mtime_ns, digest)
        return digest

    def _remember(self, key: str, size: int, mtime_ns: int, digest: str) -> None:
        line = json.dumps([key, size, mtime_ns, digest])
        with self._lock:
            self._known[key] = (size, mtime_ns, digest)
            if self._file is not None:
                with contextlib.suppress(OSError):  # the cache only saves time: a full disk shows where results are written
                    self._file.parent.mkdir(parents=True, exist_ok=True)
                    with self._file.open("a", encoding="utf-8") as file:
                        file.write("\n" + line)  # so that it never joins a line that a kill cut short

    def _load(self, file: Path) -> None:
        for line in file.read_text("utf-8", errors="replace").splitlines():
            try:
                key, size, mtime_ns, digest = json_value(line)
            except (ValueError, TypeError):
                continue  # a line cut short by a kill: the file it stood for is read again
            if isinstance(key, str) and isinstance(digest, str) and _SHA256.fullmatch(digest):
                self._known[key] = (size, mtime_ns, digest)
