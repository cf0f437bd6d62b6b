"""Every screen: accessible, in both languages and all surrounds; modes other than rating; what text from raters cannot do."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from fixtures.browser import item_of, keys, next_item, pass_through, saved, violations, violations_in_any_surround, visiting
from fixtures.campaigns import drawn_collection
from fixtures.served import Served, begin_served, serving
from ppad.media.images import encode_image
from ppad.rubric import load_rubric
from ppad_annotation.app.clock import utc_now
from ppad_annotation.service.flags import flag
from ppad_annotation.service.pairs import read_pairs
from ppad_annotation.service.queue import Done, claim, skip
from ppad_annotation.service.references import Reference
from ppad_annotation.service.tables import RatingEvent

NAMES = load_rubric("ppad-8").attribute_ids
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script> {{7*7}} ${7*7} \u202egnp.exe"

SIZES = """all => all.map((one) => {
  const { width, height } = one.getBoundingClientRect();
  return [one.id || one.textContent, width, height];
})"""
FOCUSED = "(({ id, parentElement, className }) => id || parentElement.id || className)(document.activeElement)"


@pytest.fixture(scope="module")
def rating(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A campaign with two calibration items and references, of which some was flagged and skipped."""
    folder = tmp_path_factory.mktemp("screens") / "campaign"
    collection = drawn_collection(folder.with_name("collection"), 8)
    ids = [f"drawn-{number:012x}" for number in range(2)]
    experts = {name: Reference("calibration", dict.fromkeys(NAMES, 5.5), "Mind the edges.") for name in ids}
    with serving(folder, begin_served(folder, collection, references=experts, calibration=2)) as server:
        yield server


@pytest.mark.parametrize(("language", "surround"), [("en", "light"), ("zh", "middle"), ("en", "dark")])
def test_the_rating_screens_are_accessible(chromium: Browser, rating: Served, language: str, surround: str) -> None:
    with visiting(chromium, rating.url, "cleo", language) as page:
        page.evaluate("name => localStorage.setItem('ppad-surround', name)", surround)
        page.reload()
        page.wait_for_selector("#ppad[data-ready=yes]")
        found = {"locked": violations(page)}
        pass_through(page)
        keys(page, "d e")
        page.wait_for_timeout(300)
        found["open"] = violations(page)
        for key, name in (("?", "help"), ("g", "flag"), ("k", "skip"), ("h", "history")):
            keys(page, key)
            page.wait_for_selector("dialog[open]")
            found[name] = violations(page)
            keys(page, "Escape")
        keys(page, "z")
        found["break"] = violations(page)
    assert not any(found.values()), found


def test_on_a_tablet_nothing_to_press_is_smaller_than_44_pixels(chromium: Browser, rating: Served) -> None:
    for width, height in ((1024, 768), (768, 1024)):
        tablet: dict[str, Any] = {"viewport": {"width": width, "height": height}, "has_touch": True, "is_mobile": True}
        with visiting(chromium, rating.url, "ben", **tablet) as page:
            pass_through(page)
            sizes = page.locator("#ppad button:visible, #ppad select:visible, #film > div").evaluate_all(SIZES)
            assert len(sizes) > 30
            assert [size for size in sizes if min(size[1:]) < 43.9] == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert violations(page) == []


def test_the_focus_goes_through_the_page_in_the_order_of_the_work(chromium: Browser, rating: Served) -> None:
    with visiting(chromium, rating.url, "ben") as page:
        pass_through(page)
        page.locator("#title").focus()
        visited = []
        for _ in range(60):
            keys(page, "Tab")
            visited.append(page.evaluate(FOCUSED))
        order = ["action-undo", "frame", "film", "play", "score", "critique", "submit"]
        places = [visited.index(name) for name in order]
        assert places == sorted(places)


