"""Backups of a campaign that goes on, and their way back.

backups/
  20260302T120000Z/        one backup: the database as it was at one moment
    campaign.sqlite        or campaign.dump, of PostgreSQL
    campaign.yaml          and rubric.yaml, where the campaign has one
    manifest.json          counts, last hash of the history, digest of the database; written last: without it, no backup
  media/                   the pictures, shared by all backups: they never change, so that each is copied once
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ppad import __version__
from ppad.errors import BackupError
from ppad.storage import atomic_path, storage_errors, write_text
from ppad.storage.atomic import make_folder
from ppad.storage.locking import alone
from ppad_annotation.service import postgresql_tools
from ppad_annotation.service.campaigns import campaign_row
from ppad_annotation.service.checking import Health, check, read_through
from ppad_annotation.service.database import Database, named_errors
from ppad_annotation.service.layouts import pack_path
from ppad_annotation.service.tables import Item
from ppad_annotation.service.workspace import OWNER_ONLY, Workspace

_MANIFEST = "manifest.json"
_FILES = {"sqlite": "campaign.sqlite", "postgresql": "campaign.dump"}
_NAME = "%Y%m%dT%H%M%SZ"
_IS_BACKUP = re.compile(r"\d{8}T\d{6}Z\Z")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds, and what a restore is checked against.

    Attributes:
        number: of the backup among those of its folder, from 1: clocks are set, so that names do not tell the order.
        kind: `sqlite` or `postgresql`.
        sha256: of the database file.
        events, chain_hash: length and end of the history.
        counts: rows of each table.
        pictures: packs that belong to it; 0 where they were left out.
    """

    version: str
    number: int
    campaign: str
    created_at: str
    kind: str
    sha256: str
    events: int
    chain_hash: str
    counts: dict[str, int]
    pictures: int


def backup(
    workspace: Workspace, db: Database, backups: Path, now: datetime, *, media: bool = True, keep: int | None = None
) -> Path:
    """Write a backup while raters work, and read it through.

    Args:
        backups: folder of all backups of this campaign.
        media: copy the pictures that are not there yet.
        keep: how many backups to keep; the oldest go. None for all.

    Returns:
        Folder of the new backup.

    Raises:
        BackupError: the database does not hold together, a picture is missing, or pg_dump refuses.
        LockedError: another backup is running.
        DiskFullError, NotWritableError: the place refuses.
    """
    target = backups / now.astimezone(UTC).strftime(_NAME)
    with _alone(backups):
        _write(workspace, db, target, now, media=media)
        if keep is not None:
            _remove_oldest(backups, keep)
    return target


def _write(workspace: Workspace, db: Database, target: Path, now: datetime, *, media: bool) -> None:
    if target.exists():
        raise BackupError(f"{target} exists.", "Wait a second, or remove it.")
    make_folder(target)
    target.chmod(OWNER_ONLY)
    kind = db.engine.dialect.name
    file = target / _FILES[kind]
    with storage_errors(target):
        state = _copy_sqlite(db, file) if db.is_sqlite else _dump_postgresql(db, file)
    if state.health.problems:
        raise BackupError(f"The database does not hold together: {'; '.join(state.health.problems)}.", "See: ppad doctor")
    if media:
        _copy_packs(db.media, target.parent / "media", state.packs)
    for extra in (workspace.settings, workspace.rubric):
        if extra.exists():
            write_text(target / extra.name, extra.read_text("utf-8"))
    manifest = Manifest(
        version=__version__,
        number=max(_numbers(target.parent), default=0) + 1,
        campaign=state.campaign,
        created_at=now.astimezone(UTC).isoformat(),
        kind=kind,
        sha256=_digest(file),
        events=state.health.chain.events,
        chain_hash=state.health.chain.hash,
        counts=state.health.counts,
        pictures=len(state.packs) if media else 0,
    )
    write_text(target / _MANIFEST, json.dumps(asdict(manifest), indent=2) + "\n")


def restore(source: Path, workspace: Workspace, database: str | None = None) -> Health:
    """Bring a backup back into an empty place, and check it against its manifest: counts, history, pictures.

    Args:
        source: folder of one backup.
        database: URL of an empty PostgreSQL database, for a backup of one.

    Raises:
        BackupError: the backup is incomplete or damaged, the place is not empty, or what came back is not what was saved.
    """
    manifest = read_manifest(source)
    file = source / _FILES[manifest.kind]
    if _digest(file) != manifest.sha256:
        raise BackupError(f"{file.name} of {source.name} is damaged.", "Use another backup.")
    if workspace.settings.exists() or (workspace.root / _FILES["sqlite"]).exists():
        raise BackupError(f"{workspace.root} holds a campaign already.", "Restore into a folder that is empty.")
    if manifest.kind == "sqlite" and database is not None:
        raise BackupError("This is a backup of an SQLite campaign.", "Leave --database out.")
    workspace.make_root()
    if (source / workspace.rubric.name).exists():
        write_text(workspace.rubric, (source / workspace.rubric.name).read_text("utf-8"))
    with _filled(manifest, file, workspace, database or Workspace(source).database) as db:
        health = check(db)
        _compare(manifest, health)
        with db.read() as session:
            packs = _packs(session)
        if manifest.pictures:
            _copy_packs(source.parent / "media", workspace.media, packs)
    return health


