"""What the SQLite that Python brings can be trusted with."""

from __future__ import annotations

import contextlib
import sqlite3

WAL_RESET_FIXED = (3, 51, 3)
"""From 3.7.0 up to the version before this one, two connections that write and checkpoint at once can corrupt a database
in write-ahead mode ("the WAL-reset bug", sqlite.org/wal.html)."""

Version = tuple[int, int, int]


def sqlite_version() -> Version:
    """Version of the SQLite library that this Python uses."""
    return sqlite3.sqlite_version_info


def journal_mode(version: Version | None = None) -> str:
    """The journal that is safe with several connections: write-ahead where its bug is fixed, else a rollback journal."""
    return "wal" if (version or sqlite_version()) >= WAL_RESET_FIXED else "truncate"


def missing_features() -> list[str]:
    """What a campaign's database needs and this SQLite was built without: foreign keys, durable commits, JSON."""
    needs = {
        "foreign keys": ("PRAGMA foreign_keys = ON", "PRAGMA foreign_keys", 1),
        "synchronous commits": ("PRAGMA synchronous = FULL", "PRAGMA synchronous", 2),
        "JSON functions": ("SELECT 1", "SELECT count(*) FROM json_each('[1, 2]')", 2),
    }
    missing = []
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        for name, (prepare, ask, wanted) in needs.items():
            try:
                connection.execute(prepare)
                found = connection.execute(ask).fetchone()
            except sqlite3.Error:
                found = None
            if found != (wanted,):
                missing.append(name)
    return missing
