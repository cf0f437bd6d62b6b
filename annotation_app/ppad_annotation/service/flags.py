"""Flags: a rater says that something is wrong with an item; an admin answers."""

from __future__ import annotations

from datetime import datetime

from ppad.errors import InvalidFormError, NotFoundError
from ppad_annotation.service.audit import record
from ppad_annotation.service.database import Database
from ppad_annotation.service.ids import new_id
from ppad_annotation.service.queue import owned
from ppad_annotation.service.submissions import is_text
from ppad_annotation.service.tables import Flag

REASONS = ("frames", "reference", "content", "duplicate", "other")
"""Frames damaged or in the wrong order; reference wrong or missing; content that should not be shown; seen before; other."""
LONGEST_TEXT = 2000


def flag(db: Database, assignment_id: str, rater_id: str, reason: str, text: str, now: datetime) -> str:
    """Say that something is wrong with the rater's item. The item can still be rated or skipped.

    Args:
        reason: one of `REASONS`.

    Returns:
        The flag's id.

    Raises:
        NotAllowedError: the item is not this rater's.
        InvalidFormError: the reason is unknown, or the text too long.
    """
    if reason not in REASONS or not is_text(text, LONGEST_TEXT):
        raise InvalidFormError(
            "The flag was not stored.", f"Give a reason ({', '.join(REASONS)}) and at most {LONGEST_TEXT} characters of text."
        )
    with db.write() as session:
        owned(session, assignment_id, rater_id)
        row = Flag(id=new_id(), assignment_id=assignment_id, reason=reason, text=text.strip(), created_at=now)
        session.add(row)
        return row.id


def resolve_flag(db: Database, flag_id: str, resolution: str, actor: str, now: datetime) -> None:
    """Close a flag with an answer.

    Raises:
        NotFoundError: there is no such flag.
        InvalidFormError: the answer is too long.
    """
    if not is_text(resolution, LONGEST_TEXT):
        raise InvalidFormError("The answer was not stored.", f"Write at most {LONGEST_TEXT} characters.")
    with db.write() as session:
        row = session.get(Flag, flag_id)
        if row is None:
            raise NotFoundError("There is no such flag.", "Load the board again.")
        row.resolved_at, row.resolution = now, resolution
        record(session, now, actor, "flag-resolved", flag_id, resolution=resolution)
