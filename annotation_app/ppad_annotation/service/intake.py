"""From finished packs to rows: items, their roles, their pairs and their slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ppad.stages import Failure, Job, Listener, Skipped
from ppad_annotation.service.audit import CONSOLE, record
from ppad_annotation.service.campaigns import Campaign, campaign_row
from ppad_annotation.service.database import Database
from ppad_annotation.service.ids import new_id, seeded
from ppad_annotation.service.pairs import Pair
from ppad_annotation.service.references import Reference
from ppad_annotation.service.slots import draw_back
from ppad_annotation.service.tables import CampaignRow, Item, Slot

_BATCH = 25
"""Items that one transaction takes in; a kill costs no more than the work on their packs."""


@dataclass(frozen=True)
class Intake:
    """What decides the rows of an item.

    Attributes:
        roles: of the processes that are not for the plan: `calibration` or `gold`.
        references: expert scores by process id.
        pairs: in preference mode, the pairs of assessments by process id.
    """

    frozen: Campaign
    now: datetime
    roles: Mapping[str, str] = field(default_factory=dict)
    references: Mapping[str, Reference] = field(default_factory=dict)
    pairs: Mapping[str, Sequence[Pair]] = field(default_factory=dict)

    def rows(self, process_id: str, summary: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The items of a process: one, or one a pair."""
        if self.frozen.config.mode == "rating":
            return [self._row(process_id, summary, None)]
        return [self._row(process_id, summary, pair) for pair in self.pairs[process_id]]

    def _row(self, process_id: str, summary: Mapping[str, Any], pair: Pair | None) -> dict[str, Any]:
        reference = self.references.get(process_id)
        variant = "" if pair is None else pair.variant
        return {
            "id": new_id(),
            "process_id": process_id,
            "variant": variant,
            "role": self.roles.get(process_id, "main"),
            "place": seeded(self.frozen.config.seed, "place", process_id, variant),
            "media_key": summary["media_key"],
            "layout": summary["layout"],
            "prompt": summary["prompt"],
            "reference_scores": None if reference is None else reference.scores,
            "comment": None if reference is None else reference.comment,
            "pair": None if pair is None else pair.to_json(),
            "created_at": self.now,
        }


class Storing:
    """A listener that puts finished packs into the database, a batch at a time, and tells another listener."""

    def __init__(self, db: Database, intake: Intake, listener: Listener) -> None:
        self._db, self._intake, self._listener = db, intake, listener
        self._batch: list[tuple[str, Mapping[str, Any]]] = []

    def planned(self, job: Job) -> None:
        self._listener.planned(job)

    def progress(self, job_id: str, share: float) -> None:
        self._listener.progress(job_id, share)

    def skipped(self, item: Skipped) -> None:
        self._listener.skipped(item)

    def failed(self, failure: Failure, job: Job | None) -> None:
        self._listener.failed(failure, job)

    def done(self, job: Job, summary: Mapping[str, Any], seconds: float) -> None:
        self._batch.append((job.id, summary))
        if len(self._batch) >= _BATCH:
            self.store()
        self._listener.done(job, {"pictures": len(summary["layout"]["frames"])}, seconds)

    def store(self) -> None:
        """Write what is finished."""
        if not self._batch:
            return
        items = [row for process_id, summary in self._batch for row in self._intake.rows(process_id, summary)]
        with self._db.write() as session:
            session.execute(insert(Item), items)
            planned = [item for item in items if item["role"] == "main"]
            _add_slots(session, campaign_row(session), planned, self._intake.frozen.config.raters_per_item)
            record(session, self._intake.now, CONSOLE, "items-imported", count=len(items))
        self._batch.clear()


def roles_of(
    session: Session, frozen: Campaign, process_ids: Sequence[str], references: Mapping[str, Reference]
) -> dict[str, str]:
    """Which processes are for calibration or gold: those with expert scores say it, seeded picks fill the block up.

    Args:
        process_ids: of everything that is to be taken in.
    """
    roles = {name: reference.role for name, reference in references.items()}
    known = dict(session.execute(select(Item.process_id, Item.role)).all())
    chosen = sum(role == "calibration" for role in (roles | known).values())
    free = [name for name in process_ids if name not in roles and name not in known]
    free.sort(key=lambda name: seeded(frozen.config.seed, "calibration-item", name))
    return roles | dict.fromkeys(free[: max(0, frozen.config.calibration - chosen)], "calibration")


def _add_slots(session: Session, row: CampaignRow, items: Sequence[Mapping[str, Any]], count: int) -> None:
    """Make the slots of new items: the plan that cannot be exceeded."""
    slots = [
        {"item_id": item["id"], "slot_no": number, "kind": "main", "place": item["place"], "state": "open"}
        for item in items
        for number in range(count)
    ]
    if slots:
        session.execute(insert(Slot), slots)
        row.open_slots += len(slots)
        draw_back(session, min(item["place"] for item in items))
