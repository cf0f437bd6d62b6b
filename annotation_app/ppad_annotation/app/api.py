"""The JSON endpoints of the rating page. Each finds out who asks from the cookie, and the service checks what is theirs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from ppad.errors import NotFoundError
from ppad_annotation.app import work
from ppad_annotation.app.access import Anyone, Rater, Writer
from ppad_annotation.app.clock import utc_now
from ppad_annotation.app.critic import Critiques
from ppad_annotation.app.guidance import shown_rubric
from ppad_annotation.app.messages import LANGUAGES, language_of, messages
from ppad_annotation.service import drafts, flags, queue, ratings
from ppad_annotation.service.campaigns import campaign
from ppad_annotation.service.database import Database
from ppad_annotation.service.ids import is_id
from ppad_annotation.service.revisiting import own_ratings, reopened
from ppad_annotation.service.submissions import Submission
from ppad_annotation.service.unveiling import unveiled_process

router = APIRouter(prefix="/api")

Json = dict[str, Any]
_ID = Field(pattern=r"^[A-Za-z0-9_-]{22}$")
_EVENT = Field(max_length=36)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _OfAssignment(_Body):
    assignment_id: str = _ID


class _Draft(_OfAssignment):
    draft: Json


class _Skip(_OfAssignment):
    reason: str = Field(max_length=40)
    text: str = Field("", max_length=1900)


class _Flag(_Skip):
    pass


class _Withdrawal(_OfAssignment):
    event_id: str = _EVENT
    prev_event: str = _EVENT


class _Rating(_OfAssignment):
    event_id: str = _EVENT
    prev_event: str | None = _EVENT
    scores: dict[str, Any]
    cannot_judge: list[str]
    choice: str | None
    critique: str
    pins: list[Json]
    active_ms: int
    full_pass: bool


@router.get("/start")
def start(request: Request, session: Rater) -> Json:
    """All that the page needs to show the first item."""
    db = _db(request)
    frozen = campaign(db)
    language = language_of(request, frozen.config.language)
    return {
        "rater": {"id": session.rater_id},
        "csrf": session.csrf,
        "language": language,
        "languages": [{"code": code, "name": name} for code, name in LANGUAGES.items()],
        "messages": messages(language),
        "campaign": {
            "mode": frozen.config.mode,
            "critique": frozen.config.critique,
            "rubric": shown_rubric(frozen, language),
        },
        "critic": request.app.state.critic is not None,
        "work": work.work(queue.claim(db, session.rater_id, utc_now())),
    }


@router.get("/session")
def session_token(session: Anyone) -> Json:
    """Who is logged in now, for a page whose token another window has replaced."""
    return {"rater_id": session.rater_id, "csrf": session.csrf}


@router.get("/history")
def history(
    request: Request, session: Rater, limit: Annotated[int, Query(ge=1, le=100)] = 20, offset: Annotated[int, Query(ge=0)] = 0
) -> Json:
    """The rater's own ratings, newest first."""
    found = own_ratings(_db(request), session.rater_id, limit + 1, offset)
    return {"ratings": [work.past_rating(rating) for rating in found[:limit]], "more": len(found) > limit}


@router.get("/assignment/{assignment_id}")
def assignment(assignment_id: str, request: Request, session: Rater) -> Json:
    """One of the rater's own items, to look at it again."""
    known = assignment_id if is_id(assignment_id) else ""
    return work.work(*reopened(_db(request), known, session.rater_id, utc_now()))


@router.post("/claim")
def claim(request: Request, session: Writer) -> Json:
    """The item to rate now."""
    return work.work(queue.claim(_db(request), session.rater_id, utc_now()))


@router.post("/upcoming")
def upcoming(request: Request, session: Writer) -> Json:
    """The item that comes after it, reserved so that its pictures can be fetched."""
    found = queue.upcoming(_db(request), session.rater_id, utc_now())
    return {"state": "none"} if found is None else work.work(found)


@router.post("/heartbeat")
def heartbeat(body: _OfAssignment, request: Request, session: Writer) -> Json:
    """A sign of life."""
    until = queue.heartbeat(_db(request), body.assignment_id, session.rater_id, utc_now())
    return {"lease_until": until.isoformat()}


@router.post("/draft")
def draft(body: _Draft, request: Request, session: Writer) -> Json:
    """Keep what was entered so far."""
    saved = drafts.save_draft(_db(request), body.assignment_id, session.rater_id, body.draft, utc_now())
    return {"at": saved.isoformat()}


@router.post("/submit")
def submit(body: _Rating, request: Request, session: Writer) -> Json:
    """Store a rating, or a revision; the answer comes once it is on disk."""
    values = body.model_dump() | {"cannot_judge": tuple(body.cannot_judge), "pins": tuple(body.pins)}
    return work.stored(ratings.submit(_db(request), Submission(**values), session.rater_id, utc_now()))


@router.post("/withdraw")
def withdraw(body: _Withdrawal, request: Request, session: Writer) -> Json:
    """Take a rating back."""
    event = ratings.withdraw(_db(request), body.assignment_id, body.event_id, body.prev_event, session.rater_id, utc_now())
    return work.stored(event)


@router.post("/skip")
def skip(body: _Skip, request: Request, session: Writer) -> Json:
    """Pass the item on to others."""
    reason = f"{body.reason}: {body.text}" if body.text.strip() else body.reason
    queue.skip(_db(request), body.assignment_id, session.rater_id, reason, utc_now())
    return {"skipped": True}


@router.post("/flag")
def flag(body: _Flag, request: Request, session: Writer) -> Json:
    """Say that something is wrong with the item."""
    flags.flag(_db(request), body.assignment_id, session.rater_id, body.reason, body.text, utc_now())
    return {"flagged": True}


@router.post("/critic")
def critic(body: _OfAssignment, request: Request, session: Writer) -> Json:
    """What the critic says of an item that the rater has rated."""
    known: Critiques | None = request.app.state.critic
    if known is None:
        raise NotFoundError("This campaign shows no critic.", "Go on rating.")
    return known.of(unveiled_process(_db(request), body.assignment_id, session.rater_id, utc_now()))


def _db(request: Request) -> Database:
    return request.app.state.db
