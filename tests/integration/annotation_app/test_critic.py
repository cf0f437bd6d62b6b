"""What a critic says of an item reaches a rater after the own rating and never before: tried as an attacker would."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser

from fixtures.browser import visiting
from fixtures.served import Client, Served, begin_served, serving, submission
from ppad.critique import Critique, Passage, render
from ppad.errors import ConfigError, NotFoundError
from ppad.rubric import load_rubric
from ppad_annotation.app.critic import Critiques
from ppad_annotation.service.tables import Assignment, Audit, Item

RUBRIC = load_rubric("ppad-8")
SECRET = "The lagoon drifts quixotically."


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A campaign of eight items that shows a critic on each."""
    folder = tmp_path_factory.mktemp("critic") / "campaign"
    db = begin_served(folder, items=8)
    with db.read() as session:
        ids = sorted(item.process_id for item in session.query(Item))
    said = Critique({name: Passage(3.25, SECRET) for name in RUBRIC.attribute_ids}, "As a whole, hasty.")
    file = folder / "critiques.jsonl"
    lines = [{"input": f"collection/{name}.parquet", "text": render(said, RUBRIC), "frames": 9} for name in ids]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    with serving(folder, db, options=["--critic", str(file)]) as server:
        yield server


def asked(client: Client, assignment_id: str) -> tuple[int, Any]:
    response = client.write("/api/critic", {"assignment_id": assignment_id})
    return response.status_code, response.json()


def rate(client: Client, item: Any, **changes: Any) -> Any:
    response = client.write("/api/submit", submission(item, RUBRIC.attribute_ids, **changes))
    assert response.status_code == 200, response.text
    return response.json()


def test_a_rater_reads_the_critic_on_an_item_after_rating_it_and_not_before(shown: Served) -> None:
    client = shown.client("ada")
    item = client.claim()
    assert asked(client, item["assignment_id"])[0] == 403
    rate(client, item)
    status, said = asked(client, item["assignment_id"])
    assert (status, said["scores"]["consistency"], said["words"]["detail_depth"]) == (200, 3.2, SECRET)
    assert said["remarks"] == "As a whole, hasty."


def test_nothing_that_the_page_loads_before_a_rating_holds_it(shown: Served) -> None:
    client = shown.client("ben")
    item = client.claim()
    upcoming = client.write("/api/upcoming").text
    again = client.get(f"/api/assignment/{item['assignment_id']}").text
    for text in (client.get("/api/start").text, upcoming, again, client.get("/rate/").text, client.get("/api/history").text):
        assert "quixotically" not in text and "hasty" not in text
    assert client.get("/api/start").json()["critic"] is True
    client.write("/api/draft", {"assignment_id": item["assignment_id"], "draft": {"answers": {}}})
    assert asked(client, item["assignment_id"])[0] == 403


def test_the_rating_of_another_rater_a_withdrawn_one_and_an_invented_id_open_nothing(shown: Served) -> None:
    ada, ben = shown.client("ada"), shown.client("ben")
    item = ada.claim()
    stored = rate(ada, item)
    assert asked(ben, item["assignment_id"])[0] == 403
    assert asked(ada, "a" * 22)[0] == 403
    assert asked(ada, "../../etc")[0] == 422
    body = {"assignment_id": item["assignment_id"], "event_id": str(uuid.uuid4()), "prev_event": stored["event_id"]}
    assert ada.write("/api/withdraw", body).status_code == 200
    assert asked(ada, item["assignment_id"])[0] == 403
    assert ada.post("/api/critic", json={"assignment_id": item["assignment_id"]}).status_code == 403
    assert shown.client().post("/api/critic", json={"assignment_id": item["assignment_id"]}).status_code == 401
    assert shown.client("boss").write("/api/critic", {"assignment_id": item["assignment_id"]}).status_code == 403


def test_an_open_repeat_hides_it_again_until_it_is_rated_too(shown: Served) -> None:
    client = shown.client("cleo")
    item = client.claim()
    rate(client, item)
    assert asked(client, item["assignment_id"])[0] == 200
    with shown.db.write() as session:
        row = session.get_one(Assignment, item["assignment_id"])
        facts = {name: getattr(row, name) for name in ("item_id", "rater_id", "position", "flipped", "claimed_at", "lease_until")}
        session.add(Assignment(id="b" * 22, replicate=1, kind="repeat", state="reserved", **facts))
    assert asked(client, item["assignment_id"])[0] == 403
    assert asked(client, "b" * 22)[0] == 403
    with shown.db.write() as session:
        session.delete(session.get_one(Assignment, "b" * 22))


def test_the_first_look_is_on_record_once(shown: Served) -> None:
    client = shown.client("cleo")
    item = client.claim()
    rate(client, item)
    for _ in range(3):
        asked(client, item["assignment_id"])
    with shown.db.read() as session:
        found = session.query(Audit).filter_by(action="critic-shown", target=item["assignment_id"]).all()
    assert [one.actor for one in found] == [shown.ids["cleo"]]


def test_a_campaign_shows_no_critic_unless_it_is_asked_to(served: Served) -> None:
    client = served.client("ada")
    item = client.claim()
    rate(client, item)
    assert client.get("/api/start").json()["critic"] is False
    assert asked(client, item["assignment_id"])[0] == 404


def test_the_history_leads_to_it_in_the_browser(shown: Served, chromium: Browser) -> None:
    with visiting(chromium, shown.url, "cleo") as page:
        page.get_by_role("button", name="History").first.click()
        page.get_by_role("button", name="Critic", exact=True).first.click()
        page.get_by_role("heading", name="What the critic says").wait_for()
        assert page.get_by_text(SECRET).count() == len(RUBRIC.attribute_ids)
        page.get_by_role("button", name="Close").click()
        page.get_by_role("heading", name="Your ratings").wait_for()


@pytest.mark.parametrize("content", ["", "no JSON\n", '{"input": "a"}\n', '{"input": 3, "text": "x"}\n'])
def test_a_file_that_holds_no_critiques_is_refused_when_the_campaign_is_served(tmp_path: Path, content: str) -> None:
    file = tmp_path / "critiques.jsonl"
    file.write_text(content)
    with pytest.raises(ConfigError, match="no critique"):
        Critiques(file, RUBRIC)
    with pytest.raises(NotFoundError):
        Critiques(tmp_path / "none.jsonl", RUBRIC)


def test_critiques_are_found_by_the_process_that_their_row_names(tmp_path: Path) -> None:
    rows = [{"input": "boat-0123456789ab", "text": "Style stability: 4/10."}, {"input": "photos\\hut.jpg", "text": "Fine."}]
    (tmp_path / "said.jsonl").write_text("\n".join(map(json.dumps, rows)))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "said.parquet")
    for name in ("said.jsonl", "said.parquet"):
        found = Critiques(tmp_path / name, RUBRIC)
        assert found.of("boat-0123456789ab")["scores"]["style_stability"] == 4
        assert found.of("hut.jpg")["remarks"] == "Fine."
        with pytest.raises(NotFoundError, match="has not judged"):
            found.of("another")
