"""Ratings beside the experts' scores: feedback in the calibration round, and what gold items say of a rater."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from ppad_annotation.service.database import Database
from ppad_annotation.service.tables import Item, RatingCurrent, RatingEvent


@dataclass(frozen=True, slots=True)
class Difference:
    """One attribute of a calibration item.

    Attributes:
        own: the rater's score; None for "cannot judge".
        reference: the experts' score, which may lie between whole numbers.
        difference: own minus reference; None without an own score.
    """

    own: int | None
    reference: float
    difference: float | None


@dataclass(frozen=True, slots=True)
class Feedback:
    """How the experts rated an item.

    Attributes:
        differences: by attribute, for those that have a reference.
        comment: what the experts say of it; None for nothing.
    """

    differences: dict[str, Difference]
    comment: str | None


@dataclass(frozen=True, slots=True)
class Departure:
    """How far a rater is from the experts over all items of one role.

    Attributes:
        role: `calibration` or `gold`.
        attribute: id of the attribute.
        count: ratings that both sides gave a score.
        mean: of own minus reference, points: positive for a lenient rater.
        mean_absolute: of its size, points.
    """

    rater_id: str
    role: str
    attribute: str
    count: int
    mean: float
    mean_absolute: float


def feedback(item: Item, scores: Mapping[str, int | None]) -> Feedback | None:
    """The feedback on a rating: for calibration items with reference scores only, gold items stay unannounced."""
    if item.role != "calibration" or not item.reference_scores:
        return None
    return Feedback(_differences(item, scores), item.comment)


def departures(db: Database, rater_id: str | None = None) -> list[Departure]:
    """How far raters are from the experts, by rater, role and attribute.

    Args:
        rater_id: one rater only; None for all.
    """
    standing = (
        select(RatingEvent.rater_id, RatingEvent.scores, Item)
        .join(RatingCurrent, RatingCurrent.seq == RatingEvent.seq)
        .join(Item, Item.id == RatingEvent.item_id)
        .where(Item.reference_scores.is_not(None), RatingEvent.replicate == 0)
    )
    if rater_id is not None:
        standing = standing.where(RatingEvent.rater_id == rater_id)
    found: dict[tuple[str, str, str], list[float]] = {}
    with db.read() as session:
        for rater, scores, item in session.execute(standing):
            for name, one in _differences(item, scores).items():
                if one.difference is not None:
                    found.setdefault((rater, item.role, name), []).append(one.difference)
    return [
        Departure(*key, len(values), sum(values) / len(values), sum(map(abs, values)) / len(values))
        for key, values in sorted(found.items())
    ]


def _differences(item: Item, scores: Mapping[str, int | None]) -> dict[str, Difference]:
    return {name: _difference(scores.get(name), value) for name, value in (item.reference_scores or {}).items()}


def _difference(own: int | None, reference: float) -> Difference:
    return Difference(own, reference, None if own is None else own - reference)
