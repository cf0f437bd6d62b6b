"""Gradio behind its doors, the headers of every answer, and what a rater's browser could learn of an item's source."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from fixtures.served import Client, Served, submission
from ppad.rubric import load_rubric
from ppad_annotation.service.raters import list_raters
from ppad_annotation.service.tables import Assignment, Item

NAMES = load_rubric("ppad-8").attribute_ids

CLOSED = [
    ("POST", "/gradio_api/upload"), ("GET", "/gradio_api/upload_progress?upload_id=x"), ("GET", "/gradio_api/file=campaign.yaml"),
    ("GET", "/gradio_api/file/campaign.yaml"), ("GET", "/gradio_api/proxy=https://evil.example/"), ("GET", "/gradio_api/info"),
    ("GET", "/gradio_api/openapi.json"), ("GET", "/config"), ("GET", "/gradio_api/deep_link?session_hash=x"),
    ("GET", "/gradio_api/token"), ("GET", "/gradio_api/app_id"), ("GET", "/gradio_api/runs"), ("POST", "/gradio_api/run/predict"),
    ("POST", "/gradio_api/api/predict"), ("POST", "/gradio_api/call/predict"), ("POST", "/gradio_api/call/v2/predict"),
    ("GET", "/gradio_api/call/predict/x"), ("POST", "/gradio_api/component_server"), ("POST", "/gradio_api/component_server/"),
    ("POST", "/gradio_api/process_recording"), ("POST", "/gradio_api/vibe-edit"), ("GET", "/gradio_api/vibe-code"),
    ("GET", "/gradio_api/dev/reload"), ("POST", "/login"), ("GET", "/logout"), ("POST", "/gradio_api/stream/x"),
    ("GET", "/gradio_api/custom_component/x/client/component/x.js"), ("POST", "/gradio_api/cancel"),
    ("GET", "/gradio_api/heartbeat/x"), ("GET", "/gradio_api/user"), ("GET", "/manifest.json"), ("GET", "/robots.txt"),
    ("GET", "/monitoring"), ("POST", "/gradio_api/reset"),
]  # fmt: skip
"""Routes that Gradio has and no page of ours needs."""


@pytest.fixture(scope="module")
def ada(served: Served) -> Client:
    return served.client("ada")


@pytest.fixture(scope="module")
def boss(served: Served) -> Client:
    return served.client("boss")


@pytest.mark.parametrize(("method", "path"), CLOSED, ids=lambda value: str(value))
def test_a_route_that_no_page_needs_does_not_exist(ada: Client, boss: Client, method: str, path: str) -> None:
    assert ada.request(method, f"/rate{path}").status_code == 404
    assert boss.request(method, f"/admin/en{path}").status_code == 404


def test_files_cannot_be_uploaded_by_anyone(ada: Client, boss: Client) -> None:
    files = {"files": ("x.html", b"<script>alert(1)</script>", "text/html")}
    assert ada.post("/rate/gradio_api/upload", files=files).status_code == 404
    assert boss.post("/admin/en/gradio_api/upload", files=files).status_code == 404


def test_the_rating_page_has_no_handler_to_call(ada: Client) -> None:
    forged = {"data": [], "fn_index": 0, "session_hash": "chosen-by-me"}
    assert ada.post("/rate/gradio_api/queue/join", json=forged).status_code == 404
    assert ada.get("/rate/gradio_api/queue/data?session_hash=chosen-by-me").status_code == 404
    page = ada.get("/rate").text
    config = json.loads(re.search(r"window\.gradio_config = (\{.*?\});</script>", page).group(1))  # type: ignore[union-attr]
    assert config["dependencies"] == []
    assert config["analytics_enabled"] is False


def handlers_of(boss: Client) -> list[dict[str, Any]]:
    page = boss.get("/admin/en").text
    config = json.loads(re.search(r"window\.gradio_config = (\{.*?\});</script>", page).group(1))  # type: ignore[union-attr]
    return config["dependencies"]


def test_a_rater_reaches_no_handler_of_the_board_under_any_session_name(served: Served, ada: Client, boss: Client) -> None:
    accounts = list_raters(served.db)
    for handler in handlers_of(boss):
        body = {"data": ["intruder"] * len(handler["inputs"]), "fn_index": handler["id"], "session_hash": "the-admins-own"}
        assert ada.post("/admin/en/gradio_api/queue/join", json=body).status_code == 403
        assert ada.post(f"/admin/en/gradio_api/run/{handler['api_name']}", json=body).status_code == 403
    assert ada.get("/admin/en/gradio_api/queue/data?session_hash=the-admins-own").status_code == 403
    assert list_raters(served.db) == accounts


def test_another_site_cannot_make_an_admins_browser_call_a_handler(boss: Client) -> None:
    body = {"data": [], "fn_index": handlers_of(boss)[0]["id"], "session_hash": "x"}
    evil = boss.post("/admin/en/gradio_api/queue/join", json=body, headers={"Origin": "https://evil.example"})
    assert (evil.status_code, evil.json()["code"]) == (403, "csrf")


def run_handler(boss: Client, number: int, data: list[Any]) -> dict[str, Any]:
    """What Gradio's own page does: join the queue, and read the stream until the answer is there."""
    asked = {"data": data, "fn_index": number, "session_hash": f"test-{number}"}
    assert boss.post("/admin/en/gradio_api/queue/join", json=asked).status_code == 200
    with boss.stream("GET", f"/admin/en/gradio_api/queue/data?session_hash=test-{number}") as stream:
        for line in stream.iter_lines():
            if line.startswith("data:") and (message := json.loads(line[5:]))["msg"] == "process_completed":
                return message
    raise AssertionError("the stream ended without an answer")


