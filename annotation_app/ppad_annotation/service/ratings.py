"""Ratings: each submission, revision and withdrawal is an event at the end of the chain; nothing is overwritten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ppad.errors import ConflictError, InvalidFormError
from ppad.schema import canonical_json, json_value
from ppad_annotation.service import chain
from ppad_annotation.service.calibration import Feedback, feedback
from ppad_annotation.service.campaigns import campaign, campaign_row
from ppad_annotation.service.database import Database
from ppad_annotation.service.drafts import drop_draft, put_draft
from ppad_annotation.service.queue import owned
from ppad_annotation.service.raters import active_rater
from ppad_annotation.service.slots import PLANNED, fill, own_slot
from ppad_annotation.service.submissions import Submission, identity_problems, problems
from ppad_annotation.service.tables import HELD, Assignment, CampaignRow, Item, Rater, RatingCurrent, RatingEvent


@dataclass(frozen=True, slots=True)
class Event:
    """A stored event: once it is returned, it is on disk.

    Attributes:
        event_type: `submit`, `revise` or `withdraw`.
        revision: 0 for the first submission, +1 for each change.
        choice: as shown to this rater: `left`, `right`, `both`; None in rating mode.
        feedback: how the experts rated, for calibration items that carry it; None otherwise.
    """

    event_id: str
    assignment_id: str
    event_type: str
    revision: int
    scores: dict[str, int | None]
    choice: str | None
    critique: str | None
    pins: list[dict[str, Any]]
    active_ms: int | None
    full_pass: bool
    created_at: datetime
    feedback: Feedback | None


def submit(db: Database, submission: Submission, rater_id: str, now: datetime) -> Event:
    """Store a rating, or a revision of one where `prev_event` names the event before.

    A retry with the same id gets the first answer again. A late rating, after the lease has run out, is always taken.

    Raises:
        NotAllowedError: the item is not this rater's, or the account is closed.
        InvalidFormError: a value is off its scale or missing; the sentence names every problem.
        ConflictError: `prev_event` is not the last event, or the id was used for something else.
    """
    frozen = campaign(db)
    with db.write() as session:
        rater = active_rater(session, rater_id)
        row = owned(session, submission.assignment_id, rater_id)
        item = session.get_one(Item, row.item_id)
        found = problems(submission, frozen.rubric, frozen.config, len(item.layout["frames"]))
        if found:
            raise InvalidFormError(f"The rating was not stored: {'; '.join(found)}.", "Correct the form and submit it again.")
        head = _head(session, row)
        event = _event_of(submission, row, "submit" if head is None else "revise", head, now)
        known = session.scalar(select(RatingEvent).where(RatingEvent.event_id == submission.event_id))
        if known is not None:
            return _repeated(known, event, row, item)
        _require_head(head, submission.prev_event)
        campaign_now = campaign_row(session)
        _count_in(session, campaign_now, rater, row)
        event.kind = row.kind
        _append(session, campaign_now, event)
        drop_draft(session, row.id)
        rater.last_seen_at = now
        return shown_event(event, row, item)


def withdraw(db: Database, assignment_id: str, event_id: str, prev_event: str, rater_id: str, now: datetime) -> Event:
    """Undo: take a rating back. The item is the rater's again, with what was entered as its draft.

    Args:
        event_id: UUID that the client made.
        prev_event: the event that is taken back: the last one.

    Raises:
        NotAllowedError, ConflictError: as `submit`; also where nothing stands that could be taken back.
    """
    frozen = campaign(db)
    blank = Submission(event_id=event_id, prev_event=prev_event, assignment_id=assignment_id)
    with db.write() as session:
        rater = active_rater(session, rater_id)
        row = owned(session, assignment_id, rater_id)
        item = session.get_one(Item, row.item_id)
        head = _head(session, row)
        if list(identity_problems(blank)):
            raise InvalidFormError("The rating was not taken back: an id is malformed.", "Load the item again.")
        event = _event_of(blank, row, "withdraw", head, now)
        known = session.scalar(select(RatingEvent).where(RatingEvent.event_id == event_id))
        if known is not None:
            return _repeated(known, event, row, item)
        _require_head(head, prev_event)
        if head is None or row.state != "submitted":
            raise ConflictError("There is no rating to take back.", "Load the item again.")
        _append(session, campaign_row(session), event)
        _count_out(session, rater, row)
        row.opened_at, row.lease_until = now, now + timedelta(minutes=frozen.config.lease_minutes)
        put_draft(session, row.id, _draft_of(head, row), now)
        return shown_event(event, row, item)


def _event_of(submission: Submission, row: Assignment, event_type: str, head: RatingEvent | None, now: datetime) -> RatingEvent:
    critique = submission.critique.strip() if submission.critique else None
    return RatingEvent(
        event_id=submission.event_id,
        prev_event=submission.prev_event,
        event_type=event_type,
        assignment_id=row.id,
        item_id=row.item_id,
        rater_id=row.rater_id,
        replicate=row.replicate,
        kind=row.kind,
        revision=0 if head is None else head.revision + 1,
        scores=dict(submission.scores),
        choice=_turned(submission.choice, row.flipped),
        critique=critique or None,
        pins=json_value(canonical_json([dict(pin) for pin in submission.pins])),
        active_ms=submission.active_ms,
        full_pass=submission.full_pass,
        created_at=now,
    )


def _repeated(known: RatingEvent, event: RatingEvent, row: Assignment, item: Item) -> Event:
    """The answer to a retry: the stored event, if it says the same."""
    same = ("assignment_id", "prev_event", "scores", "choice", "critique", "pins")
    if any(getattr(known, name) != getattr(event, name) for name in same) or (
        (known.event_type == "withdraw") != (event.event_type == "withdraw")
    ):
        raise ConflictError("This id was used for another rating.", "Make a new id for each change.")
    return shown_event(known, row, item)


def _head(session: Session, row: Assignment) -> RatingEvent | None:
    last = select(RatingEvent).where(RatingEvent.assignment_id == row.id).order_by(RatingEvent.seq.desc())
    return session.scalar(last.limit(1))


def _require_head(head: RatingEvent | None, prev_event: str | None) -> None:
    if prev_event != (None if head is None else head.event_id):
        raise ConflictError("This rating was changed elsewhere.", "Load the item again; what you entered is in its draft.")


def _append(session: Session, row: CampaignRow, event: RatingEvent) -> None:
    chain.append(session, row, event)
    session.flush()
    current = session.get(RatingCurrent, event.assignment_id)
    if event.event_type == "withdraw":
        session.delete(current)
    elif current is None:
        first = select(RatingEvent.created_at).where(RatingEvent.assignment_id == event.assignment_id)
        began = session.scalar(first.order_by(RatingEvent.seq).limit(1)) or event.created_at
        session.add(RatingCurrent(assignment_id=event.assignment_id, seq=event.seq, first_at=began))
    else:
        current.seq = event.seq


def _count_in(session: Session, row: CampaignRow, rater: Rater, assignment: Assignment) -> None:
    """The assignment counts as rated from now on."""
    if assignment.state == "submitted":
        return
    rater.done += 1
    if assignment.kind in PLANNED:
        if assignment.state not in HELD:
            rater.load += 1
        fill(session, row, assignment)
    assignment.state, assignment.reason = "submitted", None


def _count_out(session: Session, rater: Rater, assignment: Assignment) -> None:
    """The assignment is open in the rater's hands again, and so is its slot."""
    rater.done -= 1
    assignment.state = "live"
    slot = own_slot(session, assignment)
    if slot is not None and slot.assignment_id == assignment.id:
        slot.state = "held"


