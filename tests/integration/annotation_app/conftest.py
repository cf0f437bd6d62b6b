"""One served campaign for all tests that only talk to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from fixtures.browser import running_chromium
from fixtures.served import Served, begin_served, serving


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A campaign of drawn items, served; every rater can be given every item."""
    folder = tmp_path_factory.mktemp("served") / "campaign"
    with serving(folder, begin_served(folder, items=40, raters_per_item=3)) as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser for all tests."""
    with running_chromium() as browser:
        yield browser
