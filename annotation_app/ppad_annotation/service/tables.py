"""The tables of a campaign. One database holds one campaign.

What raters said lives in `rating_event`, which only grows; `rating_current` and the counters are derived from it and can
be rebuilt. States are words, so that a person who opens the database can read it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    String,
    UniqueConstraint,
    bindparam,
    literal,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from ppad_annotation.service.column_types import Json, Moment

HELD = ("reserved", "live")
"""States of an assignment that keep its slot from others."""

_HELD_SQL = "state IN ('reserved', 'live')"
_ID = String(22)
_RATER_ID = String(20)


class Base(DeclarativeBase):
    """What all tables have in common: constraints have names, so that migrations can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Moment(), dict[str, Any]: Json(), list[Any]: Json()}


class CampaignRow(Base):
    """The one campaign, its frozen settings, and what every write keeps up to date."""

    __tablename__ = "campaign"
    __table_args__ = (CheckConstraint("id = 1", name="only"), CheckConstraint("mode IN ('rating', 'preference')", name="mode"))

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    public_id: Mapped[str] = mapped_column(_ID)
    mode: Mapped[str] = mapped_column(String(20))
    rubric: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    rubric_sha256: Mapped[str] = mapped_column(String(64))
    guidance: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    config: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    created_at: Mapped[datetime]
    open_slots: Mapped[int] = mapped_column(default=0)
    chain_length: Mapped[int] = mapped_column(default=0)
    chain_hash: Mapped[str] = mapped_column(String(64))


class Attribute(Base):
    """The frozen scale of one attribute, for the check that the database itself makes."""

    __tablename__ = "attribute"
    __table_args__ = (CheckConstraint("low < high", name="rises"),)

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    low: Mapped[int]
    high: Mapped[int]


class Item(Base):
    """Something to rate. `process_id` never leaves towards a rater."""

    __tablename__ = "item"
    __table_args__ = (
        UniqueConstraint("process_id", "variant"),
        CheckConstraint("role IN ('main', 'calibration', 'gold')", name="role"),
        Index("ix_item_role", "role", "place"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    process_id: Mapped[str] = mapped_column(String(120))
    variant: Mapped[str] = mapped_column(String(120), default="")
    role: Mapped[str] = mapped_column(String(12))
    place: Mapped[int] = mapped_column(BigInteger)
    media_key: Mapped[str] = mapped_column(_ID, index=True)
    layout: Mapped[dict[str, Any]]
    prompt: Mapped[str | None]
    reference_scores: Mapped[dict[str, Any] | None]
    comment: Mapped[str | None]
    pair: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]


class Rater(Base):
    """An account. `id` is the pseudonym; `login` stays in this table."""

    __tablename__ = "rater"
    __table_args__ = (CheckConstraint("role IN ('rater', 'admin')", name="role"),)

    id: Mapped[str] = mapped_column(_RATER_ID, primary_key=True)
    login: Mapped[str] = mapped_column(String(80), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(10))
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    position: Mapped[int] = mapped_column(default=0)
    """Assignments handed out so far, calibration left out."""
    load: Mapped[int] = mapped_column(default=0)
    """Slots held or filled."""
    done: Mapped[int] = mapped_column(default=0)
    """Ratings that stand."""
    frontier: Mapped[int] = mapped_column(BigInteger, default=0)
    """Below this place no slot is open to this rater."""


class Assignment(Base):
    """One rater is to judge one item once."""

    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("item_id", "rater_id", "replicate"),
        CheckConstraint("state IN ('reserved', 'live', 'submitted', 'expired', 'skipped')", name="state"),
        CheckConstraint("kind IN ('main', 'repeat', 'gold', 'calibration', 'extra')", name="kind"),
        Index(
            "uq_assignment_live_slot",
            "item_id",
            "slot_no",
            unique=True,
            sqlite_where=text(_HELD_SQL),
            postgresql_where=text(_HELD_SQL),
        ),
        Index("ix_assignment_lease", "lease_until", sqlite_where=text(_HELD_SQL), postgresql_where=text(_HELD_SQL)),
        Index("ix_assignment_rater", "rater_id", "state", "position"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("item.id"))
    rater_id: Mapped[str] = mapped_column(ForeignKey("rater.id"))
    replicate: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(String(12))
    slot_no: Mapped[int | None]
    """The slot that is held or filled; null where no slot is needed (repeats, gold, calibration) or none was left."""
    state: Mapped[str] = mapped_column(String(10))
    position: Mapped[int]
    flipped: Mapped[bool] = mapped_column(default=False)
    claimed_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    lease_until: Mapped[datetime]
    reason: Mapped[str | None]


class Slot(Base):
    """A place for one rating of an item. Slots are made up front: the plan cannot be exceeded."""

    __tablename__ = "slot"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'held', 'filled')", name="state"),
        CheckConstraint("(state = 'open') = (assignment_id IS NULL)", name="holder"),
        CheckConstraint("kind IN ('main', 'extra')", name="kind"),
        Index(
            "ix_slot_open",
            "place",
            "item_id",
            "slot_no",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    item_id: Mapped[str] = mapped_column(ForeignKey("item.id"), primary_key=True)
    slot_no: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    place: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(10), default="open")
    assignment_id: Mapped[str | None] = mapped_column(ForeignKey("assignment.id"), unique=True)