def test_a_calibration_item_is_followed_by_the_experts_scores(chromium: Browser, rating: Served) -> None:
    with visiting(chromium, rating.url, "ada") as page:
        pass_through(page)
        keys(page, "7 7 7 7 7 7 7 x Control+Enter")
        page.wait_for_selector("dialog[open] .feedback")
        rows = [row.split() for row in page.locator("dialog tbody tr").all_inner_texts()]
        assert rows[0] == ["Consistency", "7", "5.5", "+1.5"]
        assert rows[-1] == ["Composition", "depth", "n/a", "5.5", "–"]
        assert page.get_by_text("Mind the edges.").is_visible()
        assert violations(page) == []
        before = item_of(page)
        keys(page, "Enter")
        next_item(page, before)


def test_the_preference_form_shows_no_source_and_stores_what_was_meant(chromium: Browser, tmp_path: Path) -> None:
    collection = drawn_collection(tmp_path / "collection", 2)
    for name, score in (("model-of-us", 3), ("model-of-them", 8)):
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(["process_id", *NAMES, "critique"])
            table.writerows([f"drawn-{number:012x}", *[score] * 8, f"Says {score}."] for number in range(2))
    pairs = read_pairs([tmp_path / "model-of-us.csv", tmp_path / "model-of-them.csv"], load_rubric("ppad-8"))
    folder = tmp_path / "campaign"
    db = begin_served(folder, collection, pairs=pairs, mode="preference")
    with serving(folder, db) as server, visiting(chromium, server.url) as page:
        pass_through(page)
        assert "model" not in page.locator("#ppad").inner_text()
        assert violations(page) == []
        sides = page.locator(".side").all_inner_texts()
        high = 0 if "Says 8." in sides[0] else 1
        item = item_of(page)
        keys(page, f"{'13'[high]} Control+Enter")
        next_item(page, item)
        saved(page)
        with server.db.read() as session:
            (event,) = session.query(RatingEvent).all()
        assert (event.choice, event.scores) == ("a", {})  # a: model-of-them, the first by name


def test_an_artwork_gets_five_dimensions_a_typed_overall_score_and_a_critique(chromium: Browser, tmp_path: Path) -> None:
    import numpy as np

    (tmp_path / "pictures").mkdir()
    for number in range(2):
        (tmp_path / "pictures" / f"{number}.jpg").write_bytes(encode_image(np.full((60, 80, 3), 90 + number, np.uint8)))
    folder = tmp_path / "campaign"
    db = begin_served(folder, tmp_path / "pictures", rubric="artwork-5", critique="required")
    with serving(folder, db) as server, visiting(chromium, server.url) as page:
        pass_through(page)
        item = item_of(page)
        keys(page, "7 6 5 8 9")
        assert page.locator(".slider").get_attribute("aria-valuetext") == "not set"
        assert page.locator("#number-overall").input_value() == ""
        assert violations(page) == []
        keys(page, "8 3")
        assert page.locator(".slider").input_value() == "83"
        keys(page, "Control+Enter")
        assert page.locator("#notice").inner_text() == "A written critique is asked for."
        page.fill("#critique", "Sure of hand.")
        keys(page, "Control+Enter")
        page.wait_for_function("before => document.querySelector('#ppad').dataset.assignment !== before", arg=item)
        saved(page)
        with server.db.read() as session:
            (event,) = session.query(RatingEvent).all()
        assert (event.scores["overall"], event.scores["originality"], event.critique) == (83, 7, "Sure of hand.")


def test_what_raters_write_is_shown_as_text_in_their_history_and_on_the_board(chromium: Browser, rating: Served) -> None:
    with visiting(chromium, rating.url, "ben") as page:
        pass_through(page)
        item = item_of(page)
        keys(page, "7 7 7 7 7 7 7 7")
        page.fill("#critique", HOSTILE)
        keys(page, "Control+Enter")
        page.wait_for_selector("dialog[open] .feedback")
        keys(page, "Enter")
        next_item(page, item)
        saved(page)
        keys(page, "h")
        page.locator("dialog[open] .history").wait_for()
        assert page.locator("dialog .words").first.inner_text() == HOSTILE
        assert page.title() != "owned"
    flag(rating.db, item, rating.ids["ben"], "other", HOSTILE, utc_now())
    with rating.db.read() as session:
        process = session.query(RatingEvent).filter_by(assignment_id=item).one()
        held = process.item_id
    with visiting(chromium, rating.url, "boss") as page:
        page.get_by_role("tab", name="Flags and skips").click()
        assert page.locator("#board-problems .words").first.inner_text() == HOSTILE
        page.get_by_role("tab", name="Disputed items").click()
        page.get_by_label("Process").fill(_process_of(rating, held))
        page.get_by_role("button", name="Find").click()
        page.locator("#board-disputes .words").first.wait_for()
        assert HOSTILE in page.locator("#board-disputes .words").all_inner_texts()
        assert page.title() != "owned"
        assert page.locator(".board img[src=x]").count() == 0


