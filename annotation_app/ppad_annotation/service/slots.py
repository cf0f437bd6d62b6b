"""How slots change hands. Every function works inside the caller's write."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ppad_annotation.service.tables import IS_HELD, Assignment, CampaignRow, Rater, Slot

PLANNED = ("main", "extra")
"""Kinds of assignments that count against the plan."""


def hold(campaign: CampaignRow, slot: Slot, assignment: Assignment) -> None:
    """Give an open slot to an assignment."""
    slot.state, slot.assignment_id = "held", assignment.id
    assignment.slot_no = slot.slot_no
    campaign.open_slots -= 1


def fill(session: Session, campaign: CampaignRow, assignment: Assignment) -> None:
    """A rating has come: it fills its own slot, or another of the item that is not filled yet.

    A late rating finds its slot open again, held by another rater, or filled. Held, it takes the slot: the rating that is
    there counts before the one that may come. Filled, and no other slot left, it is kept beside the plan as `extra`.
    """
    own = own_slot(session, assignment)
    if own is not None and own.assignment_id == assignment.id:
        own.state = "filled"
        return
    slot = _free_slot(session, assignment) or (own if own is not None and own.state == "held" else None)
    if slot is None:
        assignment.kind, assignment.slot_no = "extra", None
        return
    if slot.state == "open":
        campaign.open_slots -= 1
    slot.state, slot.assignment_id = "filled", assignment.id
    assignment.slot_no, assignment.kind = slot.slot_no, slot.kind


def reopen(session: Session, campaign: CampaignRow, assignment: Assignment) -> None:
    """An assignment gives its slot back, if it has one: it is open to every rater again."""
    slot = own_slot(session, assignment)
    if slot is None or slot.assignment_id != assignment.id:
        return
    slot.state, slot.assignment_id = "open", None
    campaign.open_slots += 1
    draw_back(session, slot.place)


def draw_back(session: Session, place: int) -> None:
    """A slot at this place became open: raters who have passed it look there again."""
    session.execute(update(Rater).where(Rater.frontier > place).values(frontier=place))


def expire(session: Session, campaign: CampaignRow, now: datetime, lease: timedelta) -> None:
    """Take back what leases have run out on. One that ends later than a new one would is of a clock that ran ahead: it is cut."""
    ahead = update(Assignment).where(IS_HELD, Assignment.lease_until > now + lease)
    session.execute(ahead.values(lease_until=now + lease))
    late = session.scalars(select(Assignment).where(IS_HELD, Assignment.lease_until < now)).all()
    for assignment in late:
        give_up(session, campaign, assignment, "expired")


def give_up(session: Session, campaign: CampaignRow, assignment: Assignment, state: str) -> None:
    """End an assignment without a rating."""
    assignment.state = state
    if assignment.kind in PLANNED:
        session.get_one(Rater, assignment.rater_id).load -= 1
        reopen(session, campaign, assignment)


def take_up(session: Session, campaign: CampaignRow, rater: Rater, assignment: Assignment) -> bool:
    """Go on with an assignment whose lease ran out: possible as long as nobody else has taken its slot."""
    if assignment.kind not in PLANNED:
        return True
    slot = own_slot(session, assignment)
    if slot is None or slot.state != "open":
        return False
    hold(campaign, slot, assignment)
    rater.load += 1
    return True


def own_slot(session: Session, assignment: Assignment) -> Slot | None:
    """The slot that an assignment was made for, whoever has it now."""
    return None if assignment.slot_no is None else session.get(Slot, (assignment.item_id, assignment.slot_no))


def _free_slot(session: Session, assignment: Assignment) -> Slot | None:
    free = select(Slot).where(Slot.item_id == assignment.item_id, Slot.state == "open").order_by(Slot.slot_no).limit(1)
    return session.scalar(free)