def _draft_of(event: RatingEvent, row: Assignment) -> dict[str, Any]:
    return {
        "scores": event.scores,
        "choice": _turned(event.choice, row.flipped, back=True),
        "critique": event.critique or "",
        "pins": event.pins,
        "full_pass": event.full_pass,
        "active_ms": event.active_ms,
    }


_SHOWN = {"left": "a", "right": "b", "both": "both"}
_OTHER = {"a": "b", "b": "a", "both": "both"}


def _turned(choice: str | None, flipped: bool, *, back: bool = False) -> str | None:
    """From the side that a rater saw to the assessment that is meant, or back."""
    if choice is None:
        return None
    if back:
        meant = _OTHER[choice] if flipped else choice
        return next(side for side, name in _SHOWN.items() if name == meant)
    return _OTHER[_SHOWN[choice]] if flipped else _SHOWN[choice]


def shown_event(event: RatingEvent, row: Assignment, item: Item) -> Event:
    """An event as its rater may see it."""
    return Event(
        event_id=event.event_id,
        assignment_id=event.assignment_id,
        event_type=event.event_type,
        revision=event.revision,
        scores=event.scores,
        choice=_turned(event.choice, row.flipped, back=True),
        critique=event.critique,
        pins=event.pins,
        active_ms=event.active_ms,
        full_pass=event.full_pass,
        created_at=event.created_at,
        feedback=None if event.event_type == "withdraw" else feedback(item, event.scores),
    )
