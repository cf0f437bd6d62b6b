"""Fixtures that every test may use."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))  # so that tests find `fixtures`

from fixtures.faults import Disk, mounted
from fixtures.postgresql import running_postgresql
from fixtures.real_data import real_data_folder

# A shared core may stand still for seconds, so that no example is timed; nothing is kept between runs.
settings.register_profile("ppad", deadline=None, max_examples=50, database=None)
settings.load_profile("ppad")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever starts servers, browsers or commands is slow, each test of it or all together."""
    for item in items:
        if {"integration", "e2e"} & set(item.path.relative_to(Path(__file__).parent).parts):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real recordings, paintings and ratings."""
    return real_data_folder()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """URL of a PostgreSQL server on loopback, without a database's name."""
    with running_postgresql() as url:
        yield url


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of 40 MB."""
    with mounted(tmp_path / "disk", 40) as disk:
        yield disk


@pytest.fixture
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time that files carry is 1 January 2026, here and in worker processes."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
