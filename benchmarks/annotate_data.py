"""A campaign in the middle of its life: many items, a part of them rated, without a single picture."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from ppad_annotation.service.campaigns import begin_campaign, campaign, campaign_row
from ppad_annotation.service.chain import event_hash
from ppad_annotation.service.config import CampaignConfig
from ppad_annotation.service.database import Database
from ppad_annotation.service.ids import new_id, seeded
from ppad_annotation.service.tables import Assignment, Item, Rater, RatingCurrent, RatingEvent, Slot

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
_CHUNK = 5000
_LAYOUT = {"frames": [[0, 1]] * 15, "reference": [0, 1], "width": 1024, "height": 768, "sha256": "0" * 64}


def make_campaign(db: Database, items: int, raters: int, rated: float, **settings: Any) -> list[str]:
    """Fill an empty database: `rated` of the items have all their ratings, the others none.

    Returns:
        Ids of the raters.
    """
    begin_campaign(db, CampaignConfig(**settings), START)
    rng = random.Random(0)
    people = [f"rater-{number:08d}" for number in range(raters)]
    rows = sorted((_item(number) for number in range(items)), key=lambda row: row["place"])
    full = rows[: round(items * rated)]
    each = campaign(db).config.raters_per_item
    given = [(row, slot, rater) for row in full for slot, rater in enumerate(rng.sample(people, each))]
    with db.write() as session:
        session.execute(insert(Rater), [_rater(name, given) for name in people])
        for chunk in _chunks(rows):
            session.execute(insert(Item), chunk)
    holders = _write_ratings(db, given)
    with db.write() as session:
        slots = [_slot(row, number, holders.get((row["id"], number))) for row in rows for number in range(each)]
        for chunk in _chunks(slots):
            session.execute(insert(Slot), chunk)
        campaign_row(session).open_slots = sum(slot["state"] == "open" for slot in slots)
    if not db.is_sqlite:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    return people


def _write_ratings(db: Database, given: list[tuple[dict[str, Any], int, str]]) -> dict[tuple[str, int], str]:
    names = campaign(db).rubric.attribute_ids
    rng = random.Random(1)
    holders: dict[tuple[str, int], str] = {}
    with db.write() as session:
        row = campaign_row(session)
        assignments, events, current = [], [], []
        for number, (item, slot, rater) in enumerate(given, 1):
            moment = START + timedelta(seconds=5 * number)
            key = holders[item["id"], slot] = new_id()
            assignments.append(_assignment(key, item["id"], rater, slot, number, moment))
            event = RatingEvent(
                seq=number, event_id=str(uuid.UUID(int=rng.getrandbits(128))), prev_event=None, event_type="submit",
                assignment_id=key, item_id=item["id"], rater_id=rater, replicate=0, kind="main", revision=0,
                scores={name: rng.randint(1, 10) for name in names}, choice=None, critique="Calm and sure." * 5, pins=[],
                active_ms=rng.randint(40_000, 110_000), full_pass=True, created_at=moment, prev_hash=row.chain_hash,
            )  # fmt: skip
            row.chain_hash = event.hash = event_hash(event)
            events.append({column.name: getattr(event, column.name) for column in RatingEvent.__table__.columns})
            current.append({"assignment_id": key, "seq": number, "first_at": moment})
        row.chain_length = len(events)
        for table, rows in ((Assignment, assignments), (RatingEvent, events), (RatingCurrent, current)):
            for chunk in _chunks(rows):
                session.execute(insert(table), chunk)
    return holders


def _item(number: int) -> dict[str, Any]:
    process_id = f"made-{number:012x}"
    return {
        "id": new_id(), "process_id": process_id, "variant": "", "role": "main", "place": seeded(0, "place", process_id, ""),
        "media_key": new_id(), "layout": _LAYOUT, "prompt": None, "reference_scores": None, "comment": None, "pair": None,
        "created_at": START,
    }  # fmt: skip


def _rater(name: str, given: list[tuple[dict[str, Any], int, str]]) -> dict[str, Any]:
    count = sum(rater == name for _, _, rater in given)
    return {
        "id": name, "login": name, "password_hash": "!", "role": "rater", "created_at": START, "last_seen_at": START,
        "position": count, "load": count, "done": count, "frontier": 0,
    }  # fmt: skip


def _assignment(key: str, item_id: str, rater: str, slot: int, number: int, moment: datetime) -> dict[str, Any]:
    return {
        "id": key, "item_id": item_id, "rater_id": rater, "replicate": 0, "kind": "main", "slot_no": slot,
        "state": "submitted", "position": number, "flipped": False, "claimed_at": moment, "opened_at": moment,
        "lease_until": moment, "reason": None,
    }  # fmt: skip


def _slot(item: dict[str, Any], number: int, holder: str | None) -> dict[str, Any]:
    state = "open" if holder is None else "filled"
    return {
        "item_id": item["id"], "slot_no": number, "kind": "main", "place": item["place"], "state": state, "assignment_id": holder
    }  # fmt: skip


def _chunks(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    return (rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK))
