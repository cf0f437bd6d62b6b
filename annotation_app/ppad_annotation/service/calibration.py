"""The calibration round: how the experts rated the items that every rater begins with, and where the rater differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ppad_annotation.service.tables import Item


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


def feedback(item: Item, scores: Mapping[str, int | None]) -> Feedback | None:
    """The feedback on a rating: for calibration items with reference scores only, gold items stay unannounced."""
    if item.role != "calibration" or not item.reference_scores:
        return None
    return Feedback({name: _difference(scores.get(name), value) for name, value in item.reference_scores.items()}, item.comment)


def _difference(own: int | None, reference: float) -> Difference:
    return Difference(own, reference, None if own is None else own - reference)
