"""What a rater has rated, to be looked at again and revised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select

from ppad_annotation.service.campaigns import campaign, campaign_row
from ppad_annotation.service.database import Database
from ppad_annotation.service.layouts import frame_ids
from ppad_annotation.service.progress import progress
from ppad_annotation.service.queue import owned
from ppad_annotation.service.raters import active_rater
from ppad_annotation.service.ratings import Event, shown_event
from ppad_annotation.service.shares import Shares
from ppad_annotation.service.tables import Assignment as AssignmentRow
from ppad_annotation.service.tables import Item, RatingCurrent, RatingEvent
from ppad_annotation.service.views import Assignment, assignment_view


@dataclass(frozen=True, slots=True)
class OwnRating:
    """A rating of the rater's that stands.

    Attributes:
        event: the last event, which is what stands.
        picture: media id of the last frame.
    """

    event: Event
    picture: str


def reopened(db: Database, assignment_id: str, rater_id: str, now: datetime) -> tuple[Assignment, Event | None]:
    """One of the rater's own items in whatever state it is, and the rating that stands; None where none does.

    Raises:
        NotAllowedError: the item is not this rater's.
    """
    frozen = campaign(db)
    with db.read() as session:
        row = owned(session, assignment_id, rater_id)
        stands = progress(Shares(session, campaign_row(session), frozen.config, active_rater(session, rater_id), now))
        event = session.scalar(_standing().where(RatingEvent.assignment_id == row.id))
        view = assignment_view(session, frozen, row, stands)
        return view, None if event is None else shown_event(event, row, session.get_one(Item, row.item_id))


def own_ratings(db: Database, rater_id: str, limit: int, offset: int = 0) -> list[OwnRating]:
    """The rater's ratings that stand, newest first."""
    page = (
        _standing()
        .add_columns(AssignmentRow, Item)
        .join(AssignmentRow, AssignmentRow.id == RatingEvent.assignment_id)
        .join(Item, Item.id == RatingEvent.item_id)
        .where(RatingEvent.rater_id == rater_id)
        .order_by(RatingEvent.seq.desc())
    )
    with db.read() as session:
        found = session.execute(page.limit(limit).offset(offset))
        return [OwnRating(shown_event(event, row, item), list(frame_ids(row.id, item.layout))[-1]) for event, row, item in found]


def _standing() -> Select[RatingEvent]:
    return select(RatingEvent).join(RatingCurrent, RatingCurrent.seq == RatingEvent.seq)
