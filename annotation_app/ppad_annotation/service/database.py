"""The database of a campaign: how it is opened, and the two kinds of transactions.

Every write is one transaction that holds the whole database, on SQLite by BEGIN IMMEDIATE, on PostgreSQL by an advisory
lock. Writes of a campaign are short and few (a hundred raters make some ten a second), so that they can wait for one
another; in exchange no write ever fails for another one's sake, on either database, and the hash chain has one order.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from ppad.errors import DatabaseUnusableError, MissingExtraError
from ppad.storage.sqlite import journal_mode

if TYPE_CHECKING:
    from ppad_annotation.service.campaigns import Campaign

_BUSY_S = 30
_LOCK_KEY = 0x50504144
"""Names the advisory lock; it is local to one PostgreSQL database."""
_EXCLUSIVE = "ppad_exclusive"
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

    @contextlib.contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            place = self.engine.url.render_as_string(hide_password=True)
            reason = str(error.orig).strip().splitlines()[0] if error.orig else "unknown reason"
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
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in (
        "foreign_keys = ON",
        f"busy_timeout = {_BUSY_S * 1000}",
        f"journal_mode = {journal_mode()}",
        "synchronous = FULL",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    exclusive = connection.get_execution_options().get(_EXCLUSIVE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if exclusive else "BEGIN")


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
