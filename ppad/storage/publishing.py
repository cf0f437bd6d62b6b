"""Replacing a whole folder at once: it is made beside the old one, which stays untouched until the two are swapped."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import glob
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ppad.errors import NotWritableError
from ppad.storage.atomic import remove_leftovers, storage_errors
from ppad.storage.digests import sha256_of
from ppad.storage.locking import alone
from ppad.storage.remote import RemotePath, side_by_side
from ppad.storage.sums import SUMS_FILE, files_below, read_sums

_UNFINISHED = ".unfinished"
"""Marks a building folder as new content. After a swap its name holds the old content, which has no such mark."""

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_UNSUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


@dataclass(frozen=True, slots=True)
class Building:
    """A folder in the making.

    Attributes:
        folder: where to write; what an earlier, killed run of the same plan finished is still there.
        target: the folder that it will replace.
        is_published: it was finished before; only in a store, where the folder is its own target.
    """

    folder: Path
    target: Path
    is_published: bool = False

    def publish(self) -> None:
        """Put the folder in the target's place. At every moment the target is the old folder or the new one, whole.

        In a store nothing is left to do: its `SHA256SUMS`, without which nobody reads it, was written last.

        Raises:
            DiskFullError, NotWritableError: the place refuses.
        """
        if isinstance(self.target, RemotePath):
            return
        with storage_errors(self.target):
            (self.folder / _UNFINISHED).unlink()
            swap(self.folder, self.target)


@contextlib.contextmanager
def building(target: Path, key: str, marker: str) -> Iterator[Building]:
    """Make the new content of a folder, one run at a time. What is not published stays, and the next run goes on with it.

    Args:
        target: the folder to replace; it may be missing or empty.
        key: stands for the content that is made; building folders of other keys are removed.
        marker: a file that stands in every folder of the kind; see `refuse_foreign`.

    Raises:
        LockedError: another run is making this folder.
        NotWritableError: the target is no folder of this kind, or the place refuses.
        DiskFullError: no space is left.
    """
    target = target.resolve()
    if isinstance(target, RemotePath):
        with _building_in_store(target, key) as work:
            yield work
        return
    with storage_errors(target), _lock(target):
        recover(target)
        refuse_foreign(target, marker)
        folder = target.with_name(f"{_prefix(target)}{key}")
        for stale in target.parent.glob(f"{glob.escape(_prefix(target))}*"):
            if stale != folder or not (stale / _UNFINISHED).exists():
                shutil.rmtree(stale)
        folder.mkdir(exist_ok=True)
        (folder / _UNFINISHED).touch()
        for place in (folder, *(entry for entry in folder.rglob("*") if entry.is_dir())):
            remove_leftovers(place)
        yield Building(folder, target)


@contextlib.contextmanager
def _building_in_store(target: RemotePath, key: str) -> Iterator[Building]:
    """The same in a store, which has no renaming: the content is made in its place, and counts once `SHA256SUMS` is there.

    What replaces an existing folder would leave readers without one for a while, so that a finished one is never touched.
    An object beside the folder notes for which key it is made.
    """
    if len(target.parts) < 3:
        raise NotWritableError(f"{target} is a whole bucket.", f"Choose a folder in it: --out {target}/NAME")
    with _lock(target):
        note, present = target.with_name(f".{target.name}.build"), files_below(target)
        is_finished = (target / SUMS_FILE).is_file()
        begun = note.read_text() if note.is_file() else None
        if (present or is_finished) and begun is None:
            raise NotWritableError(f"{target} holds files that no ppad build left there.", "Choose another --out.")
        if is_finished and begun != key:
            raise NotWritableError(
                f"{target} holds a dataset, and a store cannot replace one at once.", "Choose another --out, or delete it first."
            )
        if begun != key:
            side_by_side(lambda name: (target / name).unlink(missing_ok=True), present, remote=True)
            note.write_bytes(key.encode())
        yield Building(target, target, is_published=is_finished)


EDITABLE = ("README.md", "croissant.json")
"""Files of a dataset that people like to improve by hand: a changed one is not replaced."""


def refuse_foreign(target: Path, marker: str) -> None:
    """Refuse to replace a file, or a folder with anything that its own `SHA256SUMS` does not list.

    Args:
        marker: a file that stands in every folder of the kind.

    Raises:
        NotWritableError: naming what is there.
    """
    if isinstance(target, RemotePath):
        return  # `building` sees to it, which knows what was begun there
    if not target.is_dir():
        if target.exists():
            raise NotWritableError(f"{target} is a file.", "Choose another --out.")
        return
    present = files_below(target)
    if not present and not (target / SUMS_FILE).exists():
        return
    if marker not in present or not (target / SUMS_FILE).is_file():
        raise NotWritableError(f"{target} exists and is not a dataset of ppad.", "Choose another --out, or move it away.")
    sums = read_sums(target)
    edited = [name for name in EDITABLE if name in present and sums.get(name) not in (None, sha256_of(target / name))]
    foreign = sorted({*present} - {*sums} | {*edited})
    if foreign:
        named = ", ".join(foreign[:5]) + (", …" if len(foreign) > 5 else "")
        raise NotWritableError(
            f"{target} holds files that ppad did not write, or that were changed since: {named}.",
            "Move them away, or choose another --out.",
        )


def swap(new: Path, target: Path) -> None:
    """Put folder `new` in the place of `target`, and remove what was there."""
    if not target.exists():
        new.rename(target)
    elif _exchange(new, target):
        shutil.rmtree(new)
    else:
        replaced = _replaced(target)
        target.rename(replaced)
        new.rename(target)
        shutil.rmtree(replaced)


def recover(target: Path) -> None:
    """Finish what a swap by two renames left when it was killed: the old folder comes back, or goes for good."""
    replaced = _replaced(target)
    if not replaced.exists():
        return
    if target.exists():
        shutil.rmtree(replaced)
    else:
        replaced.rename(target)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two paths in one step; False where the system or the file system cannot."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(other))


@contextlib.contextmanager
def _lock(target: Path) -> Iterator[None]:
    target.parent.mkdir(parents=True, exist_ok=True)
    lock_file = target.with_name(f".{target.name}.lock")
    with alone(lock_file, f"Another run is building {target}.", "Wait for it, or choose another --out."):
        yield


def _prefix(target: Path) -> str:
    return f".{target.name}.building-"


def _replaced(target: Path) -> Path:
    return target.with_name(f".{target.name}.replaced")
