"""The rating page in a real browser, by keyboard."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from fixtures.browser import item_of, keys, next_item, pass_through, saved, violations_in_any_surround, visiting
from fixtures.campaigns import PASSWORD, answer
from fixtures.served import Served, begin_served, serving
from ppad.rubric import load_rubric
from ppad_annotation.app.clock import utc_now
from ppad_annotation.service.raters import add_rater
from ppad_annotation.service.ratings import submit
from ppad_annotation.service.tables import Assignment, Draft, Flag, RatingEvent

NAMES = load_rubric("ppad-8").attribute_ids


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("rating") / "campaign"
    with serving(folder, begin_served(folder, items=12, raters_per_item=50, max_raters_per_item=50)) as server:
        yield server


@pytest.fixture
def login(campaign: Served) -> str:
    """A rater that no other test has worked as."""
    name = f"rater-of-{uuid.uuid4().hex[:12]}"
    add_rater(campaign.db, name, PASSWORD, "rater", utc_now())
    return name


@pytest.fixture
def page(chromium: Browser, campaign: Served, login: str) -> Iterator[Page]:
    with visiting(chromium, campaign.url, login) as page:
        pass_through(page)
        yield page


def events(campaign: Served, assignment_id: str) -> list[RatingEvent]:
    with campaign.db.read() as session:
        return session.query(RatingEvent).filter_by(assignment_id=assignment_id).order_by(RatingEvent.seq).all()


def scores(event: RatingEvent) -> list[int | None]:
    return [event.scores[name] for name in NAMES]


def answers(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("#overview .said").all_text_contents()]


def test_the_form_opens_after_one_full_pass_and_starts_without_answers(chromium: Browser, campaign: Served, login: str) -> None:
    with visiting(chromium, campaign.url, login, reduced_motion="reduce") as page:
        assert "3" in page.locator("#lock").inner_text()
        keys(page, "7")
        assert answers(page) == ["–"] * 8
        for _ in range(2):
            page.wait_for_timeout(200)
            keys(page, "ArrowRight")
        pass_through(page)
        assert answers(page) == ["–"] * 8
        assert page.locator(".score[aria-checked=true]").count() == 0


def test_a_frame_that_only_flew_by_does_not_count_as_seen(chromium: Browser, campaign: Served, login: str) -> None:
    with visiting(chromium, campaign.url, login, reduced_motion="reduce") as page:
        page.wait_for_timeout(300)
        keys(page, "ArrowRight ArrowRight Home")
        page.wait_for_timeout(300)
        assert page.locator("#film .seen").count() < 3


def test_an_item_is_rated_with_eight_digits_and_one_chord(page: Page, campaign: Served) -> None:
    item = item_of(page)
    keys(page, "7 0 1 x 5 6 8 9")
    assert answers(page) == ["7", "10", "1", "n/a", "5", "6", "8", "9"]
    keys(page, "Control+Enter")
    next_item(page, item)
    saved(page)
    (event,) = events(campaign, item)
    assert scores(event) == [7, 10, 1, None, 5, 6, 8, 9]
    assert event.full_pass
    assert event.active_ms is not None


def test_an_open_question_is_shown_instead_of_submitting(page: Page, campaign: Served) -> None:
    keys(page, "ArrowDown 7 Control+Enter")
    assert page.locator("#notice").inner_text() == "7 questions are still open."
    assert page.locator("#overview [aria-current=true] .name").inner_text() == "Consistency"
    assert events(campaign, item_of(page)) == []


def test_keys_in_the_critique_are_text(page: Page) -> None:
    keys(page, "c")
    page.keyboard.type("777 xx ?ghu ")
    assert page.locator("#critique").input_value() == "777 xx ?ghu "
    assert answers(page) == ["–"] * 8
    assert page.locator("dialog[open]").count() == 0
    keys(page, "Escape 7")
    assert answers(page)[0] == "7"


def test_after_submitting_from_the_critique_keys_mean_the_next_item(page: Page) -> None:
    item = item_of(page)
    keys(page, "7 7 7 7 7 7 7 7 c")
    page.keyboard.type("Done.")
    keys(page, "Control+Enter")
    next_item(page, item)
    keys(page, "5")
    assert answers(page)[0] == "5"
    assert page.locator("#critique").input_value() == ""


def test_single_letters_can_be_switched_off(page: Page) -> None:
    keys(page, "?")
    page.get_by_label("Shortcuts of single characters are on").uncheck()
    keys(page, "Escape 7 h")
    assert answers(page) == ["–"] * 8
    assert page.locator("dialog[open]").count() == 0
    page.locator("#action-help").click()
    page.get_by_label("Shortcuts of single characters are on").check()
    keys(page, "Escape 7")
    assert answers(page)[0] == "7"


def test_every_shortcut_is_in_the_help(page: Page) -> None:
    keys(page, "?")
    shown = page.locator("dialog dt").all_inner_texts()
    assert len(shown) == len(set(shown)) >= 27
    assert page.locator("dialog dd").first.inner_text() == "play, pause"


def test_a_reload_in_the_middle_loses_nothing(page: Page) -> None:
    item = item_of(page)
    keys(page, "7 8")
    page.fill("#critique", "Half a thought")
    page.reload()
    pass_through(page)
    assert item_of(page) == item
    assert answers(page)[:3] == ["7", "8", "–"]
    assert page.locator("#critique").input_value() == "Half a thought"


def test_a_draft_goes_on_at_another_computer(page: Page, chromium: Browser, campaign: Served, login: str) -> None:
    item = item_of(page)
    keys(page, "3 4")
    saved(page)
    page.wait_for_timeout(900)
    saved(page)
    with campaign.db.read() as session:
        assert session.get_one(Draft, item).body["full_pass"] is True
    with visiting(chromium, campaign.url, login) as other:
        assert item_of(other) == item
        pass_through(other)
        assert answers(other)[:3] == ["3", "4", "–"]


def rate(page: Page, scores: str = "7 7 7 7 7 7 7 7") -> str:
    item = item_of(page)
    keys(page, f"{scores} Control+Enter")
    next_item(page, item)
    return item


def test_without_a_connection_work_goes_on_and_is_sent_once_it_is_back(page: Page, campaign: Served) -> None:
    page.wait_for_function("document.querySelector('#ppad').dataset.next")
    page.wait_for_timeout(500)
    page.context.set_offline(True)
    item = rate(page, "2 3 4 5 6 7 8 9")
    page.wait_for_function("document.querySelector('#saved').dataset.state === 'offline'")
    assert "1 rating is kept in this browser" in page.locator("#saved").inner_text()
    assert events(campaign, item) == []
    page.context.set_offline(False)
    saved(page)
    (event,) = events(campaign, item)
    assert scores(event) == [2, 3, 4, 5, 6, 7, 8, 9]


def test_a_browser_that_keeps_nothing_still_sends_every_rating(page: Page, campaign: Served) -> None:
    page.evaluate("void (Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); })")
    item = rate(page, "6 6 6 6 6 6 6 6")
    saved(page)
    assert [scores(event) for event in events(campaign, item)] == [[6] * 8]


def test_with_nothing_prepared_the_page_waits_for_the_server_and_goes_on(page: Page, campaign: Served) -> None:
    page.route("**/api/upcoming", lambda route: route.fulfill(json={"state": "none"}))
    page.reload()
    pass_through(page)
    item = item_of(page)
    keys(page, "5 5 5 5 5 5 5 5")
    page.wait_for_timeout(700)
    page.route("**/api/claim", lambda route: route.abort())
    keys(page, "Control+Enter")
    page.get_by_text("The server cannot be reached").wait_for()
    assert violations_in_any_surround(page) == {}
    page.unroute("**/api/claim")
    next_item(page, item)
    assert [scores(event) for event in events(campaign, item)] == [[5] * 8]


def test_an_answer_that_got_lost_is_asked_for_again_under_the_same_id(page: Page, campaign: Served) -> None:
    sent: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        sent.append(route.request.post_data_json["event_id"])
        if len(sent) == 1:
            route.fetch()  # the server stores it, the browser never hears of it
            route.abort()
        else:
            route.continue_()

    page.route("**/api/submit", lose_the_first_answer)
    item = rate(page)
    saved(page)
    page.wait_for_timeout(200)
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert len(events(campaign, item)) == 1


def test_saved_is_said_only_after_the_commit(page: Page) -> None:
    held: list[Route] = []
    page.route("**/api/submit", lambda route: held.append(route))
    rate(page)
    page.wait_for_timeout(500)
    assert len(held) == 1
    assert page.locator("#saved").get_attribute("data-state") == "saving"
    held[0].continue_()
    saved(page)


def test_an_ended_session_asks_to_log_in_again_and_nothing_is_lost(page: Page, campaign: Served, login: str) -> None:
    keys(page, "7 7 7 7 7 7 7 7")
    saved(page)
    page.wait_for_timeout(900)
    item = item_of(page)
    page.context.clear_cookies(name="ppad_session")
    keys(page, "Control+Enter")
    page.wait_for_selector("dialog[open] #again-login")
    page.fill("#again-login", login)
    page.fill("#again-password", PASSWORD)
    keys(page, "Enter")
    page.wait_for_selector("dialog:not([open])", state="attached")
    saved(page)
    assert len(events(campaign, item)) == 1


def test_the_next_item_needs_no_picture_that_is_not_there_already(page: Page) -> None:
    page.wait_for_function("document.querySelector('#ppad').dataset.next")
    page.wait_for_timeout(700)
    expected = page.locator("#ppad").get_attribute("data-next")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    before = item_of(page)
    keys(page, "7 7 7 7 7 7 7 7 Control+Enter")
    page.wait_for_function("before => document.querySelector('#ppad').dataset.assignment !== before", arg=before)
    assert item_of(page) == expected
    assert [url for url in asked if f"/media/{expected}" in url] == []


def test_the_last_rating_can_be_opened_and_revised(page: Page, campaign: Served) -> None:
    item = rate(page, "5 5 5 5 5 5 5 5")
    saved(page)
    current = item_of(page)
    keys(page, "u")
    page.wait_for_function("item => document.querySelector('#ppad').dataset.assignment === item", arg=item)
    assert answers(page) == ["5"] * 8
    assert "earlier rating" in page.locator("#notice").inner_text()
    keys(page, "9 Control+Enter")
    page.wait_for_function("item => document.querySelector('#ppad').dataset.assignment === item", arg=current)
    first, second = events(campaign, item)
    assert (first.event_type, second.event_type) == ("submit", "revise")
    assert scores(second) == [9, 5, 5, 5, 5, 5, 5, 5]


def test_a_rating_can_be_taken_back_and_given_anew(page: Page, campaign: Served) -> None:
    item = rate(page, "4 4 4 4 4 4 4 4")
    saved(page)
    keys(page, "h")
    page.locator("dialog .history li button").first.click()
    page.get_by_role("button", name="Take this rating back").click()
    page.locator("dialog").get_by_role("button", name="Take this rating back").click()
    page.wait_for_function("document.querySelector('#title').textContent === 'Rate this painting process'")
    assert item_of(page) == item
    assert answers(page) == ["4"] * 8
    keys(page, "Control+Enter")
    next_item(page, item)
    saved(page)
    assert [event.event_type for event in events(campaign, item)] == ["submit", "withdraw", "revise"]


def test_a_rating_that_was_changed_elsewhere_is_not_overwritten_and_stays_in_the_form(page: Page, campaign: Served) -> None:
    item = rate(page, "4 4 4 4 4 4 4 4")
    saved(page)
    keys(page, "u")
    page.wait_for_function("item => document.querySelector('#ppad').dataset.assignment === item", arg=item)
    with campaign.db.read() as session:
        mine = session.get_one(Assignment, item).rater_id
    elsewhere = answer(campaign.db, item, 1, prev_event=events(campaign, item)[0].event_id)
    submit(campaign.db, elsewhere, mine, utc_now())
    keys(page, "8 Control+Enter")
    page.get_by_text("This rating was changed elsewhere.").wait_for()
    assert [scores(event) for event in events(campaign, item)] == [[4] * 8, [1] * 8]
    page.locator("#notice").get_by_role("button", name="Open").click()
    page.wait_for_function("item => document.querySelector('#ppad').dataset.assignment === item", arg=item)
    assert answers(page) == ["8", *["4"] * 7]


def test_skipping_needs_a_reason_and_brings_another_item(page: Page) -> None:
    item = item_of(page)
    keys(page, "k")
    page.locator("dialog button[type=submit]").click()
    assert page.locator("dialog .wrong").inner_text() == "Choose a reason."
    page.get_by_label("I know this work or its maker").check()
    page.locator("dialog button[type=submit]").click()
    next_item(page, item)


def test_a_flag_reaches_the_database_and_the_item_stays(page: Page, campaign: Served) -> None:
    item = item_of(page)
    keys(page, "g")
    page.get_by_label("Something else").check()
    page.locator("dialog button[type=submit]").click()
    assert page.locator("dialog .wrong").inner_text() == "Say in a few words what it is."
    page.fill("#reason-words", "Frame 2 is upside down.")
    page.locator("dialog button[type=submit]").click()
    page.wait_for_selector("#notice:not([hidden])")
    assert item_of(page) == item
    with campaign.db.read() as session:
        assert session.query(Flag).filter_by(assignment_id=item).one().text == "Frame 2 is upside down."


def pins(page: Page, campaign: Served) -> list[dict[str, Any]]:
    item = item_of(page)
    keys(page, "7 7 7 7 7 7 7 7 Control+Enter")
    next_item(page, item)
    saved(page)
    return events(campaign, item)[0].pins


def test_evidence_is_pinned_by_dragging_on_the_frame(page: Page, campaign: Served) -> None:
    box = page.locator("#frame").bounding_box()
    assert box is not None
    keys(page, "End ArrowLeft p")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 40, y - 20)
    page.mouse.down()
    page.mouse.move(x + 40, y + 20, steps=3)
    page.mouse.up()
    page.wait_for_selector("#question .pins li")
    (pin,) = pins(page, campaign)
    left, top, width, height = pin["box"]
    assert (pin["attribute"], pin["frame"]) == ("consistency", 1)
    assert abs(left + width / 2 - 0.5) < 0.02
    assert abs(top + height / 2 - 0.5) < 0.02
    assert 0 < width < 0.5


def test_evidence_is_pinned_by_keyboard_alone(page: Page, campaign: Served) -> None:
    keys(page, "ArrowDown End p ArrowRight ArrowRight Shift+ArrowDown Enter")
    (pin,) = pins(page, campaign)
    assert (pin["attribute"], pin["frame"]) == ("style_stability", 2)
    assert pin["box"] == pytest.approx([0.415, 0.375, 0.25, 0.27], abs=0.001)


def test_the_view_of_frame_and_reference_zooms_and_moves_in_step(page: Page) -> None:
    keys(page, "+ + +")
    assert page.locator("#zoom-shown").inner_text() == "195 %"
    page.locator("#frame").hover()
    page.mouse.wheel(0, -400)
    assert page.locator("#zoom-shown").inner_text() != "195 %"
    keys(page, "f")
    assert page.locator("#zoom-shown").inner_text() == "100 %"


def test_the_language_is_changed_in_place_and_the_draft_stays(page: Page) -> None:
    keys(page, "7")
    page.select_option("#language", "zh")
    page.wait_for_function("document.documentElement.lang === 'zh'")
    page.wait_for_selector("#ppad[data-ready=yes]")
    pass_through(page)
    assert page.locator("#overview .name").first.inner_text() == "一致性"
    assert answers(page)[0] == "7"
