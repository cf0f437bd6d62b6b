"""What a rater has entered and not yet submitted: kept on the server, so that a reload or another device goes on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ppad.errors import InvalidFormError
from ppad.schema import canonical_json
from ppad_annotation.service.database import Database
from ppad_annotation.service.queue import owned
from ppad_annotation.service.tables import Draft

LARGEST_DRAFT = 256 * 1024
"""Bytes of a draft as JSON."""


def save_draft(db: Database, assignment_id: str, rater_id: str, body: dict[str, Any], now: datetime) -> datetime:
    """Keep the state of a form; the last one saved stands.

    Args:
        body: whatever the form needs, as JSON values; `full_pass: true` keeps the form unlocked.

    Returns:
        The time of saving, once it is on disk.

    Raises:
        NotAllowedError: the item is not this rater's.
        InvalidFormError: the draft is no JSON object, or too large.
    """
    _check(body)
    with db.write() as session:
        owned(session, assignment_id, rater_id)
        put_draft(session, assignment_id, body, now)
    return now


def draft(db: Database, assignment_id: str, rater_id: str) -> tuple[dict[str, Any], datetime] | None:
    """The draft and when it was saved; None for none.

    Raises:
        NotAllowedError: the item is not this rater's.
    """
    with db.read() as session:
        owned(session, assignment_id, rater_id)
        row = session.get(Draft, assignment_id)
        return None if row is None else (row.body, row.saved_at)


def put_draft(session: Session, assignment_id: str, body: dict[str, Any], now: datetime) -> None:
    """Write a draft within a transaction."""
    session.merge(Draft(assignment_id=assignment_id, body=body, saved_at=now))


def drop_draft(session: Session, assignment_id: str) -> None:
    """Remove a draft that became a rating."""
    session.execute(delete(Draft).where(Draft.assignment_id == assignment_id))


def _check(body: dict[str, Any]) -> None:
    try:
        size = len(canonical_json(body).encode()) if isinstance(body, dict) else -1
    except (TypeError, ValueError, RecursionError):
        size = -1
    if not 0 <= size <= LARGEST_DRAFT:
        raise InvalidFormError("The draft cannot be kept.", f"It must be a JSON object of at most {LARGEST_DRAFT // 1024} KiB.")
