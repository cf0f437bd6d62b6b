"""Who rates what: pure rules, from numbers to choices.

A slot belongs to nobody until it is claimed, so that a rater who never shows up blocks nothing. What a plan made in advance
would give, the rules give at each claim:

- Items open in a seeded order and are finished soon after they are begun: a rater is offered a window of the first items
  that still have open slots for them, and gets the one that the seed puts first for this rater. Raters mix within the
  window, so that the design is connected long before the campaign ends. Near the end help goes where it is scarcest.
- Loads stay level: a rater may claim up to the height that the remaining slots would fill if they were poured over the
  loads of all raters who are present (`level`); and what those below the level cannot take, having seen it, above it.
- Repeats and gold items come once in each block of a rater's sequence, at a seeded place (`planned_kind`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ppad_annotation.service.ids import mixed, seeded

Kind = Literal["main", "repeat", "gold"]

_SMALLEST_WINDOW = 8
_ENDING = 4
"""Windows of open slots that are left when the end begins."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item with open slots that a rater has not seen.

    Attributes:
        place: in the campaign's seeded order.
        slot_no: the first open slot.
        open_slots: how many are open.
        others: other raters below the level who could take one; counted near the end of a campaign only.
    """

    item_id: str
    place: int
    slot_no: int
    open_slots: int
    others: int | None = None

    @property
    def spare(self) -> int:
        """Open slots that nobody else is there to take; the same for all items where others are not counted."""
        return 0 if self.others is None else self.open_slots - self.others


def window_size(raters: int) -> int:
    """How many items are offered at a time: enough for all raters to differ."""
    return max(_SMALLEST_WINDOW, raters)


def is_ending(open_slots: int, raters: int) -> bool:
    """Whether it matters from now on who can still take which slot."""
    return open_slots <= _ENDING * window_size(raters)


def choose(candidates: Sequence[Candidate], seed: int, rater_id: str) -> Candidate:
    """The next item of a rater: where help is scarcest, the first in the rater's own seeded order.

    Without the first rule the last slots of a campaign would be left to raters who have seen these items already.
    """
    scarcest = max(one.spare for one in candidates)
    best = (one for one in candidates if one.spare == scarcest)
    key = seeded(seed, "order", rater_id)
    return min(best, key=lambda one: mixed(one.place, key))


def level(loads: Iterable[int], remaining: int) -> int:
    """The height that `remaining` slots reach when they are poured over the loads: a rater below it may claim.

    Recomputed at each claim it keeps final loads within 1 of each other, in whatever order and speed raters work.

    Args:
        loads: slots held or filled by each rater who is present; at least one.
        remaining: open slots.
    """
    ordered = sorted(loads)
    for count, (load, above) in enumerate(zip(ordered, [*ordered[1:], None], strict=True), 1):
        if above is None or count * (above - load) >= remaining:
            return load - (-remaining // count)
        remaining -= count * (above - load)
    raise AssertionError("there is at least one load")


def planned_kind(seed: int, rater_id: str, position: int, repeats: float, gold: float) -> Kind:
    """What a rater's item at this position should be.

    Args:
        position: items that the rater was given before this one, calibration left out.
        repeats, gold: shares, 0–1.
    """
    if _falls_due(seed, "repeat", rater_id, position, repeats):
        return "repeat"
    if _falls_due(seed, "gold", rater_id, position, gold):
        return "gold"
    return "main"


def _falls_due(seed: int, what: str, rater_id: str, position: int, share: float) -> bool:
    if share <= 0:
        return False
    size = max(1, round(1 / share))
    block, place = divmod(position, size)
    return place == seeded(seed, what, rater_id, block) % size


def first_in_order(places: Mapping[str, int], seed: int, what: str, rater_id: str) -> str:
    """The first of some items in a rater's own order: the calibration block too, so that no effect of order adds up over raters.

    Args:
        places: of the items in the campaign's order, by item id; at least one.
        what: kind of choice, so that orders of different kinds differ.
    """
    return min(places, key=lambda one: seeded(seed, what, rater_id, places[one]))


def extra_slots(
    standard_errors: Mapping[str, float], counts: Mapping[str, int], budget: int, most: int, target: float = 0.0
) -> dict[str, int]:
    """Where further ratings help most: one by one to the item whose standard error is highest at that moment.

    A further rating of an item with n is taken to lower its standard error by the factor sqrt(n / (n + 1)).

    Args:
        standard_errors: of each item's mean score.
        counts: ratings that each item has or will have, at least 1.
        budget: ratings to give.
        most: ratings that an item can have.
        target: standard error that is good enough.

    Returns:
        Further ratings by item, those with none left out.
    """
    heap = [(-error, item) for item, error in standard_errors.items() if error > target and counts[item] < most]
    heapq.heapify(heap)
    given: dict[str, int] = {}
    while heap and budget > 0:
        error, item = heapq.heappop(heap)
        given[item] = given.get(item, 0) + 1
        budget -= 1
        count = counts[item] + given[item]
        lowered = error * ((count - 1) / count) ** 0.5
        if -lowered > target and count < most:
            heapq.heappush(heap, (lowered, item))
    return given
