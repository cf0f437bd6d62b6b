"""Who may do what: tried over HTTP, as an attacker would."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from fixtures.campaigns import PASSWORD
from fixtures.served import Client, Served, submission
from ppad.rubric import load_rubric
from ppad_annotation.service.tables import RatingEvent

NAMES = load_rubric("ppad-8").attribute_ids
WRITES = ["claim", "upcoming", "heartbeat", "draft", "submit", "withdraw", "skip", "flag"]


@pytest.fixture(scope="module")
def ada(served: Served) -> Client:
    return served.client("ada")


@pytest.fixture(scope="module")
def ben(served: Served) -> Client:
    return served.client("ben")


@pytest.fixture(scope="module")
def boss(served: Served) -> Client:
    return served.client("boss")


def events_of(served: Served, assignment_id: str) -> int:
    with served.db.read() as session:
        return session.query(RatingEvent).filter_by(assignment_id=assignment_id).count()


@pytest.mark.parametrize(
    "path", ["/api/start", "/api/history", "/api/session", f"/api/assignment/{'a' * 22}", f"/media/{'a' * 22}0"]
)
def test_who_is_not_logged_in_reads_nothing(served: Served, path: str) -> None:
    response = served.client().get(path)
    assert (response.status_code, response.json()["code"]) == (401, "not-logged-in")


@pytest.mark.parametrize("page", ["/", "/rate", "/rate/", "/admin/en", "/admin/zh/"])
def test_who_is_not_logged_in_is_led_to_the_login(served: Served, page: str) -> None:
    response = served.client().get(page)
    assert (response.status_code, response.headers["location"]) == (303, "/login")


@pytest.mark.parametrize(
    "path", ["/rate/config", "/rate/assets/index.js", "/admin/en/gradio_api/queue/join", "/rate/gradio_api/info"]
)
def test_nothing_of_gradio_answers_without_a_session(served: Served, path: str) -> None:
    assert served.client().get(path).status_code == 401


def test_the_session_cookie_is_out_of_reach_of_scripts_and_of_other_sites(served: Served) -> None:
    response = served.client().log_in("ada")
    cookie = next(value for value in response.headers.get_list("set-cookie") if value.startswith("ppad_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_logging_in_makes_a_new_token_whatever_the_browser_brought(served: Served) -> None:
    client = served.client()
    client.cookies.set("ppad_session", "planted-by-an-attacker")
    client.log_in("ada")
    tokens = [cookie.value for cookie in client.cookies.jar if cookie.name == "ppad_session"]
    assert any(token and len(token) == 43 for token in tokens)
    planted = served.client()
    planted.cookies.set("ppad_session", "planted-by-an-attacker")
    assert planted.get("/api/session").status_code == 401


def test_logging_out_ends_the_session_on_the_server(served: Served) -> None:
    client = served.client("ada")
    token = client.cookies["ppad_session"]
    assert client.write("/logout").status_code == 200
    again = served.client()
    again.cookies.set("ppad_session", token)
    assert again.get("/api/session").status_code == 401


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("token", ["", "wrong", "ü"])
def test_a_write_without_the_sessions_token_is_refused(ada: Client, name: str, token: str) -> None:
    response = ada.post(f"/api/{name}", json={}, headers={"X-CSRF-Token": token.encode()})
    assert (response.status_code, response.json()["code"]) == (403, "csrf")


def test_the_token_of_another_session_is_refused(ada: Client, ben: Client) -> None:
    assert ada.post("/api/claim", json={}, headers={"X-CSRF-Token": ben.csrf}).status_code == 403


def test_a_write_from_another_site_is_refused_even_with_the_token(ada: Client) -> None:
    assert ada.write("/api/claim", headers={"Origin": "https://evil.example"}).status_code == 403
    assert ada.write("/api/claim", headers={"Origin": str(ada.base_url).rstrip("/")}).status_code == 200


@pytest.mark.parametrize("origin", ["http://[::1", "https://\u2100.example".encode("utf-8").decode("latin-1"), "null", "http://"])
def test_an_origin_that_is_no_address_is_another_site(ada: Client, origin: str) -> None:
    answer = ada.write("/api/claim", headers={"Origin": origin.encode("latin-1")})  # type: ignore[dict-item]
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")


def test_a_login_form_of_another_site_is_refused(served: Served) -> None:
    asked = {"login": "ada", "password": PASSWORD, "form": "made-up"}
    assert served.client().post("/login", data=asked).status_code == 403
    client = served.client()
    form = client.get("/login/token").json()["form"]
    evil = client.post("/login", data=asked | {"form": form}, headers={"Origin": "https://evil.example"})
    assert evil.status_code == 403


def test_wrong_passwords_lock_the_login_and_no_other(served: Served) -> None:
    client = served.client()
    answers = [client.log_in("nobody-here", f"guess number {guess}") for guess in range(6)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 429, 429]
    assert int(answers[-1].headers["retry-after"]) >= 25
    assert client.log_in("ada").status_code == 200


def test_a_wrong_login_and_a_wrong_password_look_alike(served: Served) -> None:
    client = served.client()
    unknown, wrong = client.log_in("no-such-login", "x" * 12), client.log_in("cleo", "x" * 12)
    assert (unknown.status_code, unknown.text) == (wrong.status_code, wrong.text)


def test_another_raters_item_is_refused_in_every_call(ada: Client, ben: Client) -> None:
    item = ada.claim()
    key = item["assignment_id"]
    attempts = [
        ben.get(f"/api/assignment/{key}"),
        ben.write("/api/heartbeat", {"assignment_id": key}),
        ben.write("/api/draft", {"assignment_id": key, "draft": {"critique": "planted"}}),
        ben.write("/api/submit", submission(item, NAMES)),
        ben.write("/api/withdraw", {"assignment_id": key, "event_id": str(uuid.uuid4()), "prev_event": str(uuid.uuid4())}),
        ben.write("/api/skip", {"assignment_id": key, "reason": "other", "text": "gone"}),
        ben.write("/api/flag", {"assignment_id": key, "reason": "other", "text": "planted"}),
    ]
    assert {(attempt.status_code, attempt.json()["code"]) for attempt in attempts} == {(403, "not-allowed")}
    assert ada.claim()["draft"] is None


def test_another_raters_picture_and_one_that_does_not_exist_are_refused_alike(ada: Client, ben: Client) -> None:
    frame = ada.claim()["frames"][0]
    assert ada.get(frame).status_code == 200
    theirs, none = ben.get(frame), ben.get(f"/media/{'a' * 22}0")
    assert (theirs.status_code, theirs.content) == (none.status_code, none.content) == (403, none.content)


def test_media_ids_cannot_be_stretched(ada: Client) -> None:
    frame = ada.claim()["frames"][0]
    for ending in ("9", "-1", "00", "0.jpg", "r", "0/../1", "%00", "0" * 5000, "٣"):
        assert ada.get(frame[:-1] + ending).status_code in (400, 403, 404, 414, 422), ending


def test_ids_that_are_no_ids_are_refused_politely(ada: Client) -> None:
    for key in ("", "x", "'; DROP TABLE item;--", "a" * 5000, None, 7, {"$ne": ""}, ["a"]):
        assert ada.write("/api/heartbeat", {"assignment_id": key}).status_code == 422
    assert ada.get("/api/assignment/..%2f..%2fetc").status_code in (403, 404)


def test_an_admin_does_not_rate_and_a_rater_sees_no_board(ada: Client, boss: Client) -> None:
    assert boss.get("/api/start").status_code == 403
    assert boss.write("/api/claim").status_code == 403
    assert boss.get("/rate").status_code == 403
    assert boss.get("/admin/en").status_code == 200
    for path in ("", "/", "/config", "/gradio_api/info", "/gradio_api/queue/data?session_hash=x", "/theme.css"):
        assert ada.get(f"/admin/en{path}").status_code == 403


def test_a_replayed_submission_is_stored_once_and_answered_alike(served: Served, ada: Client) -> None:
    item = ada.claim()
    body = submission(item, NAMES)
    first, again = ada.write("/api/submit", body), ada.write("/api/submit", body)
    assert first.status_code == 200
    assert first.json() == again.json()
    assert events_of(served, item["assignment_id"]) == 1


def test_a_submission_sent_eight_times_at_once_is_stored_once(served: Served, ada: Client) -> None:
    item = ada.claim()
    body = submission(item, NAMES)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ada.write("/api/submit", body), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert events_of(served, item["assignment_id"]) == 1


def test_a_used_id_with_other_scores_is_a_conflict(served: Served, ada: Client) -> None:
    item = ada.claim()
    body = submission(item, NAMES)
    ada.write("/api/submit", body)
    changed = ada.write("/api/submit", body | {"scores": dict.fromkeys(NAMES, 1)})
    assert (changed.status_code, changed.json()["code"]) == (409, "conflict")
    assert events_of(served, item["assignment_id"]) == 1


def test_two_windows_that_revise_the_same_rating_do_not_both_win(served: Served, ada: Client) -> None:
    item = ada.claim()
    head = ada.write("/api/submit", submission(item, NAMES)).json()["event_id"]
    one, other = (submission(item, NAMES, score, prev_event=head) for score in (3, 9))
    assert ada.write("/api/submit", one).status_code == 200
    assert ada.write("/api/submit", other).status_code == 409
    assert events_of(served, item["assignment_id"]) == 2


def test_a_rater_goes_back_through_own_ratings_and_opens_one(ada: Client) -> None:
    item = ada.claim()
    ada.write(
        "/api/submit",
        submission(
            item, NAMES, 4, critique="Seen twice.", cannot_judge=[NAMES[0]], scores={**dict.fromkeys(NAMES, 4), NAMES[0]: None}
        ),
    )
    newest = ada.get("/api/history?limit=1").json()["ratings"][0]
    assert (newest["assignment_id"], newest["critique"], newest["cannot_judge"]) == (
        item["assignment_id"],
        "Seen twice.",
        [NAMES[0]],
    )
    assert ada.get(newest["picture"]).status_code == 200
    opened = ada.get(f"/api/assignment/{item['assignment_id']}").json()["item"]
    assert opened["current"]["scores"] == dict.fromkeys(NAMES[1:], 4)
    assert opened["head_event"] is not None


@pytest.mark.parametrize(
    "change",
    [
        {"scores": dict.fromkeys(NAMES, 0)},
        {"scores": dict.fromkeys(NAMES, 11)},
        {"scores": dict.fromkeys(NAMES, "7")},
        {"scores": dict.fromkeys(NAMES, True)},
        {"scores": dict.fromkeys(NAMES, 7.5)},
        {"scores": {NAMES[0]: 7}},
        {"scores": dict.fromkeys((*NAMES, "beauty"), 7)},
        {"scores": []},
        {"cannot_judge": [NAMES[0]]},
        {"choice": "left"},
        {"critique": "x" * 20_001},
        {"critique": "a\u0000b"},
        {"pins": [{"attribute": NAMES[0], "frame": 99, "box": [0, 0, 1, 1]}]},
        {"pins": [{"attribute": NAMES[0], "frame": 0, "box": [0.5, 0, 1, 1]}]},
        {"pins": [{"attribute": "beauty", "frame": 0}]},
        {"pins": [{"frame": 0}] * 65},
        {"active_ms": -1},
        {"full_pass": False},
        {"event_id": "not-a-uuid"},
        {"event_id": "A" * 36},
        {"kind": "gold"},
        {"rater_id": "somebody-else"},
    ],
    ids=lambda change: f"{next(iter(change))}-{json.dumps(next(iter(change.values())))[:24]}",
)
def test_a_rating_that_breaks_a_rule_is_refused_and_leaves_nothing(served: Served, ada: Client, change: dict[str, Any]) -> None:
    item = ada.claim()
    response = ada.write("/api/submit", submission(item, NAMES) | change)
    assert (response.status_code, response.json()["code"]) == (422, "form-invalid")
    assert events_of(served, item["assignment_id"]) == 0


def test_larger_bodies_than_the_app_has_a_use_for_are_not_read(ada: Client) -> None:
    declared = ada.post("/api/draft", content=b"{" + b" " * 500_000 + b"}", headers={"X-CSRF-Token": ada.csrf})
    assert declared.status_code == 413

    def pieces() -> Iterator[bytes]:
        yield from (b" " * 50_000 for _ in range(20))

    streamed = ada.post("/api/draft", content=pieces(), headers={"X-CSRF-Token": ada.csrf, "Content-Type": "application/json"})
    assert streamed.status_code == 413
    assert ada.claim()


def test_a_draft_beyond_its_limit_or_absurdly_deep_is_refused(ada: Client) -> None:
    key = ada.claim()["assignment_id"]
    large = ada.write("/api/draft", {"assignment_id": key, "draft": {"critique": "x" * 300_000}})
    assert large.status_code == 422
    deep = '{"assignment_id": "%s", "draft": {"a": %s}}' % (key, "[" * 50_000 + "]" * 50_000)  # noqa: UP031
    response = ada.post("/api/draft", content=deep, headers={"X-CSRF-Token": ada.csrf, "Content-Type": "application/json"})
    assert response.status_code in (400, 422)


@pytest.mark.parametrize(
    "path",
    ["/static/../server.py", "/static/%2e%2e/server.py", "/rate/assets/..%2f..%2f..%2froutes.py", "/rate/static/../../routes.py",
     "/rate/svelte/%2e%2e/%2e%2e/routes.py", "/media/..%2f..%2fcampaign.yaml", "/rate/gradio_api/file=/etc/passwd",
     "/admin/en/gradio_api/file=../campaign.yaml", "/rate/gradio_api/file/etc/passwd"],
)  # fmt: skip
@pytest.mark.parametrize("who", ["ada", "boss"])
def test_no_path_leads_out_of_its_folder(ada: Client, boss: Client, who: str, path: str) -> None:
    client = ada if who == "ada" else boss
    response = client.send(client.build_request("GET", httpx.URL(str(client.base_url) + path)))
    assert response.status_code in (303, 400, 403, 404)
    assert b"root:" not in response.content
    assert b"import" not in response.content


def test_secrets_do_not_get_into_the_log(served: Served, ada: Client) -> None:
    served.client().log_in("ada", "a-wrong-password-in-a-log")
    ada.write("/api/submit", {"scores": "broken"})
    ada.get("/media/" + "b" * 22)
    text = served.log.read_text()
    for secret in (PASSWORD, "a-wrong-password-in-a-log", ada.csrf or "?", ada.cookies.get("ppad_session", "?"), "$argon2"):
        assert secret not in text
    assert re.search(r"log in at http://127\.0\.0\.1:\d+", text)
