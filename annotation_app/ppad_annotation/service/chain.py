"""The hash chain over rating events: each hash covers the event and the hash before it, so that no change goes unseen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from ppad.errors import ChainError
from ppad.schema import canonical_json
from ppad_annotation.service.campaigns import campaign_row, genesis
from ppad_annotation.service.database import Database
from ppad_annotation.service.tables import CampaignRow, RatingCurrent, RatingEvent

CHUNK = 1000

_COVERED = (
    "seq event_id prev_event event_type assignment_id item_id rater_id replicate kind revision "
    "scores choice critique pins active_ms full_pass"
).split()


@dataclass(frozen=True, slots=True)
class ChainState:
    """A chain that was read to its end and holds.

    Attributes:
        events: how many.
        hash: of the last one.
        ratings: assignments with a rating that stands.
    """

    events: int
    hash: str
    ratings: int


def event_hash(event: RatingEvent) -> str:
    """SHA-256 over the hash before and every value of the event, hexadecimal."""
    values = {name: getattr(event, name) for name in _COVERED}
    values["created_at"] = event.created_at.isoformat(timespec="microseconds")
    return hashlib.sha256(f"{event.prev_hash}\n{canonical_json(values)}".encode()).hexdigest()


def append(session: Session, campaign: CampaignRow, event: RatingEvent) -> None:
    """Put an event at the end of the chain."""
    event.seq = campaign.chain_length + 1
    event.prev_hash = campaign.chain_hash
    event.hash = event_hash(event)
    session.add(event)
    campaign.chain_length, campaign.chain_hash = event.seq, event.hash


def verify(db: Database) -> ChainState:
    """Read the whole history and check every hash, and that what is derived from it is right.

    Raises:
        ChainError: an event was changed, removed or inserted, or `rating_current` does not follow from the events.
    """
    with db.read() as session:
        return read_chain(session)


def read_chain(session: Session) -> ChainState:
    """As `verify`, within a transaction."""
    row = campaign_row(session)
    before = genesis(row)
    current: dict[str, int] = {}
    count = 0
    for event in events(session, row.chain_length):
        count += 1
        if event.seq != count or event.prev_hash != before or event_hash(event) != event.hash:
            raise ChainError(f"Event {count} of the history does not match its hash.", "Restore the last backup.")
        before = event.hash
        _apply(current, event)
    if count != row.chain_length or before != row.chain_hash or _last(session) != count:
        raise ChainError(f"The history ends after {count} of {row.chain_length} events.", "Restore the last backup.")
    stored = dict(session.execute(select(RatingCurrent.assignment_id, RatingCurrent.seq)).all())
    if stored != current:
        raise ChainError("The current ratings do not follow from the history.", "Run: ppad annotate status --rebuild")
    return ChainState(count, before, len(current))


def rebuild_current(db: Database) -> int:
    """Derive `rating_current` from the events again.

    Returns:
        How many ratings stand.
    """
    with db.write() as session:
        current: dict[str, int] = {}
        first: dict[str, datetime] = {}
        for event in events(session, campaign_row(session).chain_length):
            _apply(current, event)
            first.setdefault(event.assignment_id, event.created_at)
        session.execute(delete(RatingCurrent))
        rows = [{"assignment_id": name, "seq": seq, "first_at": first[name]} for name, seq in current.items()]
        if rows:
            session.execute(insert(RatingCurrent), rows)
        return len(rows)


def events(session: Session, last: int, first: int = 1) -> Iterator[RatingEvent]:
    """The events from one number to another, in order, a chunk at a time in memory."""
    for start in range(first, last + 1, CHUNK):
        end = min(start + CHUNK - 1, last)
        chunk = select(RatingEvent).where(RatingEvent.seq.between(start, end)).order_by(RatingEvent.seq)
        yield from session.scalars(chunk)
        session.expunge_all()


def _apply(current: dict[str, int], event: RatingEvent) -> None:
    if event.event_type == "withdraw":
        current.pop(event.assignment_id, None)
    else:
        current[event.assignment_id] = event.seq


def _last(session: Session) -> int:
    return session.scalar(select(func.max(RatingEvent.seq))) or 0
