"""`SHA256SUMS`: the digest of every file of a folder, in the form that `sha256sum -c` reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from ppad.errors import ContractError
from ppad.storage.atomic import write_text
from ppad.storage.digests import sha256_of
from ppad.storage.remote import RemotePath, fetched

SUMS_FILE = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def files_below(folder: Path) -> list[str]:
    """Paths of all files in a folder and its sub-folders, relative, with forward slashes, sorted; without `SHA256SUMS`."""
    return list(sizes_below(folder))


def sizes_below(folder: Path) -> dict[str, int]:
    """`files_below` with the size of each, bytes."""
    if isinstance(folder, RemotePath):
        found = folder.listed_below()
    else:
        files = (path for path in folder.rglob("*") if path.is_file())
        found = {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
    return {name: found[name] for name in sorted(found) if name != SUMS_FILE}


def write_sums(folder: Path, known: Mapping[str, str] | None = None) -> None:
    """Write `SHA256SUMS` over everything in the folder but hidden working files.

    Args:
        known: digests that need not be taken again.

    Raises:
        UnreadableMediaError, EmptyFileError: a file cannot be read, or has no bytes.
        DiskFullError, NotWritableError: the place refuses.
    """
    names = [name for name in files_below(folder) if not name.startswith(".")]
    lines = [f"{(known or {}).get(name) or _digest(folder / name)}  {name}\n" for name in names]
    write_text(folder / SUMS_FILE, "".join(lines))


def _digest(path: Path) -> str:
    with fetched(path) as file:
        return sha256_of(file)


def read_sums(folder: Path) -> dict[str, str]:
    """The noted digests by relative path.

    Raises:
        ContractError: there is no `SHA256SUMS`, or a line of it cannot be understood, or names a place outside the folder.
    """
    try:
        lines = (folder / SUMS_FILE).read_text("utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(f"{SUMS_FILE} is missing or unreadable.", "Build the dataset again.") from error
    sums = {}
    for number, line in enumerate(lines if lines != [""] else [], start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise ContractError(f"{SUMS_FILE} line {number} is not 'digest  path'.", "Build the dataset again.")
        if not _is_inside(match[2]):
            raise ContractError(f"{SUMS_FILE} line {number} names a place outside its folder.", "Trust nothing of this dataset.")
        sums[match[2]] = match[1]
    return sums


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\0" not in name and str(path) == name
