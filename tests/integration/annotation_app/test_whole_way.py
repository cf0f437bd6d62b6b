"""Three raters in real browsers, from the login to a dataset that holds their scores."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, Page

from fixtures.browser import item_of, keys, pass_through, saved, visiting
from fixtures.campaigns import drawn_collection
from fixtures.served import NAMES, Served, begin_served, serving
from ppad.rubric import load_rubric
from ppad_annotation.service.tables import Assignment, Item

ATTRIBUTES = load_rubric("ppad-8").attribute_ids
ITEMS = 4
SEVERITY = {"ada": 0, "ben": 1, "cleo": -1}


def scores_of(process_id: str, rater: str) -> list[int]:
    """What a rater says of a process: it follows from both, so that the dataset can be foretold."""
    number = int(process_id.split("-")[1], 16)
    return [2 + number + attribute % 2 + SEVERITY[rater] for attribute in range(len(ATTRIBUTES))]


def process_shown(server: Served, page: Page) -> str:
    with server.db.read() as session:
        assignment = session.get_one(Assignment, item_of(page))
        return session.get_one(Item, assignment.item_id).process_id


def enter(server: Served, page: Page, rater: str, first: int = 0) -> str:
    """Answer by digits, from question `first` on; the keys that were pressed."""
    pass_through(page)
    pressed = [str(score % 10) for score in scores_of(process_shown(server, page), rater)][first:]
    keys(page, " ".join(pressed))
    return "".join(pressed)


def submit(page: Page) -> None:
    before = item_of(page)
    keys(page, "Control+Enter")
    page.wait_for_function(
        "before => document.querySelector('#ppad').dataset.assignment !== before || !document.querySelector('#rest').hidden",
        arg=before,
        timeout=60_000,
    )


def ppad(*arguments: object) -> None:
    result = subprocess.run([sys.executable, "-m", "ppad", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_from_three_raters_in_their_browsers_to_scores_in_a_dataset(chromium: Browser, tmp_path: Path) -> None:
    collection = drawn_collection(tmp_path / "collection", ITEMS, size=(96, 64))
    folder = tmp_path / "campaign"
    with serving(folder, begin_served(folder, collection)) as server:
        with ExitStack() as stack:
            pages = {name: stack.enter_context(visiting(chromium, server.url, name)) for name in NAMES}
            for name, page in pages.items():
                enter(server, page, name)
                page.fill("#critique", f"{name} looked closely.")
                submit(page)
            reload_in_the_middle(server, pages["ada"])
            lose_the_connection(server, pages["ben"])
            for name, page in pages.items():
                while page.locator("#rest").is_hidden():
                    enter(server, page, name)
                    submit(page)
                saved(page)
                assert f"You have rated {ITEMS} items." in page.locator("#rest").inner_text()
        the_admin_sees_agreement(chromium, server)
    ppad("ratings", "export", folder, "--out", tmp_path / "export")
    ppad("build", collection, "--ratings", tmp_path / "export" / "ratings.parquet", "--out", tmp_path / "dataset")
    ppad("check", tmp_path / "dataset")
    rows = [row for file in (tmp_path / "dataset" / "data").glob("*.parquet") for row in pq.read_table(file).to_pylist()]
    assert len(rows) == ITEMS
    for row in rows:
        said = [scores_of(row["process_id"], name) for name in NAMES]
        assert [row[name] for name in ATTRIBUTES] == pytest.approx([sum(each) / 3 for each in zip(*said, strict=True)])
        assert row["n_raters"] == 3
    words = {row["critique"] for row in pq.read_table(tmp_path / "export" / "ratings.parquet").to_pylist() if row["critique"]}
    assert words == {f"{name} looked closely." for name in NAMES}
    assert not any(name in json.dumps(rows, default=str) for name in NAMES)  # pseudonyms alone leave the campaign


def reload_in_the_middle(server: Served, page: Page) -> None:
    """Half a form survives a reload; the other half is entered after it."""
    pass_through(page)
    half = [str(score % 10) for score in scores_of(process_shown(server, page), "ada")][:4]
    keys(page, " ".join(half))
    page.reload()
    page.wait_for_selector("#ppad[data-ready=yes]")
    pass_through(page)
    assert [text.strip() for text in page.locator("#overview .said").all_text_contents()[:4]] == [
        f"{int(key) or 10}" for key in half
    ]
    enter(server, page, "ada", first=4)
    submit(page)


def lose_the_connection(server: Served, page: Page) -> None:
    """Two items are rated without a connection: the one shown, and the next one, whose pictures were there already."""
    pass_through(page)
    page.wait_for_function("document.querySelector('#ppad').dataset.next !== document.querySelector('#ppad').dataset.assignment")
    page.wait_for_timeout(1000)
    page.context.set_offline(True)
    enter(server, page, "ben")
    submit(page)
    enter(server, page, "ben")
    assert page.locator("#saved").get_attribute("data-state") == "offline"
    page.context.set_offline(False)
    submit(page)
    saved(page)


def the_admin_sees_agreement(chromium: Browser, server: Served) -> None:
    with visiting(chromium, server.url, "boss") as page:
        assert f"{ITEMS} / {ITEMS}" in page.locator("#board-overview .figures").inner_text()
        page.get_by_role("tab", name="Agreement").click()
        page.get_by_role("button", name="Compute now").click()
        page.locator("#board-agreement table").wait_for(timeout=120_000)
        reliability = page.locator("#board-agreement tbody tr").first.locator("td").nth(1).inner_text()
        assert float(reliability.split()[0]) > 0.8  # severity apart, all three say the same
        page.get_by_role("tab", name="Raters", exact=True).click()
        severities = page.locator("#board-raters tbody tr").evaluate_all("rows => rows.map((row) => row.cells[8].textContent)")
        assert len(severities) == 3
