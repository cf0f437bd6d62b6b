"""What a rater does next: claims, reservations, leases, skips. Each is one transaction."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import case, select
from sqlalchemy.orm import Session, aliased

from ppad.errors import ConflictError, InvalidFormError, NotAllowedError
from ppad_annotation.service.allocation import first_in_order, planned_kind
from ppad_annotation.service.campaigns import Campaign, campaign, campaign_row
from ppad_annotation.service.database import Database
from ppad_annotation.service.ids import is_id, new_id
from ppad_annotation.service.progress import Progress, progress
from ppad_annotation.service.raters import active_rater
from ppad_annotation.service.shares import NOTHING_LEFT, Shares
from ppad_annotation.service.slots import PLANNED, expire, give_up, hold, take_up
from ppad_annotation.service.submissions import is_text
from ppad_annotation.service.tables import HELD, CampaignRow, Item, Rater, Slot
from ppad_annotation.service.tables import Assignment as AssignmentRow
from ppad_annotation.service.views import Assignment, assignment_view

LONGEST_REASON = 2000
REPEAT_WINDOW = 4
"""In repeat gaps: an item that was judged longer ago does not come back."""
_COME_BACK_TO = 20
"""How many items with ended leases a rater can come back to."""


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing to rate now.

    Attributes:
        reason: `share`: the rater's share is done, others have theirs to do; `all`: nothing is open to this rater.
    """

    reason: str
    progress: Progress


def claim(db: Database, rater_id: str, now: datetime) -> Assignment | Done:
    """The rater's item: the one that is open already, else the reserved one, else one whose lease ran out, else a new one.

    Raises:
        NotAllowedError: the account does not rate.
    """
    frozen = campaign(db)
    with db.write() as session:
        desk = _Desk(session, frozen, campaign_row(session), active_rater(session, rater_id), now)
        row = desk.held(*HELD) or desk.revived() or desk.new()
        desk.rater.last_seen_at = now
        if row is None:
            everything = desk.rater.frontier == NOTHING_LEFT or desk.row.open_slots == 0
            return Done("all" if everything else "share", desk.progress())
        row.state, row.opened_at = "live", row.opened_at or now
        row.lease_until = desk.lease_end()
        session.flush()
        return assignment_view(session, frozen, row, desk.progress())


def upcoming(db: Database, rater_id: str, now: datetime) -> Assignment | None:
    """The item that will be claimed next, reserved for the rater so that its pictures can be fetched ahead; None for none.

    Raises:
        NotAllowedError: the account does not rate.
    """
    frozen = campaign(db)
    with db.write() as session:
        desk = _Desk(session, frozen, campaign_row(session), active_rater(session, rater_id), now)
        row = desk.held("reserved") or desk.new()
        if row is None:
            return None
        row.lease_until = desk.lease_end()
        session.flush()
        return assignment_view(session, frozen, row, desk.progress())


def heartbeat(db: Database, assignment_id: str, rater_id: str, now: datetime) -> datetime:
    """A sign of life: renews the leases of the rater's item and of the one reserved after it.

    A lease that ran out meanwhile, while a computer slept, is taken up again unless the slot has gone to somebody else.

    Returns:
        When the lease ends.

    Raises:
        NotAllowedError: the item is not this rater's.
    """
    frozen = campaign(db)
    with db.write() as session:
        row = owned(session, assignment_id, rater_id)
        rater = active_rater(session, rater_id)
        rater.last_seen_at = now
        until = now + timedelta(minutes=frozen.config.lease_minutes)
        if row.state == "expired" and take_up(session, campaign_row(session), rater, row):
            row.state = "live"
        held = select(AssignmentRow).where(AssignmentRow.rater_id == rater_id, AssignmentRow.state.in_(HELD))
        for other in session.scalars(held):
            if other.id == row.id or other.state == "reserved":
                other.lease_until = until
        return row.lease_until


def release(db: Database, assignment_id: str, rater_id: str, now: datetime) -> None:
    """Give an item back without judging it, as a lease that runs out does; its draft stays.

    Raises:
        NotAllowedError: the item is not this rater's.
    """
    with db.write() as session:
        row = owned(session, assignment_id, rater_id)
        if row.state in HELD:
            give_up(session, campaign_row(session), row, "expired")
            row.lease_until = now


def skip(db: Database, assignment_id: str, rater_id: str, reason: str, now: datetime) -> None:
    """Pass an item on to others for good, with the reason.

    Raises:
        NotAllowedError: the item is not this rater's.
        InvalidFormError: no reason is given, or it is too long.
        ConflictError: the item was rated.
    """
    reason = reason.strip()
    if not reason or not is_text(reason, LONGEST_REASON):
        raise InvalidFormError("A skip needs a reason.", f"Say why, in at most {LONGEST_REASON} characters.")
    with db.write() as session:
        row = owned(session, assignment_id, rater_id)
        if row.state == "skipped":
            return
        if row.state == "submitted":
            raise ConflictError("This item is rated.", "Undo the rating first.")
        if row.state in HELD:
            give_up(session, campaign_row(session), row, "skipped")
        row.state, row.reason, row.lease_until = "skipped", reason, now


