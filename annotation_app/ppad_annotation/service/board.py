"""What the admin's board and `ppad annotate status` show of a campaign: counts and lists, each by a few queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, and_, case, func, select, type_coerce
from sqlalchemy.orm import Session

from ppad_annotation.service.campaigns import campaign, campaign_row
from ppad_annotation.service.database import Database
from ppad_annotation.service.layouts import frame_ids
from ppad_annotation.service.progress import quartiles
from ppad_annotation.service.tables import (
    IS_HELD,
    IS_OPEN,
    Assignment,
    Exclusion,
    Flag,
    Item,
    Rater,
    RatingCurrent,
    RatingEvent,
    Slot,
)

_DAY_US = 86_400_000_000
_PACE_DAYS = 7
_RECENT = 60


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the plan is filled.

    Attributes:
        items: of the plan, calibration and gold items left out.
        complete: items whose slots are all filled.
        items_by_ratings: how many items have so many filled slots.
        slots, filled, held, open: of the plan.
        ratings: that stand, of every kind.
        ratings_by_kind: the same by kind.
        blocked: items with open slots that every rater has been given already: nobody is left to fill them.
    """

    items: int
    complete: int
    items_by_ratings: dict[int, int]
    slots: int
    filled: int
    held: int
    open: int
    ratings: int
    ratings_by_kind: dict[str, int]
    blocked: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the campaign goes.

    Attributes:
        by_day: first submissions of each UTC day that has any, oldest first.
        per_day: mean of the last seven days.
        finished_at: when the open slots are filled at that pace; None where nothing moves.
    """

    by_day: dict[str, int]
    per_day: float
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class RaterFacts:
    """One rater, for the admin's eyes.

    Attributes:
        done: ratings that stand.
        load: slots held or filled.
        last_week: first submissions in the last seven days.
        median_s: median time of active work on the last items, seconds; None for fewer than five.
        cannot_judge: share of attributes without a score, 0–1.
        excluded: whether a decision leaves all ratings out.
    """

    id: str
    login: str
    disabled: bool
    last_seen_at: datetime | None
    done: int
    load: int
    skipped: int
    flagged: int
    last_week: int
    median_s: float | None
    cannot_judge: float
    excluded: bool


@dataclass(frozen=True, slots=True)
class Lease:
    """An item in a rater's hands. `since` is None while it is only reserved."""

    assignment_id: str
    rater_id: str
    process_id: str
    kind: str
    since: datetime | None
    until: datetime


@dataclass(frozen=True, slots=True)
class Flagged:
    """A rater's flag. `picture` is the media id of the last frame."""

    id: str
    assignment_id: str
    rater_id: str
    process_id: str
    reason: str
    text: str
    created_at: datetime
    resolved_at: datetime | None
    resolution: str | None
    picture: str


@dataclass(frozen=True, slots=True)
class Skip:
    """An item that a rater passed on."""

    assignment_id: str
    rater_id: str
    process_id: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """An exclusion, in force or revoked. `process_id` is None where it is about all ratings of the rater."""

    id: str
    rater_id: str
    process_id: str | None
    reason: str
    decided_by: str
    decided_at: datetime
    revoked_at: datetime | None


def coverage(db: Database) -> Coverage:
    """How far the plan is filled."""
    with db.read() as session:
        filled = func.sum(case((Slot.state == "filled", 1), else_=0))
        per_item = select(filled.label("filled"), func.count().label("slots")).group_by(Slot.item_id).subquery()
        rows = session.execute(select(per_item.c.filled, per_item.c.slots, func.count()).group_by("filled", "slots")).all()
        states = dict(session.execute(select(Slot.state, func.count()).group_by(Slot.state)).all())
        kinds = _ratings_by_kind(session)
        blocked = _blocked(session)
    by_ratings: dict[int, int] = {}
    for count, _, items in rows:
        by_ratings[int(count)] = by_ratings.get(int(count), 0) + items
    return Coverage(
        items=sum(items for _, _, items in rows),
        complete=sum(items for count, slots, items in rows if count == slots),
        items_by_ratings=dict(sorted(by_ratings.items())),
        slots=sum(states.values()),
        filled=states.get("filled", 0),
        held=states.get("held", 0),
        open=states.get("open", 0),
        ratings=sum(kinds.values()),
        ratings_by_kind=kinds,
        blocked=blocked,
    )


def pace(db: Database, now: datetime) -> Pace:
    """How fast the campaign goes."""
    with db.read() as session:
        day = type_coerce(RatingEvent.created_at, BigInteger) // _DAY_US
        rows = session.execute(
            select(day, func.count()).where(RatingEvent.event_type == "submit").group_by(day).order_by(day)
        ).all()
        waiting = campaign_row(session).open_slots
        recent = session.scalar(
            select(func.count()).where(RatingEvent.event_type == "submit", RatingEvent.created_at > now - timedelta(_PACE_DAYS))
        )
    per_day = (recent or 0) / _PACE_DAYS
    by_day = {datetime.fromtimestamp(int(day) * 86400, UTC).date().isoformat(): count for day, count in rows}
    return Pace(by_day, per_day, now + timedelta(waiting / per_day) if per_day else None)


