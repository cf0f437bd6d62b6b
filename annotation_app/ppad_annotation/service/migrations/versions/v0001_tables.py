"""The tables of a campaign."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ppad_annotation.service import column_types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _campaign()
    _items()
    _accounts()
    _assignments()
    _slots()
    _ratings()
    _current()
    _remarks()


def _campaign() -> None:
    op.create_table(
        "attribute",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.CheckConstraint("low < high", name=op.f("ck_attribute_rises")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attribute")),
    )

    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", column_types.Moment(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("target", sa.String(length=120), nullable=False),
        sa.Column("detail", column_types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )

    op.create_table(
        "campaign",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("rubric", column_types.Json(), nullable=False),
        sa.Column("rubric_sha256", sa.String(length=64), nullable=False),
        sa.Column("guidance", column_types.Json(), nullable=False),
        sa.Column("config", column_types.Json(), nullable=False),
        sa.Column("created_at", column_types.Moment(), nullable=False),
        sa.Column("open_slots", sa.Integer(), nullable=False),
        sa.Column("chain_length", sa.Integer(), nullable=False),
        sa.Column("chain_hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("mode IN ('rating', 'preference')", name=op.f("ck_campaign_mode")),
        sa.CheckConstraint("id = 1", name=op.f("ck_campaign_only")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )


def _items() -> None:
    op.create_table(
        "item",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("process_id", sa.String(length=120), nullable=False),
        sa.Column("variant", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("media_key", sa.String(length=22), nullable=False),
        sa.Column("layout", column_types.Json(), nullable=False),
        sa.Column("prompt", sa.String(), nullable=True),
        sa.Column("reference_scores", column_types.Json(), nullable=True),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("pair", column_types.Json(), nullable=True),
        sa.Column("created_at", column_types.Moment(), nullable=False),
        sa.CheckConstraint("role IN ('main', 'calibration', 'gold')", name=op.f("ck_item_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("process_id", "variant", name=op.f("uq_item_process_id_variant")),
    )
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_item_media_key"), ["media_key"], unique=False)
        batch_op.create_index("ix_item_role", ["role", "place"], unique=False)


def _accounts() -> None:
    op.create_table(
        "rater",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("login", sa.String(length=80), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("disabled_at", column_types.Moment(), nullable=True),
        sa.Column("created_at", column_types.Moment(), nullable=False),
        sa.Column("last_seen_at", column_types.Moment(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("load", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("frontier", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("role IN ('rater', 'admin')", name=op.f("ck_rater_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rater")),
        sa.UniqueConstraint("login", name=op.f("uq_rater_login")),
    )

    op.create_table(
        "login_session",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("rater_id", sa.String(length=20), nullable=False),
        sa.Column("csrf", sa.String(length=43), nullable=False),
        sa.Column("created_at", column_types.Moment(), nullable=False),
        sa.Column("seen_at", column_types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["rater_id"], ["rater.id"], name=op.f("fk_login_session_rater_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_login_session")),
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_session_rater_id"), ["rater_id"], unique=False)

    op.create_table(
        "login_throttle",
        sa.Column("login_sha256", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", column_types.Moment(), nullable=True),
        sa.Column("last_at", column_types.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("login_sha256", name=op.f("pk_login_throttle")),
    )


def _assignments() -> None:
    op.create_table(
        "assignment",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("item_id", sa.String(length=22), nullable=False),
        sa.Column("rater_id", sa.String(length=20), nullable=False),
        sa.Column("replicate", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("slot_no", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("flipped", sa.Boolean(), nullable=False),
        sa.Column("claimed_at", column_types.Moment(), nullable=False),
        sa.Column("opened_at", column_types.Moment(), nullable=True),
        sa.Column("lease_until", column_types.Moment(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint("kind IN ('main', 'repeat', 'gold', 'calibration', 'extra')", name=op.f("ck_assignment_kind")),
        sa.CheckConstraint("state IN ('reserved', 'live', 'submitted', 'expired', 'skipped')", name=op.f("ck_assignment_state")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_assignment_item_id")),
        sa.ForeignKeyConstraint(["rater_id"], ["rater.id"], name=op.f("fk_assignment_rater_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint("item_id", "rater_id", "replicate", name=op.f("uq_assignment_item_id_rater_id_replicate")),
    )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.create_index(
            "ix_assignment_lease",
            ["lease_until"],
            unique=False,
            sqlite_where=sa.text("state IN ('reserved', 'live')"),
            postgresql_where=sa.text("state IN ('reserved', 'live')"),
        )
        batch_op.create_index("ix_assignment_rater", ["rater_id", "state", "position"], unique=False)
        batch_op.create_index(
            "uq_assignment_live_slot",
            ["item_id", "slot_no"],
            unique=True,
            sqlite_where=sa.text("state IN ('reserved', 'live')"),
            postgresql_where=sa.text("state IN ('reserved', 'live')"),
        )


def _slots() -> None:
    op.create_table(
        "slot",
        sa.Column("item_id", sa.String(length=22), nullable=False),
        sa.Column("slot_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("assignment_id", sa.String(length=22), nullable=True),
        sa.CheckConstraint("(state = 'open') = (assignment_id IS NULL)", name=op.f("ck_slot_holder")),
        sa.CheckConstraint("kind IN ('main', 'extra')", name=op.f("ck_slot_kind")),
        sa.CheckConstraint("state IN ('open', 'held', 'filled')", name=op.f("ck_slot_state")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f("fk_slot_assignment_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_slot_item_id")),
        sa.PrimaryKeyConstraint("item_id", "slot_no", name=op.f("pk_slot")),
        sa.UniqueConstraint("assignment_id", name=op.f("uq_slot_assignment_id")),
    )
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.create_index(
            "ix_slot_open",
            ["place", "item_id", "slot_no"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )


def _ratings() -> None:
    op.create_table(
        "rating_event",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("prev_event", sa.String(length=36), nullable=True),
        sa.Column("event_type", sa.String(length=10), nullable=False),
        sa.Column("assignment_id", sa.String(length=22), nullable=False),
        sa.Column("item_id", sa.String(length=22), nullable=False),
        sa.Column("rater_id", sa.String(length=20), nullable=False),
        sa.Column("replicate", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("scores", column_types.Json(), nullable=False),
        sa.Column("choice", sa.String(length=4), nullable=True),
        sa.Column("critique", sa.String(), nullable=True),
        sa.Column("pins", column_types.Json(), nullable=False),
        sa.Column("active_ms", sa.BigInteger(), nullable=True),
        sa.Column("full_pass", sa.Boolean(), nullable=False),
        sa.Column("created_at", column_types.Moment(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("(event_type = 'submit') = (prev_event IS NULL)", name=op.f("ck_rating_event_first")),
        sa.CheckConstraint("choice IN ('a', 'b', 'both')", name=op.f("ck_rating_event_choice")),
        sa.CheckConstraint("event_type IN ('submit', 'revise', 'withdraw')", name=op.f("ck_rating_event_event_type")),
        sa.CheckConstraint("active_ms >= 0", name=op.f("ck_rating_event_active_ms")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f("fk_rating_event_assignment_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_rating_event_item_id")),
        sa.ForeignKeyConstraint(["prev_event"], ["rating_event.event_id"], name=op.f("fk_rating_event_prev_event")),
        sa.ForeignKeyConstraint(["rater_id"], ["rater.id"], name=op.f("fk_rating_event_rater_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_rating_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_rating_event_event_id")),
        sa.UniqueConstraint("hash", name=op.f("uq_rating_event_hash")),
        sa.UniqueConstraint("prev_event", name=op.f("uq_rating_event_prev_event")),
    )
    with op.batch_alter_table("rating_event", schema=None) as batch_op:
        batch_op.create_index("ix_rating_event_assignment", ["assignment_id", "seq"], unique=False)
        batch_op.create_index("ix_rating_event_rater", ["rater_id", "seq"], unique=False)
        batch_op.create_index(
            "uq_rating_event_first",
            ["assignment_id"],
            unique=True,
            sqlite_where=sa.text("prev_event IS NULL"),
            postgresql_where=sa.text("prev_event IS NULL"),
        )


def _current() -> None:
    op.create_table(
        "rating_current",
        sa.Column("assignment_id", sa.String(length=22), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("first_at", column_types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f("fk_rating_current_assignment_id")),
        sa.ForeignKeyConstraint(["seq"], ["rating_event.seq"], name=op.f("fk_rating_current_seq")),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_rating_current")),
        sa.UniqueConstraint("seq", name=op.f("uq_rating_current_seq")),
    )

    op.create_table(
        "draft",
        sa.Column("assignment_id", sa.String(length=22), nullable=False),
        sa.Column("body", column_types.Json(), nullable=False),
        sa.Column("saved_at", column_types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f("fk_draft_assignment_id")),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_draft")),
    )


def _remarks() -> None:
    op.create_table(
        "exclusion",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("rater_id", sa.String(length=20), nullable=True),
        sa.Column("assignment_id", sa.String(length=22), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.Column("decided_at", column_types.Moment(), nullable=False),
        sa.Column("revoked_at", column_types.Moment(), nullable=True),
        sa.Column("revoked_by", sa.String(length=80), nullable=True),
        sa.CheckConstraint("(rater_id IS NULL) <> (assignment_id IS NULL)", name=op.f("ck_exclusion_target")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f("fk_exclusion_assignment_id")),
        sa.ForeignKeyConstraint(["rater_id"], ["rater.id"], name=op.f("fk_exclusion_rater_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exclusion")),
    )

    op.create_table(
        "flag",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("assignment_id", sa.String(length=22), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_at", column_types.Moment(), nullable=False),
        sa.Column("resolved_at", column_types.Moment(), nullable=True),
        sa.Column("resolution", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f("fk_flag_assignment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag")),
    )
    with op.batch_alter_table("flag", schema=None) as batch_op:
        batch_op.create_index("ix_flag_open", ["resolved_at", "created_at"], unique=False)
