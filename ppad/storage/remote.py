"""Files in an object store under the interface of `pathlib.Path`: `s3://`, `gs://`, `hf://`, through fsspec.

Local paths never come here: `place` gives a plain `Path` for them, and fsspec is imported when the first remote file is touched.
A `RemotePath` is a `Path` whose every touch of the file system is an operation of the store; what a store has no operation for
ends in `__fspath__`, which says so in a sentence. An object appears whole or not at all, so that writing one needs no renaming.
"""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
import io
import os
import re
import stat
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self, TypeVar

from ppad.errors import LocalOnlyError, MissingExtraError, NotFoundError, NotWritableError
from ppad.storage.store_errors import remote_errors

if TYPE_CHECKING:
    _LocalPath = Path
else:
    _LocalPath = type(Path())

T = TypeVar("T")
S = TypeVar("S")

PACKAGES = {"s3": ("s3fs", "s3"), "gs": ("gcsfs", "gcs"), "hf": ("huggingface_hub", "hub")}
"""Of each store the package behind it, and the extra that brings it."""

AT_ONCE = 8
"""Requests that are under way together where many small ones are needed."""

SILENCE_S = 60.0
SLOWEST_BYTES_S = 250_000
"""What is sent more slowly, or not at all for so long, counts as not sent."""

_S3_OPTIONS = {
    "config_kwargs": {"connect_timeout": 10, "read_timeout": 20, "retries": {"max_attempts": 5, "mode": "standard"}},
}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")


def place(path: str | Path) -> Path:
    """A path as people write it: a plain `Path` for what is local, a `RemotePath` for a store.

    Raises:
        NotFoundError: PPAD knows no store of that scheme.
    """
    if isinstance(path, RemotePath):
        return path
    local = Path(path)
    scheme = _SCHEME.fullmatch(local.parts[0]) if local.parts else None
    if scheme is None or os.path.lexists(local.parts[0]):
        return local
    if scheme[1] not in PACKAGES:
        raise NotFoundError(f"There is no store {scheme[1]}://.", f"Give a local path, or one of {', '.join(PACKAGES)}.")
    remote = RemotePath(*local.parts)
    if len(remote.parts) < 2:
        raise NotFoundError(f"{remote} names no bucket.", f"Write {scheme[1]}://BUCKET/FOLDER.")
    return remote


@dataclass(frozen=True, slots=True)
class Entry:
    """An object: its size in bytes, and when it was written, seconds since 1970."""

    size: int
    modified_s: float


class RemotePath(_LocalPath):
    """A file or folder of a store. A folder is there as soon as something is below it, so that `mkdir` has nothing to do."""

    def __str__(self) -> str:
        first, *rest = self.parts or ("",)
        return f"{first}//{'/'.join(rest)}" if first.endswith(":") else "/".join(self.parts)

    def __fspath__(self) -> str:
        raise LocalOnlyError(
            f"{self} is in a store, where this cannot be done.",
            "Work on a local folder; the store's own tools copy it (aws s3 sync, gcloud storage rsync, ppad pull).",
        )

    @property
    def scheme(self) -> str:
        """Which store: `s3`, `gs` or `hf`."""
        return self.parts[0].rstrip(":")

    @property
    def files(self) -> Any:
        """The fsspec file system of the store.

        Raises:
            MissingExtraError: its package is not installed.
        """
        package, extra = PACKAGES[self.scheme]
        try:
            import fsspec

            options: dict[str, Any] = {}
            if self.scheme == "s3":
                options = _S3_OPTIONS
            elif self.scheme == "hf":
                options = {"endpoint": os.environ.get("HF_ENDPOINT")}
            return fsspec.filesystem(self.scheme, use_listings_cache=False, **options)
        except ImportError as error:
            raise MissingExtraError.of(package, extra) from error

    def is_absolute(self) -> bool:
        return True

    def absolute(self) -> Self:
        return self

    def resolve(self, strict: bool = False) -> Self:
        return self

    def exists(self, **_: Any) -> bool:
        with remote_errors(self):
            return bool(self.files.exists(str(self)))

    def is_file(self, **_: Any) -> bool:
        try:
            return stat.S_ISREG(self.stat().st_mode)
        except FileNotFoundError:
            return False

    def is_dir(self, **_: Any) -> bool:
        with remote_errors(self):
            return bool(self.files.isdir(str(self)))

    def stat(self, **_: Any) -> os.stat_result:
        """Size and time of change.

        Raises:
            FileNotFoundError: there is no such object.
        """
        with remote_errors(self):
            info = self.files.info(str(self))
        kind = stat.S_IFREG if info["type"] == "file" else stat.S_IFDIR
        seconds = _modified(info)
        times = [int(seconds)] * 3 + [seconds] * 3 + [int(seconds * 1e9)] * 3
        return os.stat_result([kind | 0o444, 0, 0, 1, 0, 0, int(info["size"] or 0), *times])

    def iterdir(self) -> Generator[Self, None, None]:
        return (self / name for name in self.listed())

    def glob(self, pattern: str, **_: Any) -> Generator[Self, None, None]:
        """The entries of this folder whose name fits; a pattern has one part here."""
        return (self / name for name in self.listed() if fnmatch.fnmatchcase(name, pattern))

    def listed(self) -> dict[str, int]:
        """Name and size, in bytes, of every entry of this folder, from one listing; none where there is no such folder."""
        with remote_errors(self):
            try:
                entries = self.files.ls(str(self), detail=True)
            except FileNotFoundError:
                return {}
        found = {entry["name"].rstrip("/").rpartition("/")[2]: int(entry["size"] or 0) for entry in entries}
        found.pop(self.name, None)  # some stores list a folder within itself
        return dict(sorted(found.items()))

    def listed_below(self) -> dict[str, int]:
        """Relative path and size, in bytes, of every file below this folder, from one listing."""
        return {name: entry.size for name, entry in self.entries_below().items()}

    def entries_below(self) -> dict[str, Entry]:
        """The same with the time of each."""
        with remote_errors(self):
            found = self.files.find(str(self), detail=True)
            prefix = self.files._strip_protocol(str(self)).rstrip("/") + "/"
        return {
            name.removeprefix(prefix): Entry(int(one["size"] or 0), round(_modified(one), 3))
            for name, one in sorted(found.items())
        }

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        """Nothing to do."""

    def unlink(self, missing_ok: bool = False) -> None:
        with remote_errors(self), contextlib.suppress(FileNotFoundError) if missing_ok else contextlib.nullcontext():
            self.files.rm_file(str(self))

    def open(self, mode: str = "r", *_: Any, encoding: str | None = None, errors: str | None = None, **__: Any) -> IO[Any]:  # type: ignore[override]
        """The object for reading.

        Raises:
            FileNotFoundError: there is none.
            LocalOnlyError: it was to be written piece by piece.
        """
        if mode not in ("r", "rb"):
            self.__fspath__()
        raw = io.BufferedReader(RangeFile(self, self.stat().st_size), 1 << 20)
        return raw if mode == "rb" else io.TextIOWrapper(raw, encoding=encoding, errors=errors)

    def read_bytes(self) -> bytes:
        with remote_errors(self):
            return bytes(self.files.cat_file(str(self)))

    def read_text(self, encoding: str | None = None, errors: str | None = None, newline: str | None = None) -> str:
        return self.read_bytes().decode(encoding or "utf-8", errors or "strict")

    def write_bytes(self, data: Any) -> int:
        """Replace the object, whole or not at all."""
        self.refuse_commits()
        with remote_errors(self):
            self.files.pipe_file(str(self), bytes(data), timeout=patience_s(len(data)))
        return len(data)

    def create(self, data: bytes) -> bool:
        """Write the object only where there is none (`If-None-Match: *`); False where there is one."""
        try:
            with remote_errors(self):
                self.files.pipe_file(str(self), data, mode="create", timeout=patience_s(len(data)))
        except FileExistsError:
            return False
        return True

    def refuse_commits(self) -> None:
        """Refuse to write file by file to the Hub, where each would be a commit.

        Raises:
            NotWritableError: it is there.
        """
        if self.scheme == "hf":
            raise NotWritableError(
                f"{self} is on the Hub, where each file would be a commit.",
                "Write to a local folder, then: ppad publish FOLDER --to ORG/NAME",
            )


