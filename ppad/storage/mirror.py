"""A folder in a store that is worked on locally: brought here, changed, and sent back object by object."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ppad.storage.atomic import atomic_path, make_folder
from ppad.storage.remote import Entry, RemotePath, patience_s, side_by_side, working_folder
from ppad.storage.store_errors import remote_errors


class Mirror:
    """A folder of a store, and the local one that is the same after `pull` and `push`.

    A local file has the time of its object: while size and time agree, nothing is sent either way.

    Args:
        remote: the folder in the store.
        wanted: which of its files, by relative path; None for all.
    """

    def __init__(self, remote: RemotePath, wanted: Callable[[str], bool] | None = None) -> None:
        self.remote = remote
        self.local = working_folder("copies", remote)
        self._wanted = wanted

    def pull(self) -> Path:
        """Make the local folder what the store holds; what is not there goes.

        Raises:
            DiskFullError, NotWritableError: the local place refuses.
        """
        there = self._there()
        here = self._here()
        make_folder(self.local)
        for name in set(here) - set(there):
            (self.local / name).unlink()
        side_by_side(lambda name: self._fetch(name, there[name]), [n for n in there if here.get(n) != there[n]], remote=True)
        return self.local

    def push(self, first: str = "", last: str = "") -> None:
        """Send what changed here; one file may go before all others, and one after them."""
        there = self._there()
        changed = [name for name, entry in self._here().items() if there.get(name) != entry]
        for part in ([first], [name for name in changed if name not in (first, last)], [last]):
            side_by_side(self._send, [name for name in part if name in changed], remote=True)
        sent = self._there()
        for name in changed:
            self._stamp(name, sent[name])

    def _there(self) -> dict[str, Entry]:
        return {name: entry for name, entry in self.remote.entries_below().items() if self._counts(name)}

    def _here(self) -> dict[str, Entry]:
        files = [path for path in self.local.rglob("*") if path.is_file()]
        found = {path.relative_to(self.local).as_posix(): path.stat() for path in files}
        return {name: Entry(stat.st_size, round(stat.st_mtime, 3)) for name, stat in sorted(found.items()) if self._counts(name)}

    def _counts(self, name: str) -> bool:
        is_wanted = self._wanted is None or self._wanted(name)
        return is_wanted and not any(part.startswith(".") for part in name.split("/"))

    def _fetch(self, name: str, entry: Entry) -> None:
        with atomic_path(self.local / name) as temporary, remote_errors(self.remote):
            self.remote.files.get_file(str(self.remote / name), str(temporary))
        self._stamp(name, entry)

    def _send(self, name: str) -> None:
        with remote_errors(self.remote):
            file = self.local / name
            self.remote.files.put_file(str(file), str(self.remote / name), timeout=patience_s(file.stat().st_size))

    def _stamp(self, name: str, entry: Entry) -> None:
        os.utime(self.local / name, (entry.modified_s, entry.modified_s))
