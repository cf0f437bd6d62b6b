"""Items come from collections or folders of pictures. An import that is killed goes on when it is started again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ppad.errors import LockedError, NoInputsError
from ppad.stages import UNSEEN, Executor, Failure, InProcess, Job, Listener, Planned, Report, Skipped, run_stage
from ppad.storage.atomic import make_folder, remove_leftovers
from ppad_annotation.service.audit import record
from ppad_annotation.service.campaigns import Campaign, begin_campaign, campaign, campaign_row
from ppad_annotation.service.config import CampaignConfig
from ppad_annotation.service.database import Database
from ppad_annotation.service.ids import new_id, seeded
from ppad_annotation.service.packing import PackWork, Source
from ppad_annotation.service.references import Reference
from ppad_annotation.service.slots import draw_back
from ppad_annotation.service.sources import find_sources
from ppad_annotation.service.tables import CampaignRow, Item, Slot

STAGE = "import"
_BATCH = 25
"""Items that one transaction takes in; a kill loses no more than their packs' work."""


def create_campaign(
    db: Database,
    config: CampaignConfig,
    collections: Path | Sequence[Path],
    now: datetime,
    *,
    references: Mapping[str, Reference] | None = None,
    executor: Executor | None = None,
    listener: Listener = UNSEEN,
) -> str:
    """Begin a campaign and take in its items; or go on with it, where the settings are the same.

    Args:
        collections: folders of collections, or of pictures where the rubric is for artworks.
        references: expert scores of calibration and gold items by process id.

    Returns:
        The campaign's id. What could not be taken in is told to the listener.

    Raises:
        ConfigError, RubricChangedError: as `begin_campaign`.
        NotFoundError, NoInputsError: a folder is missing or holds nothing to rate.
    """
    found = find_sources([collections] if isinstance(collections, Path) else collections, config.rubric)
    public_id = begin_campaign(db, config, now)
    import_items(db, found, now, references=references, executor=executor, listener=listener)
    return public_id


def import_items(
    db: Database,
    sources: Sequence[Source],
    now: datetime,
    *,
    references: Mapping[str, Reference] | None = None,
    executor: Executor | None = None,
    listener: Listener = UNSEEN,
) -> Report:
    """Take items into the campaign; those that are in it already are skipped.

    Raises:
        LockedError: another import is running.
        NoInputsError: there is nothing to rate.
    """
    frozen = campaign(db)
    if not sources:
        raise NoInputsError("There is nothing to rate.", "Give a collection: ppad extract makes one.")
    make_folder(db.media)
    lock = FileLock(db.media / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise LockedError("Another import into this campaign is running.", "Wait for it.") from error
    try:
        _remove_orphans(db)
        storing = _Storing(db, frozen, now, _roles(db, frozen, sources, references or {}), references or {}, listener)
        work = PackWork(db.media, frozen.config.long_side)
        try:
            return run_stage(STAGE, work, _plan(db, sources), executor or InProcess(), storing)
        finally:
            storing.store()
    finally:
        lock.release()


def _plan(db: Database, sources: Sequence[Source]) -> Iterator[Planned]:
    with db.read() as session:
        known = set(session.scalars(select(Item.process_id)))
    for source in sources:
        if source.process_id in known:
            yield Skipped(source.process_id, source.process_id, "done")
        else:
            known.add(source.process_id)
            yield Job(source.process_id, source.process_id, source)


def _roles(db: Database, frozen: Campaign, sources: Sequence[Source], references: Mapping[str, Reference]) -> dict[str, str]:
    """Which items are for calibration or gold: what the references say, filled up with seeded picks."""
    roles = {name: reference.role for name, reference in references.items()}
    with db.read() as session:
        known = dict(session.execute(select(Item.process_id, Item.role)).all())
    chosen = sum(role == "calibration" for role in (roles | known).values())
    free = [source.process_id for source in sources if source.process_id not in roles and source.process_id not in known]
    free.sort(key=lambda name: seeded(frozen.config.seed, "calibration-item", name))
    return roles | dict.fromkeys(free[: max(0, frozen.config.calibration - chosen)], "calibration")


class _Storing:
    """A listener that puts each finished pack into the database, a batch at a time, and tells another listener."""

    def __init__(
        self,
        db: Database,
        frozen: Campaign,
        now: datetime,
        roles: Mapping[str, str],
        references: Mapping[str, Reference],
        listener: Listener,
    ) -> None:
        self._db, self._frozen, self._now = db, frozen, now
        self._roles, self._references, self._listener = roles, references, listener
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
        self._listener.done(job, {"frames": len(summary["layout"]["frames"])}, seconds)

    def store(self) -> None:
        """Write what is finished."""
        if not self._batch:
            return
        with self._db.write() as session:
            items = [self._item(process_id, summary) for process_id, summary in self._batch]
            session.execute(insert(Item), items)
            add_slots(session, campaign_row(session), [item for item in items if item["role"] == "main"], self._frozen)
            record(session, self._now, "command line", "items-imported", count=len(items))
        self._batch.clear()

    def _item(self, process_id: str, summary: Mapping[str, Any]) -> dict[str, Any]:
        reference = self._references.get(process_id)
        return {
            "id": new_id(),
            "process_id": process_id,
            "variant": "",
            "role": self._roles.get(process_id, "main"),
            "place": seeded(self._frozen.config.seed, "place", process_id),
            "media_key": summary["media_key"],
            "layout": summary["layout"],
            "prompt": summary["prompt"],
            "reference_scores": None if reference is None else dict(reference.scores),
            "comment": None if reference is None else reference.comment,
            "pair": None,
            "created_at": self._now,
        }


def add_slots(session: Session, row: CampaignRow, items: Sequence[Mapping[str, Any]], frozen: Campaign) -> None:
    """Make the slots of new items: the plan that cannot be exceeded."""
    slots = [
        {"item_id": item["id"], "slot_no": number, "kind": "main", "place": item["place"], "state": "open"}
        for item in items
        for number in range(frozen.config.raters_per_item)
    ]
    if slots:
        session.execute(insert(Slot), slots)
        row.open_slots += len(slots)
        draw_back(session, min(item["place"] for item in items))


def _remove_orphans(db: Database) -> None:
    """Remove packs that a killed import wrote and did not enter, and what it left half-written."""
    with db.read() as session:
        known = set(session.scalars(select(Item.media_key)))
    for folder in (path for path in db.media.iterdir() if path.is_dir()):
        remove_leftovers(folder)
        for pack in folder.glob("*.pack"):
            if pack.stem not in known:
                pack.unlink()
