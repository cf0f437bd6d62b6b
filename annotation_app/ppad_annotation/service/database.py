"""The database of a campaign: how it is opened, and the two kinds of transactions.

Every write is one transaction that holds the whole database, on SQLite by BEGIN IMMEDIATE, on PostgreSQL by an advisory
lock. Writes of a campaign are short and few (a hundred raters make some ten a second), so that they can wait for one
another; in exchange no write ever fails for another one's sake, on either database, and the hash chain has one order.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from ppad.errors import DatabaseUnusableError, DiskFullError, MissingExtraError
from ppad.storage.sqlite import journal_mode

if TYPE_CHECKING:
    from ppad_annotation.service.campaigns import Campaign

_BUSY_S = 30
_LOCK_KEY = 0x50504144
"""Names the advisory lock; it is local to one PostgreSQL database."""
_EXCLUSIVE = "ppad_exclusive"
_FILE = "ppad_file"
_PG_FULL = "53100"
"""PostgreSQL's code for a full disk."""
_POOL: dict[str, Any] = {"pool_size": 20, "max_overflow": -1, "hide_parameters": True}
"""Connections are kept; what was asked of the database, hashes of passwords among it, stays out of errors and logs."""


class Database:
    """An open database, and the folder that holds the pictures of its campaign.

    Args:
        engine: from `Database.open`.
        media: folder of the pictures.
    """

    def __init__(self, engine: Engine, media: Path) -> None:
        self.engine = engine
        self.media = media
        self.known: Campaign | None = None
        """What `campaigns.campaign` remembers."""
        self._reading = sessionmaker(engine, expire_on_commit=False)
        self._writing = sessionmaker(engine.execution_options(**{_EXCLUSIVE: True}), expire_on_commit=False)
        # Waiting for BEGIN IMMEDIATE is polling with growing sleeps; threads of one server had better queue.
        self._queue: contextlib.AbstractContextManager[Any] = threading.Lock() if self.is_sqlite else contextlib.nullcontext()

    @classmethod
    def open(cls, url: str, media: Path | None = None) -> Database:
        """Open a database without changing it.

        Args:
            url: `sqlite:///path/campaign.sqlite`, or `postgresql://user@host/name` (psycopg 3).
            media: folder of the pictures; by default `media` beside an SQLite file.

        Raises:
            DatabaseUnusableError: the URL is of no known kind, or the server cannot be reached.
            MissingExtraError: PostgreSQL without psycopg.
        """
        parsed = _parse(url)
        if parsed.get_backend_name() == "sqlite":
            file = Path(parsed.database or "")
            engine = _sqlite_engine(parsed)
            return cls(engine, media or file.parent / "media")
        if media is None:
            raise DatabaseUnusableError("A PostgreSQL campaign needs a folder for its pictures.", "Give the campaign's folder.")
        return cls(_postgresql_engine(parsed), media)

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is an SQLite file."""
        return self.engine.dialect.name == "sqlite"

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the database and changes nothing."""
        with self._named_errors(), self._reading() as session:
            yield session

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """A session that holds the database: committed and flushed to disk at the end, undone if the block raises."""
        with self._named_errors(), self._queue, self._writing.begin() as session:
            session.connection()  # takes the database now, not at the first query
            yield session

    def upgrade(self) -> None:
        """Bring the tables to the newest version; an empty database gets them all.

        Raises:
            DatabaseUnusableError: a newer PPAD wrote it.
        """
        from ppad_annotation.service.migrating import upgrade

        with self.write() as session:
            upgrade(session.connection())

    def is_empty(self) -> bool:
        """Whether there is no table."""
        with self._named_errors():
            return not inspect(self.engine).get_table_names()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def _named_errors(self) -> contextlib.AbstractContextManager[None]:
        return named_errors(self.engine.url.render_as_string(hide_password=True))


@contextlib.contextmanager
def named_errors(place: str) -> Iterator[None]:
    """Turn what a database refuses into sentences with a fix.

    Raises:
        DiskFullError: it has no space left.
        DatabaseUnusableError: it cannot be reached, read or written.
    """
    try:
        yield
    except (OperationalError, sqlite3.OperationalError) as error:
        refusal = error.orig if isinstance(error, OperationalError) else error
        if getattr(refusal, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL or getattr(refusal, "sqlstate", None) == _PG_FULL:
            raise DiskFullError(
                f"No space is left for the database {place}; what was acknowledged is safe.", "Free space and go on."
            ) from error
        reason = str(refusal).strip().splitlines()[0] if refusal else "unknown reason"
        raise DatabaseUnusableError(
            f"The database {place} cannot be used: {reason}.", "Check that it is there, running and writable."
        ) from error


def without_password(url: URL, drivername: str | None = None) -> URL:
    """The URL as it may be written down, or shown to other programs."""
    return URL.create(drivername or url.drivername, url.username, None, url.host, url.port, url.database, url.query)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except ArgumentError as error:
        raise DatabaseUnusableError("The database URL cannot be read.", "Give sqlite:///FILE or postgresql://…") from error
    if backend not in ("sqlite", "postgresql"):
        raise DatabaseUnusableError(f"{backend} is not supported.", "Use SQLite or PostgreSQL.")
    return parsed.set(drivername="postgresql+psycopg") if backend == "postgresql" else parsed


def _sqlite_engine(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise DatabaseUnusableError("A campaign cannot live in memory.", "Give sqlite:///FILE.")
    engine = create_engine(url, connect_args={"timeout": _BUSY_S, "check_same_thread": False}, **_POOL)
    event.listen(engine, "connect", partial(_prepare_sqlite, Path(url.database)))
    event.listen(engine, "begin", partial(_begin_sqlite, Path(url.database)))
    return engine


def _prepare_sqlite(file: Path, connection: Any, record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in (
        "foreign_keys = ON",
        f"busy_timeout = {_BUSY_S * 1000}",
        f"journal_mode = {journal_mode()}",
        "synchronous = FULL",
    ):
        connection.execute(f"PRAGMA {pragma}").close()
    record.info[_FILE] = _identity(file)


def _begin_sqlite(file: Path, connection: Connection) -> None:
    """Begin; a write first makes sure that the file is still where it was opened, or what is stored would be gone with it."""
    exclusive = connection.get_execution_options().get(_EXCLUSIVE, False)
    if exclusive and connection.info[_FILE] != _identity(file):
        raise DatabaseUnusableError(
            f"The database {file} was moved, removed or replaced while it was in use; nothing was stored.",
            "Put the file back where it was, or stop the server first.",
        )
    connection.exec_driver_sql("BEGIN IMMEDIATE" if exclusive else "BEGIN")


def _identity(file: Path) -> tuple[int, int] | None:
    """Which file is at a path; None for none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _postgresql_engine(url: URL) -> Engine:
    try:
        engine = create_engine(url, pool_pre_ping=True, **_POOL)
    except ModuleNotFoundError as error:
        raise MissingExtraError.of("psycopg", "postgresql") from error
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get(_EXCLUSIVE, False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
