"""Logging in and out: a page of our own, before anything of Gradio is served."""

from __future__ import annotations

import math
import secrets
import threading
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from ppad_annotation.app.access import Checked, forget_session, same_origin, set_session, token_of, who_asks
from ppad_annotation.app.clock import utc_now
from ppad_annotation.app.messages import COOKIE, LANGUAGES, language_of, say
from ppad_annotation.app.templates import page
from ppad_annotation.service.campaigns import campaign
from ppad_annotation.service.sessions import LockedOut, LoggedIn, check_login, end_session

router = APIRouter()

_FORM_COOKIE = "ppad_form"
_AT_ONCE = threading.BoundedSemaphore(2)
"""Checking a password takes some 50 ms of a core: a flood of them must leave the raters theirs."""
_PATIENCE_S = 10
_LONGEST = 1000


@router.get("/")
def front(request: Request) -> RedirectResponse:
    """To where the reader works."""
    session = who_asks(request)
    return RedirectResponse("/login" if session is None else home(session.role), 303)


@router.get("/admin")
def board(request: Request) -> RedirectResponse:
    """To the board in the reader's language."""
    return RedirectResponse(f"/admin/{_language(request)}", 303)


@router.get("/login")
def login_page(request: Request, language: str | None = None) -> Response:
    """The login form."""
    if language in LANGUAGES:
        chosen = RedirectResponse("/login", 303)
        chosen.set_cookie(COOKIE, language, max_age=365 * 24 * 3600, samesite="lax")
        return chosen
    session = who_asks(request)
    return RedirectResponse(home(session.role), 303) if session is not None else _form(request)


@router.get("/login/token")
def form_token(request: Request) -> Response:
    """The form's token alone, for a page that logs in again without being left."""
    token = secrets.token_urlsafe(24)
    response = JSONResponse({"form": token})
    _set_form_cookie(request, response, token)
    return response


@router.post("/login")
def log_in(
    request: Request, login: Annotated[str, Form()] = "", password: Annotated[str, Form()] = "", form: Annotated[str, Form()] = ""
) -> Response:
    """Check the password; a new session's cookie is the answer."""
    expected = request.cookies.get(_FORM_COOKIE, "")
    if not expected or not secrets.compare_digest(expected.encode(), form.encode()) or not same_origin(request):
        return _refuse(request, 403, "login.stale")
    if len(login) > _LONGEST or len(password) > _LONGEST:
        return _refuse(request, 401, "login.wrong")
    if not _AT_ONCE.acquire(timeout=_PATIENCE_S):
        return _refuse(request, 503, "login.busy")
    try:
        found = check_login(request.app.state.db, login, password, utc_now())
    finally:
        _AT_ONCE.release()
    if isinstance(found, LoggedIn):
        return _welcome(request, found)
    if isinstance(found, LockedOut):
        wait = {"retry-after": str(math.ceil(found.retry_after_s))}
        return _refuse(request, 429, "login.locked", wait, minutes=math.ceil(found.retry_after_s / 60))
    return _refuse(request, 401, "login.wrong")


@router.post("/logout", dependencies=[Checked])
def log_out(request: Request) -> Response:
    """End the session, here and in the database."""
    token = token_of(request)
    if token is not None:
        end_session(request.app.state.db, token)
    response = JSONResponse({"logged_out": True})
    forget_session(response, request.app.state.secure)
    return response


def home(role: str) -> str:
    """Where an account of that role works."""
    return "/admin" if role == "admin" else "/rate"


def _welcome(request: Request, found: LoggedIn) -> Response:
    session = found.session
    response: Response = (
        JSONResponse({"rater_id": session.rater_id, "csrf": session.csrf})
        if _wants_json(request)
        else RedirectResponse(home(session.role), 303)
    )
    set_session(response, found.token, request.app.state.secure)
    return response


def _refuse(request: Request, status: int, key: str, headers: dict[str, str] | None = None, **values: Any) -> Response:
    message = say(_language(request), key, **values)
    if _wants_json(request):
        return JSONResponse({"code": key, "message": message, "fix": ""}, status, headers=headers)
    return _form(request, status, message, headers)


def _form(request: Request, status: int = 200, message: str = "", headers: dict[str, str] | None = None) -> Response:
    token = secrets.token_urlsafe(24)
    html = page("login.html", _language(request), token=token, message=message)
    response = HTMLResponse(html, status, headers=headers)
    _set_form_cookie(request, response, token)
    return response


def _set_form_cookie(request: Request, response: Response, token: str) -> None:
    response.set_cookie(_FORM_COOKIE, token, path="/login", secure=request.app.state.secure, httponly=True, samesite="strict")


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _language(request: Request) -> str:
    return language_of(request, campaign(request.app.state.db).config.language)
