"""Who asks, and whether they may: the session in the cookie, the token on everything that writes."""

from __future__ import annotations

import secrets
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.requests import HTTPConnection
from starlette.responses import Response

from ppad_annotation.app.clock import utc_now
from ppad_annotation.app.refusals import RefusedError
from ppad_annotation.service.database import Database
from ppad_annotation.service.sessions import RaterSession, session_of

CSRF_HEADER = "x-csrf-token"
_LONGEST_TOKEN = 100
_MONTHS_S = 90 * 24 * 3600


def cookie_name(secure: bool) -> str:
    """`__Host-` binds the cookie to this host and to HTTPS; browsers refuse it without TLS."""
    return "__Host-ppad" if secure else "ppad_session"


def set_session(response: Response, token: str, secure: bool) -> None:
    """Put the token of a new session into the browser, out of reach of scripts."""
    response.set_cookie(cookie_name(secure), token, max_age=_MONTHS_S, path="/", secure=secure, httponly=True, samesite="lax")


def forget_session(response: Response, secure: bool) -> None:
    """Take the token out of the browser."""
    response.delete_cookie(cookie_name(secure), path="/", secure=secure, httponly=True, samesite="lax")


def token_of(request: HTTPConnection) -> str | None:
    """The token that the browser sent; None for none, or for something that cannot be one."""
    token = request.cookies.get(cookie_name(request.app.state.secure))
    return token if token and len(token) <= _LONGEST_TOKEN else None


def who_asks(request: HTTPConnection) -> RaterSession | None:
    """The session of a request, looked up once."""
    if not hasattr(request.state, "session"):
        token = token_of(request)
        db: Database = request.app.state.db
        request.state.session = None if token is None else session_of(db, token, utc_now())
    return request.state.session


def same_origin(request: HTTPConnection) -> bool:
    """Whether a browser sent this from the app's own pages; clients that are no browsers send no origin."""
    origin = request.headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc == request.headers.get("host")
    except ValueError:
        return False


def anyone(request: Request) -> RaterSession:
    """A person who is logged in."""
    session = who_asks(request)
    if session is None:
        raise RefusedError(401, "not-logged-in", "You are not logged in.", "Log in.")
    return session


def rater(request: Request) -> RaterSession:
    """A rater: admins do not rate."""
    session = anyone(request)
    if session.role != "rater":
        raise RefusedError(403, "not-allowed", "This account does not rate.", "Log in as a rater.")
    return session


def checked(request: Request) -> RaterSession:
    """A person who is logged in and writes from our own page: a write carries the session's token."""
    session = anyone(request)
    token = request.headers.get(CSRF_HEADER, "")
    if not same_origin(request) or not secrets.compare_digest(token.encode(), session.csrf.encode()):
        raise RefusedError(403, "csrf", "The request did not come from the app's own page.", "Load the page again.")
    return session


def writer(request: Request) -> RaterSession:
    """A rater who writes from our own page."""
    checked(request)
    return rater(request)


# Each of these takes one turn in a worker thread: none depends on another.
Anyone = Annotated[RaterSession, Depends(anyone)]
Rater = Annotated[RaterSession, Depends(rater)]
Writer = Annotated[RaterSession, Depends(writer)]
Checked = Annotated[RaterSession, Depends(checked)]
