"""Items come from collections or folders of pictures. An import that is killed goes on when it is started again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from ppad.rubric import load_rubric
from ppad.stages import UNSEEN, Executor, InProcess, Job, Listener, Planned, Report, Skipped, run_stage
from ppad.storage.atomic import make_folder, remove_leftovers, storage_errors
from ppad.storage.locking import alone
from ppad_annotation.service.campaigns import begin_campaign, campaign
from ppad_annotation.service.config import CampaignConfig
from ppad_annotation.service.database import Database
from ppad_annotation.service.intake import Intake, Storing, roles_of
from ppad_annotation.service.packing import PackWork, Source
from ppad_annotation.service.pairs import Pair
from ppad_annotation.service.references import Reference
from ppad_annotation.service.sources import find_sources
from ppad_annotation.service.tables import Item

STAGE = "import"


def create_campaign(
    db: Database,
    config: CampaignConfig,
    collections: Path | Sequence[Path],
    now: datetime,
    *,
    references: Mapping[str, Reference] | None = None,
    pairs: Mapping[str, Sequence[Pair]] | None = None,
    executor: Executor | None = None,
    listener: Listener = UNSEEN,
) -> Report:
    """Begin a campaign and take in its items; or go on with it, where the settings are the same.

    Args:
        collections: folders of collections, or of pictures where the rubric is for artworks.
        references: expert scores of calibration and gold items by process id.
        pairs: in preference mode, what is compared, by process id; processes without a pair are left out.
        executor: where pictures are encoded; in this process by default.

    Returns:
        The account of the import: what was taken in, what was there already, what failed and why.

    Raises:
        ConfigError, RubricChangedError: as `begin_campaign`.
        NotFoundError, NoInputsError: a folder is missing or holds nothing to rate.
        LockedError: another import is running.
    """
    folders = [collections] if isinstance(collections, Path) else collections
    sources = find_sources(folders, load_rubric(config.rubric).subject)
    begin_campaign(db, config, now)
    frozen = campaign(db)
    if frozen.config.mode == "preference":
        sources = [source for source in sources if source.process_id in (pairs or {})]
    with _importing(db):
        with db.read() as session:
            known = set(session.scalars(select(Item.process_id)))
            roles = roles_of(session, frozen, [source.process_id for source in sources], references or {})
        storing = Storing(db, Intake(frozen, now, roles, references or {}, pairs or {}), listener)
        work = PackWork(db.media, frozen.config.long_side)
        try:
            return run_stage(STAGE, work, _plan(sources, known), executor or InProcess(), storing)
        finally:
            storing.store()


def count_without_reference(db: Database) -> int:
    """Items that raters see with neither a reference picture nor a prompt: whether the painting follows it cannot be judged."""
    with db.read() as session:
        layouts = session.scalars(select(Item.layout).where(Item.prompt.is_(None)))
        return sum(layout["reference"] is None for layout in layouts)


@contextlib.contextmanager
def _importing(db: Database) -> Iterator[None]:
    """One import at a time; what a killed one left behind is removed."""
    make_folder(db.media)
    with storage_errors(db.media), alone(db.media / ".lock", "Another import into this campaign is running.", "Wait for it."):
        _remove_orphans(db)
        yield


def _plan(sources: Sequence[Source], known: set[str]) -> Iterator[Planned]:
    for source in sources:
        if source.process_id in known:
            yield Skipped(source.process_id, source.process_id, "done")
        else:
            yield Job(source.process_id, source.process_id, source)


def _remove_orphans(db: Database) -> None:
    """Remove packs that were written and not entered, and what was left half-written."""
    with db.read() as session:
        known = set(session.scalars(select(Item.media_key)))
    for folder in (path for path in db.media.iterdir() if path.is_dir()):
        remove_leftovers(folder)
        for pack in folder.glob("*.pack"):
            if pack.stem not in known:
                pack.unlink()
