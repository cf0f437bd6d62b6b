"""What must hold of a campaign's database: looked at after a restore, and by `ppad annotate status --verify`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from ppad_annotation.service.campaigns import campaign_row
from ppad_annotation.service.chain import ChainState, read_chain
from ppad_annotation.service.database import Database
from ppad_annotation.service.slots import PLANNED
from ppad_annotation.service.tables import HELD, IS_OPEN, Assignment, Base, Rater, RatingCurrent, Slot


@dataclass(frozen=True, slots=True)
class Health:
    """A campaign's database, read through.

    Attributes:
        chain: the history, which holds.
        counts: rows of each table.
        problems: sentences about what does not fit together; none in a sound database.
    """

    chain: ChainState
    counts: dict[str, int]
    problems: list[str]


def check(db: Database) -> Health:
    """Read a database through.

    Raises:
        ChainError: the history was changed.
    """
    with db.read() as session:
        return read_through(session)


def read_through(session: Session) -> Health:
    """As `check`, within a transaction."""
    tables = sorted(Base.metadata.tables.items())
    counts = {name: session.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables}
    return Health(read_chain(session), counts, _problems(session))


def _problems(session: Session) -> list[str]:
    found = [f"{count} {what}" for what, query in _BROKEN.items() if (count := session.scalar(query))]
    stored = campaign_row(session).open_slots
    counted = session.scalar(select(func.count()).where(IS_OPEN))
    if stored != counted:
        found.append(f"the campaign counts {stored} open slots, there are {counted}")
    found += _wrong_counters(session, "load", Assignment.kind.in_(PLANNED), Assignment.state.in_((*HELD, "submitted")))
    found += _wrong_counters(session, "done", Assignment.state == "submitted")
    return found


def _wrong_counters(session: Session, name: str, *conditions: Any) -> list[str]:
    counted = dict(
        session.execute(select(Assignment.rater_id, func.count()).where(*conditions).group_by(Assignment.rater_id)).all()
    )
    wrong = [rater.id for rater in session.scalars(select(Rater)) if getattr(rater, name) != counted.get(rater.id, 0)]
    return [f"the counter '{name}' is wrong for {', '.join(wrong)}"] if wrong else []


_HOLDER = Slot.assignment_id == Assignment.id

_BROKEN: dict[str, Select[int]] = {
    "filled slots without a rating": select(func.count())
    .select_from(Slot)
    .outerjoin(RatingCurrent, RatingCurrent.assignment_id == Slot.assignment_id)
    .where(Slot.state == "filled", RatingCurrent.seq.is_(None)),
    "slots held by nobody": select(func.count())
    .select_from(Slot)
    .join(Assignment, _HOLDER)
    .where(Slot.state == "held", Assignment.state.not_in(HELD)),
    "slots filled by an assignment of another item": select(func.count())
    .select_from(Slot)
    .join(Assignment, _HOLDER)
    .where(Assignment.item_id != Slot.item_id),
    "ratings of assignments that are not submitted": select(func.count())
    .select_from(RatingCurrent)
    .join(Assignment, Assignment.id == RatingCurrent.assignment_id)
    .where(Assignment.state != "submitted"),
    "submitted assignments without a rating": select(func.count())
    .select_from(Assignment)
    .outerjoin(RatingCurrent, RatingCurrent.assignment_id == Assignment.id)
    .where(Assignment.state == "submitted", RatingCurrent.seq.is_(None)),
}
