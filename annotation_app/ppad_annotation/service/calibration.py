"""Ratings beside the experts' scores: feedback in the calibration round, and what gold items say of a rater."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from sqlalchemy import select

from ppad.agreement.estimates import Estimate, mean_of
from ppad_annotation.service.campaigns import campaign
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
    """How far a rater is from the experts over all items of one role, in points of a 1–10 scale.

    Attributes:
        role: `calibration` or `gold`.
        items: of the role that were rated and have a score of both sides.
        mean: own minus reference, positive for a lenient rater; of each item the mean over its attributes, with an interval
            over the items.
        size: mean size of the differences, whatever their sign.
        attributes: mean difference by attribute; only those where both sides gave a score.
    """

    rater_id: str
    role: str
    items: int
    mean: Estimate
    size: float
    attributes: dict[str, float]


def feedback(item: Item, scores: Mapping[str, int | None]) -> Feedback | None:
    """The feedback on a rating: for calibration items with reference scores only, gold items stay unannounced."""
    if item.role != "calibration" or not item.reference_scores:
        return None
    return Feedback(_differences(item, scores), item.comment)


def departures(db: Database) -> list[Departure]:
    """How far raters are from the experts, by rater and role."""
    scales = campaign(db).rubric.scales
    standing = (
        select(RatingEvent.rater_id, RatingEvent.scores, Item)
        .join(RatingCurrent, RatingCurrent.seq == RatingEvent.seq)
        .join(Item, Item.id == RatingEvent.item_id)
        .where(Item.reference_scores.is_not(None), RatingEvent.replicate == 0)
    )
    found: dict[tuple[str, str], list[dict[str, float]]] = {}
    with db.read() as session:
        for rater, scores, item in session.execute(standing):
            points = {
                name: one.difference * 9 / (scales[name][1] - scales[name][0])
                for name, one in _differences(item, scores).items()
                if one.difference is not None
            }
            if points:
                found.setdefault((rater, item.role), []).append(points)
    return [_departure(rater, role, items) for (rater, role), items in sorted(found.items())]


def _departure(rater_id: str, role: str, items: list[dict[str, float]]) -> Departure:
    by_attribute: dict[str, list[float]] = {}
    for points in items:
        for name, value in points.items():
            by_attribute.setdefault(name, []).append(value)
    sizes = [abs(value) for values in by_attribute.values() for value in values]
    return Departure(
        rater_id,
        role,
        len(items),
        mean_of(np.array([fmean(points.values()) for points in items])),
        fmean(sizes),
        {name: fmean(values) for name, values in by_attribute.items()},
    )


def _differences(item: Item, scores: Mapping[str, int | None]) -> dict[str, Difference]:
    return {name: _difference(scores.get(name), value) for name, value in (item.reference_scores or {}).items()}


def _difference(own: int | None, reference: float) -> Difference:
    return Difference(own, reference, None if own is None else own - reference)
