"""Which items and how many of them are a rater's: the allocation rules, asked of the database."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ppad_annotation.service.allocation import Candidate, level
from ppad_annotation.service.config import CampaignConfig
from ppad_annotation.service.tables import Assignment, CampaignRow, Rater, Slot

NOTHING_LEFT = 2**63 - 1
"""The frontier of a rater to whom no slot is open: beyond every place."""


def share_left(session: Session, campaign: CampaignRow, config: CampaignConfig, rater: Rater, now: datetime) -> int:
    """How many more slots the rater may claim as things stand: fewer where others catch up, more where others stay away."""
    if rater.frontier == NOTHING_LEFT:
        return 0
    if not config.balanced:
        return campaign.open_slots
    loads = [rater.load, *(other.load for other in _others(session, config, rater, now))]
    return max(0, min(campaign.open_slots, level(loads, campaign.open_slots) - rater.load))


def settle_share(session: Session, campaign: CampaignRow, config: CampaignConfig, rater: Rater, now: datetime) -> int:
    """As `share_left`, but a rater at the limit gets what those below it cannot take, having seen the items already."""
    left = share_left(session, campaign, config, rater, now)
    while left == 0 and config.balanced and rater.frontier != NOTHING_LEFT and campaign.open_slots:
        waiting = [other for other in _others(session, config, rater, now) if other.load <= rater.load]
        stuck = [other for other in waiting if not candidates(session, other, 1)]
        if not stuck:
            break
        left = share_left(session, campaign, config, rater, now)
    return left


def candidates(session: Session, rater: Rater, count: int) -> list[Candidate]:
    """The first items with open slots that the rater was never given; notes how far the rater has come."""
    seen = select(Assignment.id).where(Assignment.item_id == Slot.item_id, Assignment.rater_id == rater.id)
    rows = session.execute(
        select(Slot.item_id, Slot.place, func.min(Slot.slot_no), func.count())
        .where(Slot.state == "open", Slot.place >= rater.frontier, ~seen.exists())
        .group_by(Slot.place, Slot.item_id)
        .order_by(Slot.place, Slot.item_id)
        .limit(count)
    )
    found = [Candidate(*row) for row in rows]
    rater.frontier = found[0].place if found else NOTHING_LEFT
    return found


def active_count(session: Session) -> int:
    """Raters whose account is open."""
    return session.scalar(select(func.count()).where(Rater.role == "rater", Rater.disabled_at.is_(None))) or 0


def _others(session: Session, config: CampaignConfig, rater: Rater, now: datetime) -> list[Rater]:
    """The other raters who are present and to whom something is open."""
    absent = now - timedelta(days=config.absent_days)
    present = select(Rater).where(
        Rater.id != rater.id,
        Rater.role == "rater",
        Rater.disabled_at.is_(None),
        Rater.frontier != NOTHING_LEFT,
        func.coalesce(Rater.last_seen_at, Rater.created_at) >= absent,
    )
    return list(session.scalars(present))
