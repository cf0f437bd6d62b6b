"""From a repository to a folder: fetched beside its place, verified to the last byte, then put there at once."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ppad.errors import ContractError, LocalOnlyError, NotWritableError
from ppad.hub.client import Hub
from ppad.hub.contents import Kind
from ppad.storage.atomic import make_folder, storage_errors
from ppad.storage.digests import sha256_of
from ppad.storage.locking import alone
from ppad.storage.remote import RemotePath
from ppad.storage.sums import SUMS_FILE, files_below, read_sums

_GITATTRIBUTES = ".gitattributes"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came.

    Attributes:
        was_there: the folder held this already.
    """

    kind: Kind
    commit: str
    files: int
    was_there: bool


def pull(hub: Hub, out: Path, kind: Kind | None = None) -> Pulled:
    """Fetch a repository that `ppad publish` made. One that is killed goes on where it was.

    Args:
        kind: of the repository; None to find out.

    Raises:
        NotFoundError: there is no such repository.
        ContractError: it notes no checksums, or a file has other bytes.
        NotWritableError: the folder holds something else.
        AccessError, NetworkError: the Hub refuses, or does not answer.
    """
    if isinstance(out, RemotePath):
        raise LocalOnlyError(f"{out} is in a store; a repository is fetched to a disk.", "Choose a local --out.")
    out = out.absolute()
    found, commit = hub.find() if kind is None else hub.find((kind,))
    coming = out.with_name(f".{out.name}.pulling-{commit[:12]}")
    with storage_errors(out):
        make_folder(out.parent)
        with alone(out.with_name(f".{out.name}.lock"), f"Another run is writing {out}.", "Wait for it, or choose another --out."):
            if out.exists() and any(out.iterdir()):
                _refuse_others(out, hub.read(found, commit, SUMS_FILE))
                return Pulled(found, commit, len(verified(out)), was_there=True)
            hub.download(found, commit, coming)
            count = len(_verified_anew(coming))
            shutil.rmtree(coming / ".cache", ignore_errors=True)
            (coming / _GITATTRIBUTES).unlink(missing_ok=True)
            if out.exists():
                out.rmdir()
            coming.rename(out)
    return Pulled(found, commit, count, was_there=False)


def verified(folder: Path) -> dict[str, str]:
    """The digests of a folder by path, after every file was compared with them.

    Raises:
        ContractError: a file is missing, has other bytes, or is noted nowhere.
    """
    if not (folder / SUMS_FILE).is_file():
        raise ContractError(f"The repository has no {SUMS_FILE}.", "Fetch what ppad publish did not make with: hf download")
    sums = read_sums(folder)
    wrong = _wrong(folder, sums)
    if wrong:
        raise ContractError(
            f"{len(wrong)} of {len(sums)} files are not what {SUMS_FILE} says, first {wrong[0]}.", "Fetch them again: ppad pull"
        )
    return sums


def _verified_anew(coming: Path) -> dict[str, str]:
    """The same; files that are wrong go, so that the next run fetches them again."""
    try:
        return verified(coming)
    except ContractError:
        with contextlib.suppress(ContractError):
            for name in _wrong(coming, read_sums(coming)):
                (coming / name).unlink(missing_ok=True)
        raise


def _wrong(folder: Path, sums: Mapping[str, str]) -> list[str]:
    there = {name for name in files_below(folder) if not name.startswith(".")}
    return sorted({*set(sums) ^ there, *(name for name in there & set(sums) if sha256_of(folder / name) != sums[name])})


def _refuse_others(out: Path, sums: bytes) -> None:
    if not (out / SUMS_FILE).is_file() or (out / SUMS_FILE).read_bytes() != sums:
        raise NotWritableError(f"{out} holds something else.", "Choose another --out.")