class Draft(Base):
    """What a rater has entered but not submitted."""

    __tablename__ = "draft"

    assignment_id: Mapped[str] = mapped_column(ForeignKey("assignment.id"), primary_key=True)
    body: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]


class RatingEvent(Base):
    """What a rater said, for ever: triggers forbid update and delete, and each row's hash covers the one before."""

    __tablename__ = "rating_event"
    __table_args__ = (
        CheckConstraint("event_type IN ('submit', 'revise', 'withdraw')", name="event_type"),
        CheckConstraint("(event_type = 'submit') = (prev_event IS NULL)", name="first"),
        CheckConstraint("choice IN ('a', 'b', 'both')", name="choice"),
        CheckConstraint("active_ms >= 0", name="active_ms"),
        Index(
            "uq_rating_event_first",
            "assignment_id",
            unique=True,
            sqlite_where=text("prev_event IS NULL"),
            postgresql_where=text("prev_event IS NULL"),
        ),
        Index("ix_rating_event_assignment", "assignment_id", "seq"),
        Index("ix_rating_event_rater", "rater_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[str] = mapped_column(String(36), unique=True)
    prev_event: Mapped[str | None] = mapped_column(ForeignKey("rating_event.event_id"), unique=True)
    event_type: Mapped[str] = mapped_column(String(10))
    assignment_id: Mapped[str] = mapped_column(ForeignKey("assignment.id"))
    item_id: Mapped[str] = mapped_column(ForeignKey("item.id"))
    rater_id: Mapped[str] = mapped_column(ForeignKey("rater.id"))
    replicate: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    revision: Mapped[int]
    scores: Mapped[dict[str, Any]]
    choice: Mapped[str | None] = mapped_column(String(4))
    critique: Mapped[str | None]
    pins: Mapped[list[Any]]
    active_ms: Mapped[int | None] = mapped_column(BigInteger)
    full_pass: Mapped[bool]
    created_at: Mapped[datetime]
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class RatingCurrent(Base):
    """The event that stands for each assignment; derived from `rating_event`."""

    __tablename__ = "rating_current"
    __table_args__ = (ForeignKeyConstraint(["seq"], ["rating_event.seq"]),)

    assignment_id: Mapped[str] = mapped_column(ForeignKey("assignment.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(unique=True)
    first_at: Mapped[datetime]


class Flag(Base):
    """A rater's remark that something is wrong with an item."""

    __tablename__ = "flag"
    __table_args__ = (Index("ix_flag_open", "resolved_at", "created_at"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    assignment_id: Mapped[str] = mapped_column(ForeignKey("assignment.id"))
    reason: Mapped[str] = mapped_column(String(40))
    text: Mapped[str]
    created_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[str | None]


class Exclusion(Base):
    """A decision to leave a rater's or one assignment's ratings out of exports. Nothing is left out without one."""

    __tablename__ = "exclusion"
    __table_args__ = (CheckConstraint("(rater_id IS NULL) <> (assignment_id IS NULL)", name="target"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    rater_id: Mapped[str | None] = mapped_column(ForeignKey("rater.id"))
    assignment_id: Mapped[str | None] = mapped_column(ForeignKey("assignment.id"))
    reason: Mapped[str]
    decided_by: Mapped[str] = mapped_column(String(80))
    decided_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(80))


class Audit(Base):
    """Who did what, apart from rating; it only grows."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(40))
    target: Mapped[str] = mapped_column(String(120))
    detail: Mapped[dict[str, Any]]


class LoginSession(Base):
    """A browser that is logged in; only the token's digest is kept."""

    __tablename__ = "login_session"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    rater_id: Mapped[str] = mapped_column(ForeignKey("rater.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(43))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class Throttle(Base):
    """Failed logins under one name, whether or not it has an account."""

    __tablename__ = "login_throttle"

    login_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    locked_until: Mapped[datetime | None]
    last_at: Mapped[datetime]


IS_HELD = Assignment.state.in_(bindparam("held", HELD, expanding=True, literal_execute=True))
IS_OPEN = Slot.state == literal("open", literal_execute=True)
"""Conditions with their values written out: only then can SQLite use the partial indexes above."""