def _process_of(server: Served, item_id: str) -> str:
    from ppad_annotation.service.tables import Item

    with server.db.read() as session:
        return session.get_one(Item, item_id).process_id


def test_when_everything_is_rated_the_page_says_so(chromium: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "campaign"
    db = begin_served(folder, items=1, raters_per_item=1)
    with serving(folder, db) as server, visiting(chromium, server.url) as page:
        pass_through(page)
        keys(page, "7 7 7 7 7 7 7 7 Control+Enter")
        page.wait_for_selector("#rest:not([hidden])")
        assert "You have rated 1 item. Thank you." in page.locator("#rest").inner_text()
        assert violations_in_any_surround(page) == {}
        assert isinstance(claim(db, server.ids["ada"], utc_now()), Done)


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
def test_the_board_is_accessible_in_every_tab(chromium: Browser, rating: Served, language: str, scheme: str) -> None:
    with visiting(chromium, rating.url, "boss", language, color_scheme=scheme) as page:
        found = {}
        for tab in page.get_by_role("tab").all():
            tab.click()
            page.wait_for_timeout(250)
            found[tab.inner_text()] = violations(page)
        assert len(found) == 7
        assert not any(found.values()), found


def test_an_admin_invites_a_rater_excludes_one_and_takes_it_back(chromium: Browser, rating: Served) -> None:
    with visiting(chromium, rating.url, "boss") as page:
        page.get_by_role("tab", name="Raters", exact=True).click()
        page.get_by_label("Login of the new rater").fill("dora")
        page.get_by_role("button", name="Invite").click()
        page.locator(".told", has_text="dora: ").wait_for()
        password = page.locator(".told").inner_text().split(": ")[1].split(" ")[0]
        assert rating.client().log_in("dora", password).status_code == 200
        page.get_by_role("tab", name="Exclusions").click()
        page.get_by_role("button", name="Leave out, by this decision").click()
        page.locator(".told", has_text="Choose one from the list first.").wait_for()
        page.get_by_label("Rater to leave out").click()
        page.get_by_role("option").filter(has_text="cleo").click()
        page.get_by_label("Reason").fill("Asked for it.")
        page.get_by_role("button", name="Leave out, by this decision").click()
        page.locator("#board-exclusions td", has_text="in force").wait_for()
        page.get_by_label("Decision").click()
        page.get_by_role("option").first.click()
        page.get_by_role("button", name="Revoke the decision").click()
        page.locator("#board-exclusions td", has_text="revoked").wait_for()


def test_the_login_page_is_accessible_in_both_languages(chromium: Browser, rating: Served) -> None:
    for language, word in (("en", "Log in"), ("zh", "登录")):
        with visiting(chromium, rating.url, None, language) as page:
            assert page.locator("button").inner_text() == word
            assert violations(page) == []
            page.fill("#login", "ada")
            page.fill("#password", "wrong-password")
            page.click("button[type=submit]")
            assert page.locator("[role=alert]").inner_text() != ""
            assert violations(page) == []


def test_a_skipped_item_is_on_the_board_with_its_reason(chromium: Browser, rating: Served) -> None:
    client = rating.client("cleo")
    skip(rating.db, client.claim()["assignment_id"], rating.ids["cleo"], "known: my own work", utc_now())
    with visiting(chromium, rating.url, "boss") as page:
        page.get_by_role("tab", name="Flags and skips").click()
        page.get_by_text("I know this work or its maker: my own work").wait_for()