def test_an_admins_own_call_is_answered(boss: Client) -> None:
    shown = run_handler(boss, handlers_of(boss)[-1]["id"], [])  # loading the board
    assert shown["success"]
    assert "Items complete" in json.dumps(shown["output"]["data"])


OPEN_AGAIN_AND_AGAIN = """
import gradio as gr
from fastapi import FastAPI
from ppad_annotation.app.gradio_mount import PAGES_KEPT, Door, mount

app = FastAPI()
with gr.Blocks() as blocks:
    gr.HTML("board")
mount(app, Door("/board", "admin", ()), blocks)
kept = app.routes[-1].app.state_holder
for number in range(3 * PAGES_KEPT):
    kept[f"session-{number}"]
assert len(kept.session_data) == PAGES_KEPT
"""


def test_a_page_that_is_opened_again_and_again_does_not_fill_the_memory() -> None:
    done = subprocess.run([sys.executable, "-c", OPEN_AGAIN_AND_AGAIN], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


ASK_EVERY_HANDLER = """
import json, sys
from types import SimpleNamespace
import gradio as gr
from ppad_annotation.app.admin.agreement import Agreement
from ppad_annotation.app.admin.page import admin_page
from ppad_annotation.service.database import Database

url, *tokens = json.load(sys.stdin)
db = Database.open(url)
answers = []
for token in tokens:
    request = SimpleNamespace(cookies={"ppad_session": token}, username="boss", session_hash="the-admins-own")
    for handler in admin_page(db, "en", Agreement(db), secure=False).fns.values():
        try:
            answers.append(str(handler.fn(request, *["intruder"] * len(handler.inputs))))
        except gr.Error as error:
            answers.append(error.message)
print(json.dumps(answers))
"""


def test_every_handler_of_the_board_asks_for_the_admin_itself(served: Served, ada: Client) -> None:
    ended = served.client("boss")
    tokens = ["", "made-up", ada.cookies["ppad_session"], ended.cookies["ppad_session"]]
    ended.write("/logout")
    asked = json.dumps([served.db.engine.url.render_as_string(hide_password=False), *tokens])
    command = [sys.executable, "-c", ASK_EVERY_HANDLER]  # beside the tests: Gradio leaves things open
    answers = json.loads(subprocess.run(command, input=asked, capture_output=True, text=True, check=True).stdout)
    assert len(answers) >= 4 * 10
    assert set(answers) == {"Log in as an admin."}


def test_a_board_handler_refuses_texts_without_measure_and_says_nothing_of_its_insides(boss: Client) -> None:
    invite = next(handler for handler in handlers_of(boss) if len(handler["inputs"]) == 1)
    answer = run_handler(boss, invite["id"], ["x" * 5000])
    assert not answer["success"]
    assert "Traceback" not in json.dumps(answer)
    assert "/site-packages/" not in json.dumps(answer)


@pytest.mark.parametrize(
    "path", ["/login", "/rate", "/api/start", "/api/nothing", "/media/x", "/rate/assets/nothing.js", "/rate/theme.css"]
)
def test_every_answer_carries_the_security_headers(ada: Client, path: str) -> None:
    headers = ada.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "server" not in headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-inline'" not in policy.split("style-src")[0]
    assert not re.search(r"https?:|\*", policy)


def test_our_own_pages_allow_no_inline_script_style_or_eval(served: Served) -> None:
    policy = served.client().get("/login").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy


def test_a_page_of_gradio_runs_only_the_scripts_it_came_with(ada: Client) -> None:
    response = ada.get("/rate")
    inline = re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", response.text)
    assert response.headers["content-security-policy"].count("'sha256-") == len(inline) >= 3


def test_answers_that_hold_a_raters_data_are_kept_nowhere(ada: Client) -> None:
    assert ada.get("/api/start").headers["cache-control"] == "no-store"
    assert ada.get("/rate").headers["cache-control"] == "no-store"
    frame = ada.get(ada.claim()["frames"][0])
    assert frame.headers["cache-control"] == "private, max-age=604800, immutable"


@pytest.mark.parametrize("path", ["/api/start", "/rate", "/rate/theme.css"])
def test_no_other_site_may_read_an_answer(ada: Client, path: str) -> None:
    response = ada.get(path, headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in response.headers
    preflight = ada.options(path, headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"})
    assert "access-control-allow-origin" not in preflight.headers


def test_no_page_names_a_host_outside(ada: Client, served: Served) -> None:
    for page in (served.client().get("/login").text, ada.get("/rate").text):
        loaded = re.findall(r"""(?:src|href)=["'](https?:)?//""", page)
        assert loaded == []


def texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)
    else:
        yield str(value)


def test_an_item_tells_nothing_of_its_source_or_kind(served: Served, ada: Client) -> None:
    item = ada.claim()
    assert set(item) == {
        "assignment_id", "frames", "reference", "prompt", "sides", "locked", "draft", "head_event", "feedback_follows", "current"
    }  # fmt: skip
    with served.db.read() as session:
        row = (
            session.query(Item)
            .join(Assignment, Assignment.item_id == Item.id)
            .filter(Assignment.id == item["assignment_id"])
            .one()
        )
        hidden = [row.process_id, row.id, row.media_key, row.process_id.split("-")[0]]
    texts = "\n".join(texts_of(ada.get("/api/start").json()["work"]))
    assert [word for word in hidden if word in texts] == []
    assert not re.search(r"main|gold|repeat|extra|real|synthetic|simulated", texts)


def test_a_picture_carries_no_name_date_or_metadata(ada: Client) -> None:
    response = ada.get(ada.claim()["frames"][0])
    assert set(response.headers) & {"etag", "last-modified", "content-disposition", "accept-ranges"} == set()
    markers = set(re.findall(rb"\xff([\xe1-\xef\xfe])", response.content[:400]))
    assert markers == set()  # no EXIF, no ICC profile, no comment: JFIF alone


def test_the_same_item_has_other_addresses_for_every_rater(served: Served, ada: Client) -> None:
    ben = served.client("ben")
    for client in (ada, ben):
        for _ in range(3):
            client.write("/api/submit", submission(client.claim(), NAMES))
    pictures = [{rating["picture"] for rating in client.get("/api/history").json()["ratings"]} for client in (ada, ben)]
    assert pictures[0] & pictures[1] == set()