def owned(session: Session, assignment_id: str, rater_id: str) -> AssignmentRow:
    """The rater's own assignment.

    Raises:
        NotAllowedError: it is another's, or there is none; which of the two is not said.
    """
    row = session.get(AssignmentRow, assignment_id) if is_id(assignment_id) else None
    if row is None or row.rater_id != rater_id:
        raise NotAllowedError("This item is not yours.", "Load the page again.")
    return row


@dataclass
class _Desk:
    """One rater in one transaction, with what the choice of an item depends on."""

    session: Session
    frozen: Campaign
    row: CampaignRow
    rater: Rater
    now: datetime

    def __post_init__(self) -> None:
        expire(self.session, self.row, self.now, self._lease)

    def held(self, *states: str) -> AssignmentRow | None:
        """The rater's item in one of these states: a live one before a reserved one, the one that was opened last."""
        mine = select(AssignmentRow).where(AssignmentRow.rater_id == self.rater.id, AssignmentRow.state.in_(states))
        live = case((AssignmentRow.state == "live", 0), else_=1)
        newest = mine.order_by(live, AssignmentRow.opened_at.desc(), AssignmentRow.position)
        return self.session.scalar(newest.limit(1))

    def revived(self) -> AssignmentRow | None:
        """An item whose lease ran out before the rater came back, where nobody else has it yet: its draft goes on."""
        mine = select(AssignmentRow).where(AssignmentRow.rater_id == self.rater.id, AssignmentRow.state == "expired")
        latest = self.session.scalars(mine.order_by(AssignmentRow.lease_until.desc()).limit(_COME_BACK_TO))
        return next((row for row in latest if take_up(self.session, self.row, self.rater, row)), None)

    def new(self) -> AssignmentRow | None:
        """A new item: the calibration block first, then what falls due, else an open slot of the rater's share."""
        calibration = self._unseen("calibration")
        if calibration:
            return self._assign(first_in_order(calibration, self._seed, "calibration", self.rater.id), "calibration")
        config = self.frozen.config
        kind = planned_kind(self._seed, self.rater.id, self.rater.position, config.repeats, config.gold)
        item = self._repeat() if kind == "repeat" else self._gold() if kind == "gold" else None
        row = self._planned() if item is None else self._assign(item, kind, replicate=1 if kind == "repeat" else 0)
        if row is not None:
            self.rater.position += 1
        return row

    def progress(self) -> Progress:
        """Where the rater stands now."""
        self.session.flush()
        return progress(self._shares)

    def lease_end(self) -> datetime:
        """When a lease that begins now ends."""
        return self.now + self._lease

    @property
    def _lease(self) -> timedelta:
        return timedelta(minutes=self.frozen.config.lease_minutes)

    @cached_property
    def _shares(self) -> Shares:
        return Shares(self.session, self.row, self.frozen.config, self.rater, self.now)

    @property
    def _seed(self) -> int:
        return self.frozen.config.seed

    def _planned(self) -> AssignmentRow | None:
        chosen = self._shares.next_slot()
        if chosen is None:
            return None
        slot = self.session.get_one(Slot, (chosen.item_id, chosen.slot_no))
        row = self._assign(chosen.item_id, slot.kind)
        self.session.flush()
        hold(self.row, slot, row)
        self.rater.load += 1
        return row

    def _repeat(self) -> str | None:
        """An item that the rater judged long enough ago, and not much longer, and that has not come back yet."""
        gap = self.frozen.config.repeat_gap
        again = aliased(AssignmentRow)
        back = select(again.id).where(
            again.item_id == AssignmentRow.item_id, again.rater_id == self.rater.id, again.replicate == 1
        )
        earlier = select(AssignmentRow.item_id, Item.place).join(Item, Item.id == AssignmentRow.item_id)
        earlier = earlier.where(
            AssignmentRow.rater_id == self.rater.id,
            AssignmentRow.state == "submitted",
            AssignmentRow.position.between(self.rater.position - REPEAT_WINDOW * gap, self.rater.position - gap),
            AssignmentRow.kind.in_(PLANNED),
            ~back.exists(),
        )
        places = dict(self.session.execute(earlier).all())
        return first_in_order(places, self._seed, "again", self.rater.id) if places else None

    def _gold(self) -> str | None:
        places = self._unseen("gold")
        return first_in_order(places, self._seed, "gold", self.rater.id) if places else None

    def _unseen(self, role: str) -> dict[str, int]:
        """Places of the items with this role that the rater was never given."""
        seen = select(AssignmentRow.id).where(AssignmentRow.item_id == Item.id, AssignmentRow.rater_id == self.rater.id)
        return dict(self.session.execute(select(Item.id, Item.place).where(Item.role == role, ~seen.exists())).all())

    def _assign(self, item_id: str, kind: str, replicate: int = 0) -> AssignmentRow:
        row = AssignmentRow(
            id=new_id(),
            item_id=item_id,
            rater_id=self.rater.id,
            replicate=replicate,
            kind=kind,
            state="reserved",
            position=self.rater.position,
            flipped=bool(secrets.randbits(1)),
            claimed_at=self.now,
            lease_until=self.lease_end(),
        )
        self.session.add(row)
        return row
