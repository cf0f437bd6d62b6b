"""When a rater may see what a critic says of an item: after the own rating, and never before a blind repeat of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ppad.errors import NotAllowedError
from ppad_annotation.service import audit
from ppad_annotation.service.campaigns import campaign
from ppad_annotation.service.config import CampaignConfig
from ppad_annotation.service.database import Database
from ppad_annotation.service.queue import REPEAT_WINDOW, owned
from ppad_annotation.service.raters import active_rater
from ppad_annotation.service.slots import PLANNED
from ppad_annotation.service.tables import Assignment, Audit, Item, Rater, RatingCurrent

SHOWN = "critic-shown"
"""The line of the audit log: a revision that is later than it was not made independently."""


def unveiled_process(db: Database, assignment_id: str, rater_id: str, now: datetime) -> str:
    """The process behind an item that its rater may read a critic on; the audit log notes the first time.

    Raises:
        NotAllowedError: the item is not this rater's, is not rated, or may come back to be rated blindly.
    """
    config = campaign(db).config
    with db.write() as session:
        row = owned(session, assignment_id, rater_id)
        if session.get(RatingCurrent, row.id) is None:
            raise NotAllowedError("You have not rated this item.", "What the critic says is shown after your rating.")
        if _may_come_back(session, row, config, active_rater(session, rater_id)):
            raise NotAllowedError("This is not shown yet.", "Look again later.")
        known = select(Audit.id).where(Audit.action == SHOWN, Audit.actor == rater_id, Audit.target == row.id)
        if session.scalar(known.limit(1)) is None:
            audit.record(session, now, rater_id, SHOWN, row.id)
        return session.get_one(Item, row.item_id).process_id


def _may_come_back(session: Session, row: Assignment, config: CampaignConfig, rater: Rater) -> bool:
    """Whether the rater still has to judge the item without knowing more than the first time."""
    mine = select(Assignment).where(Assignment.item_id == row.item_id, Assignment.rater_id == row.rater_id)
    times = list(session.scalars(mine))
    if any(session.get(RatingCurrent, one.id) is None for one in times):
        return True  # it is before the rater now, or was withdrawn to be rated anew
    repeatable = config.repeats > 0 and row.kind in PLANNED and len(times) == 1
    return repeatable and rater.position <= row.position + REPEAT_WINDOW * config.repeat_gap
