"""Which items and how many of them are a rater's: the allocation rules, asked of the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ppad_annotation.service.allocation import Candidate, choose, level, window_size
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


def next_slot(session: Session, campaign: CampaignRow, config: CampaignConfig, rater: Rater, now: datetime) -> Candidate | None:
    """The open slot that the rater should fill next; None where the share is done or nothing is open to this rater."""
    window = window_size(_active_count(session))
    found = candidates(session, rater, window)
    if not found or not config.balanced:
        return choose(found, config.seed, rater.id) if found else None
    others = _others(session, config, rater, now)
    height = level([rater.load, *(other.load for other in others)], campaign.open_slots)
    ending = campaign.open_slots <= window
    if ending:
        found = _with_others(session, found, {other.id for other in others if other.load < height})
    if rater.load >= height:
        found = [one for one in found if one.spare > 0] if ending else []
    return choose(found, config.seed, rater.id) if found else None


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


def _with_others(session: Session, found: list[Candidate], waiting: set[str]) -> list[Candidate]:
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
