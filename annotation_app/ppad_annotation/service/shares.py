"""Which items and how many of them are a rater's: the allocation rules, asked of the database."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ppad_annotation.service.allocation import Candidate, choose, is_ending, level, window_size
from ppad_annotation.service.config import CampaignConfig
from ppad_annotation.service.tables import IS_OPEN, Assignment, CampaignRow, Rater, Slot

NOTHING_LEFT = 2**63 - 1
"""The frontier of a rater to whom no slot is open: beyond every place."""


@dataclass
class Shares:
    """The shares of one rater and of the others, within one transaction."""

    session: Session
    campaign: CampaignRow
    config: CampaignConfig
    rater: Rater
    now: datetime

    def left(self) -> int:
        """How many more slots the rater may claim as things stand: fewer if others catch up, more if others stay away."""
        if self.rater.frontier == NOTHING_LEFT:
            return 0
        if not self.config.balanced:
            return self.campaign.open_slots
        return max(0, min(self.campaign.open_slots, self._height() - self.rater.load))

    def next_slot(self) -> Candidate | None:
        """The open slot that the rater should fill next; None where the share is done or nothing is open to this rater."""
        raters = _active_count(self.session)
        ending = is_ending(self.campaign.open_slots, raters)
        found = candidates(self.session, self.rater, self.campaign.open_slots if ending else window_size(raters))
        if found and self.config.balanced:
            found = self._within_share(found, ending=ending)
        return choose(found, self.config.seed, self.rater.id) if found else None

    def _within_share(self, found: list[Candidate], *, ending: bool) -> list[Candidate]:
        """All candidates below the level; above it those that nobody below can take, which only matters near the end."""
        height = self._height()
        if ending:
            waiting = [other for other, load in self._others.items() if load < height]
            found = _with_others(self.session, found, waiting)
        if self.rater.load < height:
            return found
        return [one for one in found if one.spare > 0] if ending else []

    def _height(self) -> int:
        return level([self.rater.load, *self._others.values()], self.campaign.open_slots)

    @cached_property
    def _others(self) -> dict[str, int]:
        """Loads of the other raters who are present and to whom something is open."""
        absence = timedelta(days=self.config.absent_days)
        seen = func.coalesce(Rater.last_seen_at, Rater.created_at)
        present = select(Rater.id, Rater.load).where(
            Rater.id != self.rater.id,
            Rater.role == "rater",
            Rater.disabled_at.is_(None),
            Rater.frontier != NOTHING_LEFT,
            seen.between(self.now - absence, self.now + absence),  # who was seen in a year to come was seen by a wrong clock
        )
        return dict(self.session.execute(present).all())


def candidates(session: Session, rater: Rater, count: int) -> list[Candidate]:
    """The first items with open slots that the rater was never given; notes how far the rater has come."""
    seen = select(Assignment.id).where(Assignment.item_id == Slot.item_id, Assignment.rater_id == rater.id)
    rows = session.execute(
        select(Slot.item_id, Slot.place, func.min(Slot.slot_no), func.count())
        .where(IS_OPEN, Slot.place >= rater.frontier, ~seen.exists())
        .group_by(Slot.place, Slot.item_id)
        .order_by(Slot.place, Slot.item_id)
        .limit(count)
    )
    found = [Candidate(*row) for row in rows]
    rater.frontier = found[0].place if found else NOTHING_LEFT
    return found


def _with_others(session: Session, found: list[Candidate], waiting: Collection[str]) -> list[Candidate]:
    """The candidates with the number of waiting raters who have not seen each."""
    ids = [one.item_id for one in found]
    pairs = select(Assignment.item_id, func.count()).where(
        Assignment.item_id.in_(ids), Assignment.rater_id.in_(waiting), Assignment.replicate == 0
    )
    seen = dict(session.execute(pairs.group_by(Assignment.item_id)).all())
    return [replace(one, others=len(waiting) - seen.get(one.item_id, 0)) for one in found]


def _active_count(session: Session) -> int:
    """Raters whose account is open."""
    return session.scalar(select(func.count()).where(Rater.role == "rater", Rater.disabled_at.is_(None))) or 0
