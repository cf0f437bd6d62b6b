"""The raters' app as strangers and raters may call it: paths, queries, headers, cookies, JSON, forms.

A campaign stands as it would after a while: Ada has an item before her and one that she rated, so has Ben. What the bytes say is
a few requests of guests, of Ada or of the admin, made as a server hands them to the app. No answer may be a fault, or tell of
Ben; nothing of his may change.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlencode

from fixtures.campaigns import PASSWORD, drawn_collection
from fixtures.postgresql import memory_folder
from fixtures.served import submission
from tests.fuzz.choices import WORDS, Choices
from tests.fuzz.promises import contained

MOST_REQUESTS = 5
SLOWEST_S = 30.0
SECRET = "what Ben said in confidence"

_GETS = (
    "/", "/login", "/admin", "/login/token", "/api/start", "/api/session", "/api/history", "/api/assignment/{id}",
    "/media/{media}", "/rate", "/rate/theme.css", "/rate/assets/{text}", "/rate/{text}", "/admin/en/{text}", "/static/{text}",
    "/{text}", "/api/{text}",
)  # fmt: skip
_POSTS = (
    "/login", "/logout", "/api/claim", "/api/upcoming", "/api/heartbeat", "/api/draft", "/api/submit", "/api/withdraw",
    "/api/skip", "/api/flag", "/api/critic",
)  # fmt: skip


def seeds() -> Iterator[bytes]:
    """Each address once, plainly, by each of them; then whatever bytes say."""
    for who in range(3):
        for number in range(len(_GETS)):
            yield bytes([who, 0, number])
        for number in range(len(_POSTS)):
            yield bytes([who, 1, number])
    for start in range(8):
        yield bytes((start * 37 + step * 11) % 256 for step in range(80))


def target(data: bytes) -> None:
    """Make the requests, look at every answer, and at what became of the campaign."""
    choices = Choices(data)
    stage = _stage()
    stage.restore()
    before = stage.rows_of("ben")
    with contained():
        for _ in range(MOST_REQUESTS):
            request = _request(stage, choices)
            answer = stage.loop.run_until_complete(asyncio.wait_for(_answer(stage.app, request), SLOWEST_S))
            _check(stage, request, answer)
            if not choices.left:
                break
    assert stage.rows_of("ben") == before, "something of Ben's changed"
    stage.check_history()


@dataclass
class _Request:
    who: str
    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    fault: Exception | None


async def _answer(app: Any, request: _Request) -> _Answer:
    """What the app answers, called as a server calls it."""
    sent, told, parts = False, dict[str, Any](), bytearray()

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            told.update(message)
        else:
            parts.extend(message.get("body", b""))

    raw_path = quote(request.path, safe="/%").encode()
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "method": request.method,
        "path": unquote_to_bytes(raw_path).decode("utf-8", "replace"), "raw_path": raw_path, "root_path": "",
        "query_string": request.query.encode("utf-8", "replace"), "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 80),
        "headers": [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in request.headers],
    }  # fmt: skip
    fault = None
    try:
        await app(scope, receive, send)
    except Exception as error:  # noqa: BLE001 - Starlette raises a fault again when it has answered 500
        fault = error
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in told.get("headers", ())}
    return _Answer(told.get("status", 0), headers, bytes(parts), fault)


def _check(stage: _Stage, request: _Request, answer: _Answer) -> None:
    where = f"{request.who} {request.method} {request.path!r}"
    if answer.fault is not None:
        raise AssertionError(f"{where}: {answer.fault!r}") from answer.fault
    assert 200 <= answer.status < 500, f"{where} is answered {answer.status}: {answer.body[:300]!r}"
    for name in ("x-content-type-options", "x-frame-options", "content-security-policy", "cache-control"):
        assert name in answer.headers, f"{where} lacks {name}"
    if answer.headers.get("content-type", "").startswith("application/json") and request.method != "HEAD":
        said = json.loads(answer.body)
        assert answer.status < 400 or not request.path.startswith("/api/") or {"code", "message", "fix"} <= set(said), where
    hidden = [
        SECRET,
        "$argon2",
        "Traceback",
        "site-packages",
        "sqlalchemy",
        stage.tokens["ben"],
        stage.csrf["ben"],
        stage.ids["ben"],
    ]
    if request.who != "boss":
        hidden += [stage.tokens["boss"], stage.csrf["boss"], *stage.theirs]
    text = answer.body.decode("utf-8", "replace") + json.dumps(dict(answer.headers))
    assert not [word for word in hidden if word in text], f"{where} tells what is hidden"


class _Stage:
    """A campaign in a folder of its own, the app in front of it, and the way back to how it was."""

    def __init__(self) -> None:
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        from argon2 import PasswordHasher

        from ppad_annotation.app.application import build_app
        from ppad_annotation.service import passwords
        from ppad_annotation.service.config import CampaignConfig
        from ppad_annotation.service.importing import create_campaign
        from ppad_annotation.service.raters import add_rater
        from ppad_annotation.service.workspace import Workspace

        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        passwords._hasher = lambda: quick  # type: ignore[assignment] # thousands of logins a minute
        passwords._nobody.cache_clear()
        self._folder = tempfile.TemporaryDirectory(prefix="ppad-forms-", dir=memory_folder())
        root = Path(self._folder.name)
        self.db = Workspace(root / "campaign").make()
        config = CampaignConfig(long_side=64, repeats=0, gold=0, balanced=False, lease_minutes=1e6)
        create_campaign(self.db, config, drawn_collection(root / "collection", 6), datetime.now(UTC))
        roles = {"ada": "rater", "ben": "rater", "boss": "admin"}
        self.ids = {name: add_rater(self.db, name, PASSWORD, role, datetime.now(UTC)).id for name, role in roles.items()}
        self._log_in()
        self._work()
        self.app = build_app(self.db)
        self.loop = asyncio.new_event_loop()
        self._file = str(self.db.engine.url.database)
        self._kept = sqlite3.connect(":memory:", check_same_thread=False)
        with sqlite3.connect(self._file) as now:
            now.backup(self._kept)

    def _log_in(self) -> None:
        from ppad_annotation.service.sessions import LoggedIn, check_login

        found = {name: check_login(self.db, name, PASSWORD, datetime.now(UTC)) for name in self.ids}
        logged_in = {name: one for name, one in found.items() if isinstance(one, LoggedIn)}
        self.tokens = {name: one.token for name, one in logged_in.items()}
        self.csrf = {name: one.session.csrf for name, one in logged_in.items()}

    def _work(self) -> None:
        """Both rate an item, and have the next before them with a draft."""
        from ppad_annotation.service.campaigns import campaign
        from ppad_annotation.service.drafts import save_draft
        from ppad_annotation.service.queue import claim
        from ppad_annotation.service.ratings import submit
        from ppad_annotation.service.submissions import Submission

        self.attributes = campaign(self.db).rubric.attribute_ids
        work: dict[str, tuple[Any, Any, Any]] = {}
        for name, said in (("ada", "Mine."), ("ben", SECRET)):
            now = datetime.now(UTC)
            item: Any = claim(self.db, self.ids[name], now)
            asked = submission({"head_event": None, "assignment_id": item.id}, self.attributes, critique=said)
            event = submit(self.db, Submission(**(asked | {"cannot_judge": (), "pins": ()})), self.ids[name], now)
            following: Any = claim(self.db, self.ids[name], now)
            save_draft(self.db, following.id, self.ids[name], {"critique": said}, now)
            work[name] = (item, event, following)
        (rated, event, live), (their_rated, their_event, their_live) = work["ada"], work["ben"]
        self.known = (live.id, rated.id, their_live.id, their_rated.id, "A" * 22, "x")
        self.events = (event.event_id, their_event.event_id, "0" * 8 + "-0000-4000-8000-" + "0" * 12, None, "x")
        self.pictures = (live.item.frames[0], rated.item.frames[-1], their_live.item.frames[0], live.id + "r", live.id + "99")
        self.theirs = (their_event.event_id, f'"{their_live.id}"', f'"{their_rated.id}"')

    def restore(self) -> None:
        """The campaign as it was."""
        with sqlite3.connect(self._file) as now:
            self._kept.backup(now)
        now.close()

    def rows_of(self, name: str) -> list[Any]:
        """Everything that is stored of a rater's work."""
        asked = (
            "SELECT * FROM rating_event WHERE rater_id = ?",
            "SELECT id, state, reason, kind, replicate, lease_until FROM assignment WHERE rater_id = ?",
            "SELECT draft.* FROM draft JOIN assignment ON assignment.id = draft.assignment_id WHERE rater_id = ?",
            "SELECT id, login, password_hash, role, disabled_at, done, load FROM rater WHERE id = ?",
        )
        connection = sqlite3.connect(self._file)
        try:
            return [connection.execute(query, (self.ids[name],)).fetchall() for query in asked]
        finally:
            connection.close()

    def check_history(self) -> None:
        """The history holds, and what is derived from it is right."""
        from ppad_annotation.service.checking import check

        assert not (problems := check(self.db).problems), problems


