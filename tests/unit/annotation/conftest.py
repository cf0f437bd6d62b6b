"""The same tests run on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.postgresql import fresh_database
from ppad_annotation.service.database import Database


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without tables."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'campaign.sqlite'}"
    else:
        url = fresh_database(request.getfixturevalue("postgresql_server"))
    db = Database.open(url, tmp_path / "media")
    yield db
    db.close()
