"""The rating page where the server's disk is full, and where the browser's clock is set: what was entered is not lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser

from fixtures.browser import item_of, keys, next_item, pass_through, saved, visiting
from fixtures.faults import Disk, mounted
from fixtures.served import Served, begin_served, serving
from ppad_annotation.service.checking import check
from ppad_annotation.service.tables import RatingEvent


@dataclass(frozen=True)
class Place:
    """A served campaign, and the disk that it lies on."""

    disk: Disk
    served: Served


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with mounted(tmp_path_factory.mktemp("broken") / "disk", 40) as disk:
        folder = disk.place / "campaign"
        with serving(folder, begin_served(folder, items=8, raters_per_item=3)) as server:
            yield Place(disk, server)


def test_a_rating_waits_in_the_browser_while_the_disk_is_full(place: Place, chromium: Browser) -> None:
    with visiting(chromium, place.served.url, "ada") as page:
        pass_through(page)
        item = item_of(page)
        keys(page, "7 7 7 7 7 7 7 7")
        page.wait_for_timeout(900)
        saved(page)
        place.disk.leave(0)
        keys(page, "Control+Enter")
        page.wait_for_function("document.querySelector('#saved').dataset.state === 'offline'")
        with place.served.db.read() as session:
            assert session.query(RatingEvent).count() == 0
        place.disk.clear()
        saved(page)
        next_item(page, item)
    with place.served.db.read() as session:
        assert [event.assignment_id for event in session.query(RatingEvent)] == [item]
    assert check(place.served.db).problems == []


SET_BACK = """
async () => {
  const file = [...document.querySelectorAll("link[rel=modulepreload]")].find((link) => link.href.includes("draft")).href;
  const { Draft } = await import(file);
  const [now, key] = [Date.now(), ["a rater", "an assignment"]];
  Date.now = () => now + 86400e3;
  const draft = new Draft(...key, null);
  draft.setScore("consistency", 5);
  const stored = structuredClone(draft.values);
  Date.now = () => now;
  draft.setScore("consistency", 6);
  return new Draft(...key, stored).scores.consistency;
}
"""


def test_what_is_entered_after_the_clock_was_set_back_counts_as_later(place: Place, chromium: Browser) -> None:
    """The server holds a draft of tomorrow, and has not heard of what the browser keeps of today."""
    with visiting(chromium, place.served.url, "ben") as page:
        assert page.evaluate(SET_BACK) == 6
