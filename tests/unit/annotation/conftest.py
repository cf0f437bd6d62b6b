"""The same tests run on SQLite and on PostgreSQL."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.postgresql import fresh_database, memory_folder
from ppad_annotation.service.database import Database


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory."""
    with tempfile.TemporaryDirectory(dir=memory_folder()) as name:
        yield Path(name)


@pytest.fixture
def sqlite_db(folder: Path) -> Iterator[Database]:
    """An SQLite database without tables."""
    db = Database.open(f"sqlite:///{folder / 'campaign.sqlite'}")
    yield db
    db.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_db(request: pytest.FixtureRequest, folder: Path) -> Iterator[Database]:
    """A database without tables, of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_db")
        return
    db = Database.open(fresh_database(request.getfixturevalue("postgresql_server")), folder / "media")
    yield db
    db.close()
