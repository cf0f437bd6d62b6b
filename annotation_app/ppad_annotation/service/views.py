"""What a rater may know of an item: nothing of its source, its kind, or what others said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session

from ppad_annotation.service.campaigns import Campaign
from ppad_annotation.service.layouts import frame_ids, reference_id
from ppad_annotation.service.progress import Progress
from ppad_annotation.service.tables import Assignment as AssignmentRow
from ppad_annotation.service.tables import Draft, Item, RatingEvent


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item as a rater sees it.

    Attributes:
        subject: `process` or `artwork`.
        frames: media ids of the key frames, in painting order; one for an artwork.
        reference: media id of the reference; None where it is a prompt, or there is none.
        prompt: the prompt that was painted from; None where there is none.
        width, height: of every frame, pixels.
    """

    subject: str
    frames: tuple[str, ...]
    reference: str | None
    prompt: str | None
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two assessments in preference mode, without its author."""

    scores: dict[str, float]
    critique: str | None


@dataclass(frozen=True, slots=True)
class Assignment:
    """A rater's item with the state of its form.

    Attributes:
        id: names the assignment in every call.
        item: what is shown.
        sides: the two assessments, left and right, in preference mode; None otherwise.
        locked: whether the form waits for a full pass through the frames.
        draft: what was entered and not submitted.
        head_event: id of the event that a new one must name as `prev_event`; None before the first.
        lease_until: when the item goes to others without a heartbeat.
        progress: where the rater stands.
    """

    id: str
    item: ItemView
    sides: tuple[Side, Side] | None
    locked: bool
    draft: dict[str, Any] | None
    head_event: str | None
    lease_until: datetime
    progress: Progress


def assignment_view(session: Session, frozen: Campaign, row: AssignmentRow, progress: Progress) -> Assignment:
    """The rater's view of an assignment."""
    item = session.get_one(Item, row.item_id)
    draft = select(Draft.body).where(Draft.assignment_id == row.id).scalar_subquery()
    body, head = session.execute(select(draft, _head_event(row.id))).one()
    passed = bool(body and body.get("full_pass"))
    return Assignment(
        id=row.id,
        item=_item_view(frozen, item, row.id),
        sides=None if item.pair is None else _sides(item.pair, row.flipped),
        locked=frozen.config.pass_required and frozen.rubric.subject == "process" and not passed,
        draft=body,
        head_event=head,
        lease_until=row.lease_until,
        progress=progress,
    )


def _head_event(assignment_id: str) -> ScalarSelect[str]:
    """Id of the last event of an assignment."""
    last = select(RatingEvent.event_id).where(RatingEvent.assignment_id == assignment_id).order_by(RatingEvent.seq.desc())
    return last.limit(1).scalar_subquery()


def _item_view(frozen: Campaign, item: Item, assignment_id: str) -> ItemView:
    return ItemView(
        subject=frozen.rubric.subject,
        frames=tuple(frame_ids(assignment_id, item.layout)),
        reference=reference_id(assignment_id, item.layout),
        prompt=item.prompt,
        width=item.layout["width"],
        height=item.layout["height"],
    )


def _sides(pair: dict[str, Any], flipped: bool) -> tuple[Side, Side]:
    a, b = (Side(pair[name]["scores"], pair[name]["critique"]) for name in ("a", "b"))
    return (b, a) if flipped else (a, b)
