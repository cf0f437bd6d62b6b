"""Further ratings where the standard error is highest, as far as the budget goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from ppad.errors import ConfigError
from ppad_annotation.service.allocation import extra_slots
from ppad_annotation.service.audit import CONSOLE, record
from ppad_annotation.service.campaigns import campaign, campaign_row
from ppad_annotation.service.database import Database
from ppad_annotation.service.slots import draw_back
from ppad_annotation.service.tables import Item, Slot


@dataclass(frozen=True, slots=True)
class Extension:
    """What an extension gives.

    Attributes:
        ratings: further ratings by process id.
        left: ratings that later extensions may still give.
    """

    ratings: dict[str, int]
    left: int


def extend(
    db: Database,
    standard_errors: Mapping[str, float],
    budget: int,
    now: datetime,
    *,
    target: float = 0.0,
    actor: str = CONSOLE,
    dry_run: bool = False,
) -> Extension:
    """Open extra slots for the processes whose scores are least certain.

    Args:
        standard_errors: of each process's score, by process id; those that are no finished items of the plan are left out.
        budget: ratings to give now.
        target: standard error that is good enough, in the same unit.

    Raises:
        ConfigError: the budget is more than what the campaign's `extra_budget` still allows.
    """
    config = campaign(db).config
    with db.write() as session:
        spent = session.scalar(select(func.count()).where(Slot.kind == "extra")) or 0
        left = config.extra_budget - spent
        if budget > left:
            raise ConfigError(
                f"The campaign's extra budget is {config.extra_budget} ratings, of which {spent} are given.",
                f"Ask for {left} or fewer." if left else "It is set with --extra-budget when a campaign begins.",
            )
        items = _finished(session)
        errors = {name: error for name, error in standard_errors.items() if name in items}
        counts = {name: items[name].slots for name in errors}
        given = extra_slots(errors, counts, budget, config.max_raters_per_item, target)
        if not dry_run and given:
            _open(session, {items[name]: count for name, count in given.items()})
            record(session, now, actor, "campaign-extended", ratings=sum(given.values()), items=len(given), goal=target)
        return Extension(given, left - sum(given.values()))


@dataclass(frozen=True, slots=True)
class _Planned:
    id: str
    place: int
    slots: int


def _finished(session: Session) -> dict[str, _Planned]:
    """The items of the plan whose slots are all filled, by process id: of the others more is to be known first."""
    rows = session.execute(
        select(Item.process_id, Item.id, Item.place, func.count())
        .join(Slot, Slot.item_id == Item.id)
        .group_by(Item.process_id, Item.id, Item.place)
        .having(func.count() == func.count().filter(Slot.state == "filled"))
    )
    return {process_id: _Planned(item_id, place, slots) for process_id, item_id, place, slots in rows}


def _open(session: Session, given: Mapping[_Planned, int]) -> None:
    slots = [
        {"item_id": item.id, "slot_no": item.slots + number, "kind": "extra", "place": item.place, "state": "open"}
        for item, count in given.items()
        for number in range(count)
    ]
    session.execute(insert(Slot), slots)
    campaign_row(session).open_slots += len(slots)
    draw_back(session, min(item.place for item in given))
