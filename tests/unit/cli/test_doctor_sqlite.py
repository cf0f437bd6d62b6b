"""What `ppad doctor` says of SQLite."""

from __future__ import annotations

import sqlite3

import pytest

from ppad.cli.doctor import _sqlite
from ppad.storage import sqlite
from ppad.storage.sqlite import missing_features


def test_this_sqlite_has_what_a_campaign_needs() -> None:
    assert missing_features() == []
    assert _sqlite()["state"] == "ok"


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ((3, 40, 1), "3.40.1, rollback journal: before 3.51.3 a write-ahead journal can corrupt"),
        ((3, 51, 3), "3.51.3, write-ahead journal"),
    ],
)
def test_the_journal_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], words: str) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    assert words in _sqlite()["found"]


def test_what_is_missing_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    class WithoutJson(sqlite3.Connection):
        def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:
            if "json" in sql:
                raise sqlite3.OperationalError("no such table: json_each")
            return super().execute(sql, *parameters)

    real = sqlite3.connect
    monkeypatch.setattr(sqlite.sqlite3, "connect", lambda place: real(place, factory=WithoutJson))
    finding = _sqlite()
    assert (finding["state"], finding["found"].split(", ", 1)[1]) == ("warning", "without JSON functions")
