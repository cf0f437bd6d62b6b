"""What leaves the campaign: rows by the data contract, raters by pseudonym. Read in short transactions while raters work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from ppad.rubric import Rubric
from ppad_annotation.service.campaigns import campaign, campaign_row
from ppad_annotation.service.chain import CHUNK
from ppad_annotation.service.column_types import iso
from ppad_annotation.service.database import Database
from ppad_annotation.service.exclusions import Excluded, excluded
from ppad_annotation.service.tables import Assignment, Exclusion, Item, RatingCurrent, RatingEvent


def current_ratings(db: Database, *, with_excluded: bool = False) -> Iterator[dict[str, Any]]:
    """The ratings that stand, in the order of their last events: rows of `ppad.schema.ratings_schema`.

    Args:
        with_excluded: give also what a recorded decision leaves out.
    """
    rubric = campaign(db).rubric
    last, without = _start(db)
    for first in range(1, last + 1, CHUNK):
        with db.read() as session:
            rows = session.execute(
                select(RatingEvent, RatingCurrent.first_at, Item.process_id)
                .join(RatingCurrent, RatingCurrent.seq == RatingEvent.seq)
                .join(Item, Item.id == RatingEvent.item_id)
                .where(RatingEvent.seq.between(first, min(last, first + CHUNK - 1)))
                .order_by(RatingEvent.seq)
            ).all()
        for event, first_at, process_id in rows:
            if with_excluded or not without.covers(event):
                yield _common(event, process_id, rubric) | {"created_at": iso(first_at)}


def ratings_of(db: Database, process_id: str) -> list[dict[str, Any]]:
    """The ratings of one process that stand, excluded ones too: what an admin looks into."""
    rubric = campaign(db).rubric
    with db.read() as session:
        rows = session.execute(
            select(RatingEvent, Item.process_id)
            .join(RatingCurrent, RatingCurrent.seq == RatingEvent.seq)
            .join(Item, Item.id == RatingEvent.item_id)
            .where(Item.process_id == process_id)
            .order_by(RatingEvent.seq)
        ).all()
    return [_common(event, name, rubric) for event, name in rows]


def rating_events(db: Database) -> Iterator[dict[str, Any]]:
    """The whole history, in order: rows of `ppad.schema.rating_events_schema`, and `prev_hash` and `hash`."""
    rubric = campaign(db).rubric
    last, _ = _start(db)
    for first in range(1, last + 1, CHUNK):
        with db.read() as session:
            rows = session.execute(_events(first, min(last, first + CHUNK - 1))).all()
        for event, process_id in rows:
            yield _common(event, process_id, rubric) | {
                "event_id": event.event_id,
                "prev_event": event.prev_event,
                "event_type": event.event_type,
                "created_at": iso(event.created_at),
                "prev_hash": event.prev_hash,
                "hash": event.hash,
            }


def exclusions(db: Database) -> Iterator[dict[str, Any]]:
    """The decisions in force that leave ratings out: `rater_id, process_id, reason, decided_by, decided_at`.

    `process_id` is None where all ratings of the rater are left out.
    """
    with db.read() as session:
        rows = session.execute(
            select(Exclusion, Assignment.rater_id, Item.process_id)
            .outerjoin(Assignment, Assignment.id == Exclusion.assignment_id)
            .outerjoin(Item, Item.id == Assignment.item_id)
            .where(Exclusion.revoked_at.is_(None))
            .order_by(Exclusion.decided_at)
        ).all()
    for decision, rater_id, process_id in rows:
        yield {
            "rater_id": decision.rater_id or rater_id,
            "process_id": process_id,
            "reason": decision.reason,
            "decided_by": decision.decided_by,
            "decided_at": iso(decision.decided_at),
        }


def _events(first: int, last: int) -> Any:
    chunk = select(RatingEvent, Item.process_id).join(Item, Item.id == RatingEvent.item_id)
    return chunk.where(RatingEvent.seq.between(first, last)).order_by(RatingEvent.seq)


def _start(db: Database) -> tuple[int, Excluded]:
    with db.read() as session:
        return campaign_row(session).chain_length, excluded(session)


def _common(event: RatingEvent, process_id: str, rubric: Rubric) -> dict[str, Any]:
    return {
        "process_id": process_id,
        "rater_id": event.rater_id,
        "rubric": rubric.id,
        "rubric_version": rubric.version,
        "replicate": event.replicate,
        "kind": event.kind,
        **{name: event.scores.get(name) for name in rubric.attribute_ids},
        "critique": event.critique,
        "pins": json.dumps(event.pins, ensure_ascii=False) if event.pins else None,
        "active_ms": event.active_ms,
        "revision": event.revision,
    }
