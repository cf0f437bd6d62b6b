"""Headers and limits of every answer, as plain ASGI layers."""

from __future__ import annotations

import contextlib
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 384 * 1024
"""Bytes of a request: a draft of 256 KiB and its wrapping."""
_DIGITS = re.compile(r"[0-9]{1,18}")

POLICY = (
    "default-src 'none'; script-src 'self'{scripts}; style-src 'self'{styles}; img-src 'self' blob: data:; connect-src 'self'; "
    "worker-src 'self'; font-src 'self' data:; form-action 'self'; base-uri {base}; frame-ancestors 'none'"
)
OWN_POLICY = POLICY.format(scripts="", styles="", base="'none'")

_ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "x-robots-tag": "noindex, nofollow",
}


class SecurityHeaders:
    """Adds what is the same for every answer; what an answer says itself stays."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self.app = app
        self.fixed = _ALWAYS | ({"strict-transport-security": "max-age=31536000"} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.fixed.items():
                    headers[name] = value
                headers.setdefault("content-security-policy", OWN_POLICY)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self.app(scope, receive, dressed)


class BodyLimit:
    """Refuses a request that is larger than any the app has a use for, before it is read."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if not _DIGITS.fullmatch(declared) or int(declared) > LARGEST_BODY:
            await _too_large()(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LARGEST_BODY:
                raise _TooLargeError
            return message

        async def unless_too_large(message: Message) -> None:
            if taken <= LARGEST_BODY:
                await send(message)

        with contextlib.suppress(_TooLargeError):
            await self.app(scope, counted, unless_too_large)
        if taken > LARGEST_BODY:
            await _too_large()(scope, receive, send)


class _TooLargeError(Exception):
    """The body went on beyond the limit."""


def _too_large() -> JSONResponse:
    answer = {"code": "too-large", "message": "The request is too large.", "fix": "Shorten what you wrote."}
    return JSONResponse(answer, 413)
