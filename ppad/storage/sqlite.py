"""What the SQLite that Python brings can be trusted with."""

from __future__ import annotations

import sqlite3

FIRST_WAL = (3, 7, 0)
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