def rater_facts(db: Database, now: datetime) -> list[RaterFacts]:
    """Every rater, by login."""
    attributes = len(campaign(db).rubric.attribute_ids)
    with db.read() as session:
        raters = list(session.scalars(select(Rater).where(Rater.role == "rater").order_by(Rater.login)))
        skipped = _counts(session, select(Assignment.rater_id, func.count()).where(Assignment.state == "skipped"))
        flagged = _counts(session, select(Assignment.rater_id, func.count()).join(Flag, Flag.assignment_id == Assignment.id))
        week = _counts(
            session,
            select(RatingEvent.rater_id, func.count()).where(
                RatingEvent.event_type == "submit", RatingEvent.created_at > now - timedelta(_PACE_DAYS)
            ),
            RatingEvent.rater_id,
        )
        excluded = set(
            session.scalars(select(Exclusion.rater_id).where(Exclusion.revoked_at.is_(None), Exclusion.rater_id.is_not(None)))
        )
        recent = {rater.id: _recent(session, rater.id) for rater in raters}
    return [
        _facts(rater, skipped, flagged, week, recent[rater.id], attributes, excluded=rater.id in excluded) for rater in raters
    ]


def leases(db: Database) -> list[Lease]:
    """The items in raters' hands, the one that ends first on top."""
    with db.read() as session:
        rows = session.execute(
            select(Assignment, Item.process_id)
            .join(Item, Item.id == Assignment.item_id)
            .where(IS_HELD)
            .order_by(Assignment.lease_until)
        ).all()
    return [Lease(row.id, row.rater_id, process, row.kind, row.opened_at, row.lease_until) for row, process in rows]


def flags(db: Database, *, resolved: bool = False) -> list[Flagged]:
    """Flags that wait for an answer, or those that have one, oldest first."""
    with db.read() as session:
        rows = session.execute(
            select(Flag, Assignment.rater_id, Item)
            .join(Assignment, Assignment.id == Flag.assignment_id)
            .join(Item, Item.id == Assignment.item_id)
            .where(Flag.resolved_at.is_not(None) if resolved else Flag.resolved_at.is_(None))
            .order_by(Flag.created_at)
        ).all()
    return [
        Flagged(
            id=row.id,
            assignment_id=row.assignment_id,
            rater_id=rater,
            process_id=item.process_id,
            reason=row.reason,
            text=row.text,
            created_at=row.created_at,
            resolved_at=row.resolved_at,
            resolution=row.resolution,
            picture=list(frame_ids(row.assignment_id, item.layout))[-1],
        )
        for row, rater, item in rows
    ]


def skips(db: Database) -> list[Skip]:
    """Items that raters passed on, newest first."""
    with db.read() as session:
        rows = session.execute(
            select(Assignment, Item.process_id)
            .join(Item, Item.id == Assignment.item_id)
            .where(Assignment.state == "skipped")
            .order_by(Assignment.lease_until.desc())
        ).all()
    return [Skip(row.id, row.rater_id, process, row.reason or "", row.lease_until) for row, process in rows]


def exclusions(db: Database) -> list[Decision]:
    """Every decision to leave ratings out, oldest first."""
    with db.read() as session:
        rows = session.execute(
            select(Exclusion, func.coalesce(Exclusion.rater_id, Assignment.rater_id), Item.process_id)
            .outerjoin(Assignment, Assignment.id == Exclusion.assignment_id)
            .outerjoin(Item, Item.id == Assignment.item_id)
            .order_by(Exclusion.decided_at)
        ).all()
    return [
        Decision(row.id, rater_id, process_id, row.reason, row.decided_by, row.decided_at, row.revoked_at)
        for row, rater_id, process_id in rows
    ]


def _ratings_by_kind(session: Session) -> dict[str, int]:
    joined = select(RatingEvent.kind, func.count()).join(RatingCurrent, RatingCurrent.seq == RatingEvent.seq)
    return dict(session.execute(joined.group_by(RatingEvent.kind)).all())


def _blocked(session: Session) -> int:
    active = and_(Rater.role == "rater", Rater.disabled_at.is_(None))
    raters = session.scalar(select(func.count()).where(active)) or 0
    given = (
        select(func.count())
        .select_from(Assignment)
        .join(Rater, Rater.id == Assignment.rater_id)
        .where(Assignment.item_id == Slot.item_id, Assignment.replicate == 0, active)
        .scalar_subquery()
    )
    open_items = select(Slot.item_id).where(IS_OPEN, given >= raters).distinct().subquery()
    return session.scalar(select(func.count()).select_from(open_items)) or 0


def _counts(session: Session, query: Any, column: Any = Assignment.rater_id) -> dict[str, int]:
    return dict(session.execute(query.group_by(column)).all())


def _recent(session: Session, rater_id: str) -> list[tuple[int | None, dict[str, Any]]]:
    rows = session.execute(
        select(RatingEvent.active_ms, RatingEvent.scores)
        .where(RatingEvent.rater_id == rater_id, RatingEvent.event_type == "submit")
        .order_by(RatingEvent.seq.desc())
        .limit(_RECENT)
    ).all()
    return [(active_ms, scores) for active_ms, scores in rows]


def _facts(
    rater: Rater,
    skipped: Mapping[str, int],
    flagged: Mapping[str, int],
    week: Mapping[str, int],
    recent: list[tuple[int | None, dict[str, Any]]],
    attributes: int,
    *,
    excluded: bool,
) -> RaterFacts:
    middle = quartiles([ms / 1000 for ms, _ in recent if ms])
    blank = sum(score is None for _, scores in recent for score in scores.values())
    return RaterFacts(
        id=rater.id,
        login=rater.login,
        disabled=rater.disabled_at is not None,
        last_seen_at=rater.last_seen_at,
        done=rater.done,
        load=rater.load,
        skipped=skipped.get(rater.id, 0),
        flagged=flagged.get(rater.id, 0),
        last_week=week.get(rater.id, 0),
        median_s=None if middle is None else middle[1],
        cannot_judge=blank / max(1, attributes * len(recent)),
        excluded=excluded,
    )
