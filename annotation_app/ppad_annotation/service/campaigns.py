"""A campaign: its frozen settings and rubric."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from ppad.errors import ConfigError, NotFoundError, RubricChangedError
from ppad.rubric import Rubric, load_rubric
from ppad.schema import canonical_json
from ppad_annotation.service.audit import CONSOLE, record
from ppad_annotation.service.config import CampaignConfig
from ppad_annotation.service.database import Database
from ppad_annotation.service.guidance import Guidance, RubricText, shipped_guidance
from ppad_annotation.service.ids import new_id
from ppad_annotation.service.tables import Attribute, CampaignRow


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is the same for the whole life of a campaign: also the words that raters read, whatever PPAD ships meanwhile."""

    id: str
    config: CampaignConfig
    rubric: Rubric
    guidance: Guidance
    created_at: datetime


def begin_campaign(db: Database, config: CampaignConfig, now: datetime, actor: str = CONSOLE) -> str:
    """Make the tables and the campaign; one that was begun with the same settings goes on.

    Returns:
        The campaign's id.

    Raises:
        ConfigError: the database holds a campaign with other settings.
        RubricChangedError: the rubric differs from the one that the campaign was begun with.
    """
    rubric = load_rubric(config.rubric)
    config = config.model_copy(update={"rubric": rubric.id})  # the frozen copy counts, wherever the definition lay
    db.upgrade()
    with db.write() as session:
        row = session.get(CampaignRow, 1)
        if row is not None:
            _refuse_changes(row, config, rubric)
            return row.public_id
        row = CampaignRow(
            id=1,
            public_id=new_id(),
            mode=config.mode,
            rubric=rubric.model_dump(mode="json"),
            rubric_sha256=rubric.digest(),
            guidance={code: text.model_dump(mode="json") for code, text in shipped_guidance(rubric.id).items()},
            config=config.model_dump(mode="json"),
            created_at=now,
            chain_hash="",
        )
        row.chain_hash = genesis(row)
        session.add(row)
        session.add_all(_attributes(rubric))
        record(session, now, actor, "campaign-begun", row.public_id, config=row.config, rubric_sha256=row.rubric_sha256)
        return row.public_id


def campaign(db: Database) -> Campaign:
    """The campaign of a database, from memory after the first time: it never changes.

    Raises:
        NotFoundError: the database holds none.
    """
    if db.known is None:
        with db.read() as session:
            db.known = _campaign(session)
    return db.known


def campaign_row(session: Session) -> CampaignRow:
    """The campaign's row, for the counters that a write keeps up to date."""
    return session.get_one(CampaignRow, 1)


def require_same_rubric(db: Database, definition: str | Path) -> None:
    """Refuse to go on where a rubric's definition has changed since the campaign began.

    Args:
        definition: id of a rubric that ships, or a YAML file.

    Raises:
        RubricChangedError: its digest differs from the frozen one.
        NotFoundError, ConfigError: there is no such rubric, or it is malformed.
    """
    if load_rubric(definition).digest() != campaign(db).rubric.digest():
        raise _rubric_changed(str(definition))


def genesis(row: CampaignRow) -> str:
    """What the first event's hash builds on: the campaign and what was asked, in which words."""
    asked = canonical_json({"rubric": row.rubric, "guidance": row.guidance})
    return hashlib.sha256(f"{row.public_id}:{asked}".encode()).hexdigest()


def _campaign(session: Session) -> Campaign:
    row = session.get(CampaignRow, 1)
    if row is None:
        raise NotFoundError("The database holds no campaign.", "Begin one: ppad annotate init")
    guidance = {code: RubricText.model_validate(text) for code, text in row.guidance.items()}
    return Campaign(row.public_id, CampaignConfig(**row.config), Rubric.model_validate(row.rubric), guidance, row.created_at)


def _attributes(rubric: Rubric) -> list[Attribute]:
    scales = ((name, rubric.scale_of(name)) for name in rubric.attribute_ids)
    return [Attribute(id=name, low=scale.low, high=scale.high) for name, scale in scales]


def _refuse_changes(row: CampaignRow, config: CampaignConfig, rubric: Rubric) -> None:
    if row.rubric_sha256 != rubric.digest():
        raise _rubric_changed(config.rubric)
    changed = sorted(name for name, value in config.model_dump(mode="json").items() if row.config.get(name) != value)
    if changed:
        raise ConfigError(
            f"The campaign was begun with another {', '.join(changed)}.",
            "Leave the settings as they were, or begin a new campaign.",
        )


def _rubric_changed(name: str) -> RubricChangedError:
    return RubricChangedError(
        f"The rubric {name} differs from the one that this campaign was begun with.",
        "Put the old definition back, or begin a new campaign.",
    )
