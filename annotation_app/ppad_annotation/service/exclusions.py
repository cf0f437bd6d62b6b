"""Leaving ratings out of exports: by a recorded decision of a person only, which can be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ppad.errors import ConfigError, NotFoundError
from ppad_annotation.service.audit import record
from ppad_annotation.service.campaigns import campaign_row
from ppad_annotation.service.database import Database
from ppad_annotation.service.ids import new_id
from ppad_annotation.service.slots import reopen
from ppad_annotation.service.submissions import is_text
from ppad_annotation.service.tables import Assignment, Exclusion, Item, Rater, RatingEvent

_LONGEST_REASON = 2000


@dataclass(frozen=True, slots=True)
class Excluded:
    """What the decisions in force leave out."""

    raters: frozenset[str]
    assignments: frozenset[str]

    def covers(self, event: RatingEvent) -> bool:
        """Whether an event is left out."""
        return event.rater_id in self.raters or event.assignment_id in self.assignments


def exclude_rater(db: Database, rater_id: str, reason: str, actor: str, now: datetime, *, replace: bool = False) -> str:
    """Leave all ratings of a rater out, those to come as well.

    Args:
        replace: open the slots that they fill, so that others rate these items.

    Returns:
        Id of the decision.

    Raises:
        NotFoundError: no such rater.
        ConfigError: no reason is given.
    """
    with db.write() as session:
        if session.get(Rater, rater_id) is None:
            raise NotFoundError(f"There is no rater {rater_id}.", "See: ppad annotate raters list")
        decision = _decide(session, reason, actor, now, rater_id=rater_id)
        if replace:
            done = select(Assignment).where(Assignment.rater_id == rater_id, Assignment.state == "submitted")
            _reopen_all(session, list(session.scalars(done)))
        record(session, now, actor, "rater-excluded", rater_id, reason=reason, replace=replace)
        return decision


def exclude_ratings(
    db: Database, rater_id: str, process_id: str, reason: str, actor: str, now: datetime, *, replace: bool = False
) -> list[str]:
    """Leave out what a rater said of one process, with revisions and repeats.

    Args:
        replace: as `exclude_rater`.

    Returns:
        Ids of the decisions, one a rating.

    Raises:
        NotFoundError: the rater has not rated the process.
        ConfigError: no reason is given.
    """
    done = select(Assignment).join(Item, Item.id == Assignment.item_id)
    done = done.where(Assignment.rater_id == rater_id, Item.process_id == process_id, Assignment.state == "submitted")
    with db.write() as session:
        rows = list(session.scalars(done))
        if not rows:
            raise NotFoundError(f"{rater_id or 'Nobody'} has not rated {process_id}.", "Correct the rater or the process.")
        decisions = [_decide(session, reason, actor, now, assignment_id=row.id) for row in rows]
        if replace:
            _reopen_all(session, rows)
        for row in rows:
            record(session, now, actor, "rating-excluded", row.id, reason=reason, replace=replace)
        return decisions


def revoke_exclusion(db: Database, decision_id: str, actor: str, now: datetime) -> None:
    """Take a decision back: the ratings count again. Slots that others have filled since stay filled.

    Raises:
        NotFoundError: no such decision is in force.
    """
    with db.write() as session:
        row = session.get(Exclusion, decision_id)
        if row is None or row.revoked_at is not None:
            raise NotFoundError("There is no such decision in force.", "Load the board again.")
        row.revoked_at, row.revoked_by = now, actor
        record(session, now, actor, "exclusion-revoked", row.rater_id or row.assignment_id or "")


def excluded(session: Session) -> Excluded:
    """What is left out now."""
    rows = session.execute(select(Exclusion.rater_id, Exclusion.assignment_id).where(Exclusion.revoked_at.is_(None))).all()
    return Excluded(frozenset(r for r, _ in rows if r is not None), frozenset(a for _, a in rows if a is not None))


def _decide(session: Session, reason: str, actor: str, now: datetime, **target: str) -> str:
    if not reason.strip() or not is_text(reason, _LONGEST_REASON):
        raise ConfigError("An exclusion needs a reason.", f"Say why, in at most {_LONGEST_REASON} characters; it is kept.")
    row = Exclusion(id=new_id(), reason=reason.strip(), decided_by=actor, decided_at=now, **target)
    session.add(row)
    session.flush()
    return row.id


def _reopen_all(session: Session, assignments: list[Assignment]) -> None:
    row = campaign_row(session)
    for assignment in assignments:
        reopen(session, row, assignment)