def read_manifest(source: Path) -> Manifest:
    """What a backup says of itself.

    Raises:
        BackupError: the folder is no backup, or it was not finished.
    """
    try:
        manifest = TypeAdapter(Manifest).validate_json((source / _MANIFEST).read_bytes())
        if manifest.kind not in _FILES:
            raise ValueError(f"{manifest.kind} is no kind of database")
        return manifest
    except (OSError, ValueError) as error:
        raise BackupError(f"{source} is no finished backup.", "Give a folder with a manifest.json.") from error


@contextlib.contextmanager
def _alone(backups: Path) -> Iterator[None]:
    """One backup at a time; what a killed one left is removed."""
    make_folder(backups)
    lock = alone(backups / ".lock", f"Another backup into {backups} is running.", "Wait for it.")
    with storage_errors(backups), lock:
        for folder in backups.iterdir():
            if _IS_BACKUP.match(folder.name) and not (folder / _MANIFEST).exists():
                shutil.rmtree(folder)
        yield


@dataclass(frozen=True, slots=True)
class _State:
    campaign: str
    health: Health
    packs: dict[str, str]


def _copy_sqlite(db: Database, file: Path) -> _State:
    """Copy by SQLite's online backup, in one step: writers wait as long as the copy takes, about a second for a gigabyte."""
    with named_errors(str(file)), db.engine.connect() as connection, contextlib.closing(sqlite3.connect(file)) as copy:
        raw: Any = connection.connection.driver_connection
        raw.backup(copy)
        copy.execute("PRAGMA journal_mode = delete").close()
        problems = [row[0] for row in copy.execute("PRAGMA integrity_check")]
    if problems != ["ok"]:
        raise BackupError(f"The database is damaged: {problems[0]}.", "Restore the last backup that is sound.")
    copied = Database.open(f"sqlite:///{file}", db.media)
    try:
        with copied.read() as session:
            return _state(session)
    finally:
        copied.close()
        _to_one_file(file)


def _to_one_file(file: Path) -> None:
    """Opening the copy may have put it into write-ahead mode: a backup is one file."""
    with contextlib.closing(sqlite3.connect(file)) as copy:
        copy.execute("PRAGMA journal_mode = delete").close()


def _dump_postgresql(db: Database, file: Path) -> _State:
    """Dump what one transaction sees, and read the same through."""
    with db.read() as session:
        snapshot = str(session.scalar(text("SELECT pg_export_snapshot()")))
        postgresql_tools.dump(db.engine.url, file, snapshot)
        return _state(session)


def _state(session: Session) -> _State:
    return _State(campaign_row(session).public_id, read_through(session), _packs(session))


def _packs(session: Session) -> dict[str, str]:
    """Digest of each pack by its key."""
    return {key: layout["sha256"] for key, layout in session.execute(select(Item.media_key, Item.layout))}


@contextlib.contextmanager
def _filled(manifest: Manifest, file: Path, workspace: Workspace, database: str) -> Iterator[Database]:
    """The restored database; the folder becomes a campaign only if the block ends well, and may be restored into again if not."""
    coming = workspace.root / f".coming-{file.name}"
    if manifest.kind == "sqlite":
        with atomic_path(coming) as temporary:
            shutil.copyfile(file, temporary)
        db = Database.open(f"sqlite:///{coming}", workspace.media)
    else:
        db = workspace.connect(database)
        if not db.is_empty():
            db.close()
            raise BackupError("The database is not empty.", "Make an empty one: createdb NAME")
        postgresql_tools.load(db.engine.url, file)
    try:
        yield db
    finally:
        db.close()
    if manifest.kind == "sqlite":
        _to_one_file(coming)
        coming.rename(workspace.root / file.name)
    workspace.name_database(file.name if manifest.kind == "sqlite" else database)


def _compare(manifest: Manifest, health: Health) -> None:
    same = (health.chain.events, health.chain.hash, health.counts) == (manifest.events, manifest.chain_hash, manifest.counts)
    if not same or health.problems:
        found = "; ".join(health.problems) or "counts or history differ from the manifest"
        raise BackupError(f"What was restored is not what was saved: {found}.", "Use another backup.")


def _copy_packs(source: Path, target: Path, packs: dict[str, str]) -> None:
    """Copy the packs that are not there; each is checked against its digest."""
    for key, sha256 in packs.items():
        copy = pack_path(target, key)
        if copy.exists():
            continue
        pack = pack_path(source, key)
        if not pack.is_file() or _digest(pack) != sha256:
            raise BackupError(f"The pictures {pack.name} are missing or damaged.", "Restore them from another backup.")
        with atomic_path(copy) as temporary:
            shutil.copyfile(pack, temporary)


def _numbers(backups: Path) -> dict[int, Path]:
    """The finished backups of a folder by their numbers, oldest first; what cannot be read is nobody's to count or to remove."""
    found = {}
    for path in backups.glob(f"*/{_MANIFEST}"):
        with contextlib.suppress(BackupError):
            found[read_manifest(path.parent).number] = path.parent
    return dict(sorted(found.items()))


def _remove_oldest(backups: Path, keep: int) -> None:
    finished = list(_numbers(backups).values())
    for folder in finished[: max(0, len(finished) - max(1, keep))]:
        shutil.rmtree(folder)


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as data:
            return hashlib.file_digest(data, "sha256").hexdigest()
    except OSError as error:
        raise BackupError(f"{file} cannot be read.", "Use another backup.") from error
