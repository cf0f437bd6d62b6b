"""Which process of a collection a table means: by its id, by the name of its recording, or by what its pictures hold."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol
from urllib.parse import unquote, urlsplit

from ppad.schema.checks import PROCESS_ID
from ppad.storage import Collection
from ppad.storage.names import readable_stem

_UPLOAD = re.compile(r"^[0-9a-f]{8}-(?=.)")
"""What Label Studio puts before the name of a file that is uploaded."""

MOST_GUESSES = 20
"""Names for which another is guessed: each guess compares with all."""


class Finds(Protocol):
    """Whoever knows which process a name means."""

    def find(self, name: str, sha256: str | None = None) -> str:
        """The id of the process that is meant.

        Raises:
            LookupError: no process or several are meant; its message says so.
        """
        ...


class ProcessNames:
    """The processes of collections, by every name that a table may give them.

    Args:
        collections: where the processes are; without any, only ids are understood, and each is taken as it is.

    Raises:
        NotFoundError: a folder is not a collection.
        ContractError: a process of it is damaged.
    """

    def __init__(self, collections: Sequence[Path]) -> None:
        self._by_name: dict[str, set[str]] = defaultdict(set)
        self._by_digest: dict[str, str] = {}
        self._ids: set[str] = set()
        self._anywhere = not collections
        self._guesses = 0
        for root in collections:
            collection = Collection.open(root)
            for process_id in collection.ids():
                self._add(process_id, collection.light_row(process_id)["provenance"])

    def find(self, name: str, sha256: str | None = None) -> str:
        """The id of the process that is meant.

        Args:
            name: an id, a file name, a path or an address.
            sha256: digest of the recording or of the pictures, where it is known.

        Raises:
            LookupError: no process or several are meant; its message says so, and what to do.
        """
        if self._anywhere:
            if PROCESS_ID.match(name):
                return name
            raise LookupError(f"{name!r} is no process id; name the collection with --collection")
        if name in self._ids:
            return name
        if sha256 is not None and sha256 in self._by_digest:
            return self._by_digest[sha256]
        for spelling in _spellings(name):
            found = sorted(self._by_name.get(spelling, ()))
            if len(found) == 1:
                return found[0]
            if found:
                raise LookupError(f"{name!r} may be {' or '.join(found[:3])}; give process ids")
        raise LookupError(f"{name!r} is in no collection{self._guess(name)}")

    def _guess(self, name: str) -> str:
        """What may have been meant; only for the first few names."""
        self._guesses += 1
        if self._guesses > MOST_GUESSES:
            return ""
        close = difflib.get_close_matches(_spellings(name)[-1], [*self._by_name, *self._ids], n=1)
        return f" (did you mean {close[0]!r}?)" if close else ""

    def _add(self, process_id: str, provenance: dict[str, str]) -> None:
        self._ids.add(process_id)
        self._by_digest[provenance["source_sha256"]] = process_id
        source = provenance["source_name"]
        for name in {source, PurePosixPath(source).stem, process_id.rpartition("-")[0]}:
            self._by_name[name].add(process_id)


def _path_in(name: str) -> str:
    """The path in an address; what is none is a path itself."""
    try:
        return urlsplit(name).path if "://" in name else name
    except ValueError:
        return name


def _spellings(name: str) -> list[str]:
    """Names by which a process may be known, the most literal first."""
    path = PurePosixPath(unquote(_path_in(name)).replace("\\", "/"))
    names = [path.name, path.stem, _UPLOAD.sub("", path.name), _UPLOAD.sub("", path.stem)]
    return list(dict.fromkeys([*names, *(readable_stem(one) for one in names)]))
