"""Whether every node sees the folders of a run: files with a name that nobody else could have made are looked for there."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ppad.errors import StorageError
from ppad.storage.atomic import TEMP_PREFIX, make_folder

_BETWEEN_LOOKS_S = 0.5


@dataclass(frozen=True, slots=True)
class Mark:
    """A folder that all nodes are to see.

    Attributes:
        name: of a file that was put there; None where the folder may only be read.
    """

    folder: Path
    name: str | None

    @property
    def is_seen(self) -> bool:
        """Whether this machine sees the folder as it was marked."""
        return self.folder.is_dir() if self.name is None else (self.folder / self.name).exists()


@contextlib.contextmanager
def marked(folders: Sequence[Path]) -> Iterator[tuple[Mark, ...]]:
    """Put a mark into each folder, and take them out at the end. A mark that a kill leaves is a leftover like others."""
    marks = tuple(_mark(folder) for folder in dict.fromkeys(folders))
    try:
        yield marks
    finally:
        for mark in marks:
            if mark.name is not None:
                with contextlib.suppress(OSError):
                    (mark.folder / mark.name).unlink()


def unseen(marks: Sequence[Mark], patience_s: float) -> tuple[Path, ...]:
    """Folders that this machine does not see.

    Args:
        patience_s: how long to look: network file systems remember for a while what was not there.
    """
    end = time.monotonic() + patience_s
    while (missing := tuple(mark.folder for mark in marks if not mark.is_seen)) and time.monotonic() < end:
        time.sleep(_BETWEEN_LOOKS_S)
    return missing


def _mark(folder: Path) -> Mark:
    name = f"{TEMP_PREFIX}{secrets.token_hex(8)}-seen-by-all-nodes"
    try:
        make_folder(folder)
        (folder / name).touch()
    except (OSError, StorageError):
        return Mark(folder, None)
    return Mark(folder, name)
