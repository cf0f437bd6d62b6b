"""Gradio behind a door: who may pass, which of its routes exist, and what its pages load.

Gradio's own routes cannot all be switched off, and its login check does not cover each of them. In front of every mounted
app stands a guard that knows the role, lets through only the routes that the page needs, and gives the page a content
security policy made for it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import anyio.to_thread
from fastapi import FastAPI, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ppad_annotation.app.access import same_origin, who_asks
from ppad_annotation.app.headers import POLICY
from ppad_annotation.app.static_files import FOR_GOOD, static_url

_PAGE = ("GET", re.compile(r"/?\Z"))
_FILES = ("GET", re.compile(r"/(assets|static|svelte)/[\w./-]+\Z"))
_THEME = ("GET", re.compile(r"/theme\.css\Z"))
READING = (_PAGE, _FILES, _THEME)
"""What a page without handlers needs."""
CALLING = (
    *READING,
    ("POST", re.compile(r"/gradio_api/queue/join\Z")),
    ("GET", re.compile(r"/gradio_api/queue/data\Z")),
    ("GET", re.compile(r"/gradio_api/startup-events\Z")),
)
"""What a page with handlers needs besides."""

PAGES_KEPT = 50
"""Gradio keeps some 100 kB of each page that was ever opened, of the last 10,000 by default; one that is older is loaded anew."""

_GREYS: Any = dict.fromkeys(("primary_hue", "secondary_hue", "neutral_hue"), "neutral")

Route = tuple[str, re.Pattern[str]]


@dataclass(frozen=True, slots=True)
class Door:
    """One mounted app.

    Attributes:
        path: where it is mounted, `/rate`.
        role: the role that may pass.
        routes: methods and paths below it that exist.
        scripts: modules of `static/` that the page loads at once, the first of which is run.
        styles: its style sheets.
    """

    path: str
    role: str
    routes: Sequence[Route]
    scripts: Sequence[str] = ()
    styles: Sequence[str] = ()


def mount(app: FastAPI, door: Door, blocks: Any) -> None:
    """Mount a Gradio page behind its door: no uploads, no files, no sharing, no monitoring, nothing fetched from elsewhere."""
    import gradio as gr

    blocks.state_session_capacity = PAGES_KEPT
    gr.mount_gradio_app(
        app,
        blocks,
        door.path,
        auth_dependency=user_with(door.role),
        allowed_paths=[],
        blocked_paths=["/"],
        max_file_size=0,
        show_error=False,
        ssr_mode=False,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
        theme=gr.themes.Base(**_GREYS, font=["system-ui"], font_mono=["monospace"]),  # its usual fonts come from elsewhere
    )


def user_with(role: str) -> Callable[[Request], str | None]:
    """Gradio's question who somebody is: the pseudonym, for accounts of that role."""

    def user(request: Request) -> str | None:
        session = who_asks(request)
        return session.rater_id if session is not None and session.role == role else None

    return user


class Doors:
    """The guard before all mounted apps."""

    def __init__(self, app: ASGIApp, doors: Sequence[Door]) -> None:
        self.app = app
        self.doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = self._door(scope)
        if door is None:
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        below = scope["path"].removeprefix(door.path)
        refusal = await anyio.to_thread.run_sync(_refusal, connection, door, scope["method"], below)
        if refusal is not None:
            await refusal(scope, receive, send)
        elif _PAGE[1].match(below):
            await _Page(self.app, door)(scope, receive, send)
        else:
            await _Kept(self.app)(scope, receive, send)

    def _door(self, scope: Scope) -> Door | None:
        if scope["type"] != "http":
            return None
        return next(
            (door for door in self.doors if scope["path"] == door.path or scope["path"].startswith(f"{door.path}/")), None
        )


def _refusal(connection: HTTPConnection, door: Door, method: str, below: str) -> Response | None:
    session = who_asks(connection)
    if session is None:
        return RedirectResponse("/login", 303) if _PAGE[1].match(below) else _answer(401, "not-logged-in")
    if session.role != door.role:
        return _answer(403, "not-allowed")
    known = any(method == verb and path.match(below) for verb, path in door.routes)
    if not known or ".." in below:
        return _answer(404, "not-found")
    return None if method == "GET" or same_origin(connection) else _answer(403, "csrf")


def _answer(status: int, code: str) -> Response:
    return JSONResponse({"code": code, "message": "There is nothing here for you.", "fix": "Go back to the start page."}, status)


class _Kept:
    """Gradio's scripts carry their hash in their names: browsers may keep them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200 and "/assets/" in scope["path"]:
                MutableHeaders(scope=message)["cache-control"] = FOR_GOOD
            await send(message)

        await self.app(scope, receive, kept)


class _Page:
    """The page itself: our scripts begin to load with it, and only scripts that it names may run."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app = app
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        slashed = {"path": f"{self.door.path}/", "raw_path": f"{self.door.path}/".encode(), "headers": plain}
        start: Message = {}
        body = bytearray()

        async def gathered(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                await self._deliver(start, bytes(body), send)

        await self.app({**scope, **slashed}, receive, gathered)

    async def _deliver(self, start: Message, body: bytes, send: Send) -> None:
        if Headers(raw=start["headers"]).get("content-type", "").startswith("text/html"):
            body = with_head(body, self.door)
            headers = MutableHeaders(scope=start)
            headers["content-length"] = str(len(body))
            headers["content-security-policy"] = policy_of(body)
        await send(start)
        await send({"type": "http.response.body", "body": body})


def with_head(page: bytes, door: Door) -> bytes:
    """The page with our scripts and styles in its head, where they load beside Gradio's instead of after them."""
    icon = f'<link rel="icon" href="{static_url("favicon.svg")}">'
    styles = "".join(f'<link rel="stylesheet" href="{static_url(name)}">' for name in door.styles)
    ahead = "".join(f'<link rel="modulepreload" href="{static_url(name)}">' for name in door.scripts[1:])
    run = "".join(f'<script type="module" src="{static_url(name)}"></script>' for name in door.scripts[:1])
    base = f'<base href="{door.path}/" />'.encode()
    page = page.replace(b'<base href="./" />', base, 1)
    page = page.replace(b'<link rel="manifest" href="/manifest.json" />', b"", 1)
    return page.replace(b"</head>", f"{icon}{styles}{ahead}{run}</head>".encode(), 1)


_INLINE = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


def policy_of(page: bytes) -> str:
    """The policy of a Gradio page: scripts of this origin, and the inline ones that the page came with, by their digests.

    Gradio draws its HTML component by evaluating the template, which needs `unsafe-eval`, and styles elements in place.
    """
    digests = [base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _INLINE.findall(page)]
    hashes = "".join(f" 'sha256-{digest}'" for digest in digests)
    return POLICY.format(scripts=f" 'unsafe-eval'{hashes}", styles=" 'unsafe-inline'", base="'self'")