class RangeFile(io.RawIOBase):
    """An object that is read range by range: each read is one request for exactly its bytes, unless the last one had them.

    Args:
        size: of the object, bytes.
    """

    def __init__(self, path: RemotePath, size: int) -> None:
        super().__init__()
        self._path, self.size, self._at = path, size, 0
        self._last, self._last_at = b"", 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence] + offset
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        end = self.size if size is None or size < 0 else min(self.size, self._at + size)
        if end <= self._at:
            return b""
        if not self._last_at <= self._at <= end <= self._last_at + len(self._last):
            with remote_errors(self._path):
                self._last = bytes(self._path.files.cat_file(str(self._path), start=self._at, end=end))
            self._last_at = self._at
        data = self._last[self._at - self._last_at : end - self._last_at]
        self._at += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def working_folder(kind: str, remote: RemotePath) -> Path:
    """Where this machine keeps its own files of a folder in a store: in the user's cache, safe to delete."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    digest = hashlib.sha256(str(remote).encode()).hexdigest()[:12]
    return Path(cache).expanduser() / "ppad" / kind / digest / remote.name


def patience_s(size: int) -> float:
    """Seconds that so many bytes may take to be sent, attempts included.

    The libraries ask before they send (`Expect: 100-continue`), and would wait for ever for a store that is silent then.
    """
    return SILENCE_S + size / SLOWEST_BYTES_S


@contextlib.contextmanager
def uploading(path: RemotePath) -> Iterator[Path]:
    """A local file that becomes the object at the end; nothing is sent if the block fails."""
    path.refuse_commits()
    with tempfile.TemporaryDirectory(prefix="ppad-") as folder:
        temporary = Path(folder, path.name)
        yield temporary
        with remote_errors(path):
            path.files.put_file(str(temporary), str(path), timeout=patience_s(temporary.stat().st_size))


@contextlib.contextmanager
def fetched(path: Path) -> Iterator[Path]:
    """The file itself where it is local; else a local copy for the block, fetched once, under the same name.

    Raises:
        NotFoundError: there is no such object.
    """
    if not isinstance(path, RemotePath):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="ppad-") as folder:
        copy = Path(folder, path.name)
        try:
            with remote_errors(path):
                path.files.get_file(str(path), str(copy))
        except FileNotFoundError as error:
            raise NotFoundError(f"There is no file {path}.", "Check the path.") from error
        yield copy


def side_by_side(function: Callable[[T], S], items: Iterable[T], *, remote: bool) -> list[S]:
    """`map` to a list; for things in a store several at once, since each waits for the network."""
    if not remote:
        return [function(item) for item in items]
    with ThreadPoolExecutor(AT_ONCE, "ppad-remote") as pool:
        return list(pool.map(function, items))


def _modified(info: dict[str, Any]) -> float:
    """Seconds since 1970 at which an object was written, as far as the store says; 0 otherwise."""
    for name in ("LastModified", "updated", "mtime", "last_modified"):
        value = info.get(name)
        if isinstance(value, datetime):
            return round(value.timestamp(), 3)
        if isinstance(value, str):
            with contextlib.suppress(ValueError):
                return round(datetime.fromisoformat(value).timestamp(), 3)
    return 0.0
