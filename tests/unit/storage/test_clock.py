"""The time that is written into files."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from ppad.storage import timestamp


def test_the_time_is_fixed_where_the_environment_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    assert timestamp() == "2026-01-01T00:00:00Z"


def test_otherwise_it_is_now_in_utc_to_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", timestamp())
    assert abs(datetime.fromisoformat(timestamp()) - datetime.now(UTC)) < timedelta(minutes=1)