@cache
def _stage() -> _Stage:
    return _Stage()


def _request(stage: _Stage, choices: Choices) -> _Request:
    who = choices.one(("ada", "guest", "boss"))
    writes = choices.flag()
    address = choices.one(_POSTS if writes else _GETS)
    method = (
        ("POST" if writes else "GET")
        if choices.whole(0, 7)
        else choices.one(("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "GET"))
    )
    path = address.replace("{id}", choices.one(stage.known)) if "{id}" in address else address
    path = path.replace("/media/{media}", f"/media/{choices.one(stage.pictures)}") if "{media}" in path else path
    path = path.replace("{text}", choices.text()) if "{text}" in path else path
    query = (
        urlencode({choices.one(("limit", "offset", "language", "x")): choices.one((str(choices.number()), choices.text()))})
        if choices.flag()
        else ""
    )
    kind, body = _body(stage, address, choices) if writes else ("", b"")
    headers = [("host", "127.0.0.1"), *_headers(stage, who, choices)]
    headers += [("content-type", kind)] if kind else []
    headers += [("content-length", str(len(body)) if choices.whole(0, 7) else choices.one(("", "²", "-1", "9" * 30, "0", "1e3")))]
    return _Request(who, method, path, query, headers, body)


def _headers(stage: _Stage, who: str, choices: Choices) -> Iterator[tuple[str, str]]:
    cookies = [f"ppad_session={stage.tokens[who]}"] if who in stage.tokens else []
    cookies += ["ppad_form=F"]
    if not choices.whole(0, 7):
        cookies.append(f"{choices.one(('ppad_session', 'ppad_language', 'ppad_form', 'x'))}={quote(choices.text())}")
    yield "cookie", "; ".join(cookies)
    yield "x-csrf-token", stage.csrf.get(who, "") if choices.whole(0, 7) else choices.one((choices.text(), stage.csrf["ben"]))
    if not choices.whole(0, 3):
        yield (
            "origin",
            choices.one(("http://127.0.0.1", "null", "http://[::1", "https://evil.example", "http://\u2100", choices.text())),
        )
    if not choices.whole(0, 3):
        names = (
            "accept",
            "accept-language",
            "accept-encoding",
            "range",
            "if-none-match",
            "if-modified-since",
            "x-forwarded-for",
            "te",
        )
        yield choices.one(names), choices.one(("application/json", "zh", "bytes=0-", "*", choices.text()))


def _body(stage: _Stage, address: str, choices: Choices) -> tuple[str, bytes]:
    """Type and bytes of what is sent."""
    if not choices.whole(0, 7):
        return choices.one(
            ("application/json", "text/plain", "multipart/form-data; boundary=b", "application/x-www-form-urlencoded")
        ), choices.rest()
    if address == "/login":
        form = {
            "login": choices.one(("ada", "ADA ", "nobody", choices.text())),
            "password": choices.one((PASSWORD, "wrong", choices.text())),
        }
        form["form"] = choices.one(("F", "F", choices.text()))
        return "application/x-www-form-urlencoded", urlencode(form, errors="replace").encode()
    values = _sound_body(stage, address, choices)
    for _ in range(choices.whole(0, 3)):
        name = choices.one(sorted(values) or ["x"])
        match choices.whole(0, 3):
            case 0:
                values.pop(name, None)
            case 1:
                values[choices.text()] = _json(choices)
            case _:
                values[name] = _json(choices)
    return "application/json", json.dumps(values).encode()


def _sound_body(stage: _Stage, address: str, choices: Choices) -> dict[str, Any]:
    mine = {"assignment_id": choices.one(stage.known)}
    if address == "/api/draft":
        return mine | {"draft": {"critique": "so far", "full_pass": True}}
    if address == "/api/submit":
        item = {"head_event": choices.one(stage.events), **mine}
        return submission(item, stage.attributes, choices.one((7, 1, 10)), event_id=choices.one(stage.events[:3]))
    if address == "/api/withdraw":
        return mine | {"event_id": choices.one(stage.events[:3]), "prev_event": choices.one(stage.events)}
    if address in ("/api/skip", "/api/flag"):
        return mine | {"reason": choices.one(("frames", "other", "x")), "text": "see frame 2"}
    return mine if address in ("/api/heartbeat", "/api/critic") else {}


def _json(choices: Choices, depth: int = 0) -> Any:
    """A JSON value, nested a little, or very deeply."""
    match choices.whole(0, 8 if depth < 3 else 5):
        case 0:
            return None
        case 1:
            return choices.flag()
        case 2:
            return choices.number()
        case 3:
            return choices.real()
        case 4:
            return choices.text()
        case 5:
            return choices.one((WORDS[0], "\ud800", "a\0b", "x" * 30_000, 10**400))
        case 6:
            return [_json(choices, depth + 1) for _ in range(choices.whole(0, 4))]
        case 7:
            names = ("consistency", "frame", "box", "note", "attribute", "full_pass", "\ud800", choices.text())
            return {choices.one(names): _json(choices, depth + 1) for _ in range(choices.whole(0, 4))}
        case _:
            value: Any = []
            for _ in range(choices.one((5, 50, 400))):
                value = [value] if choices.flag() else {"x": value}
            return value
