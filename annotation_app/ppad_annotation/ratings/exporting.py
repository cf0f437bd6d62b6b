"""From a campaign's database to files by the contract: the ratings that stand, their history, and the decisions about them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ppad.errors import NoInputsError
from ppad.rubric import Rubric
from ppad.schema import config_hash, rating_events_schema, ratings_schema, with_metadata
from ppad.storage import write_rows
from ppad.storage.ratings import Exclusion, rubric_metadata, write_exclusions
from ppad_annotation.service.campaigns import campaign
from ppad_annotation.service.database import Database
from ppad_annotation.service.exporting import current_ratings, exclusions, rating_events
from ppad_annotation.service.workspace import Workspace

RATINGS, EVENTS, EXCLUSIONS = "ratings.parquet", "rating_events.parquet", "exclusions.csv"

_CHAIN = (pa.field("prev_hash", pa.string()), pa.field("hash", pa.string()))
"""Hashes of the chain, which go beyond the contract."""


@dataclass(frozen=True, slots=True)
class Exported:
    """How much was written: ratings that stand, events of their history, decisions to leave ratings out."""

    ratings: int
    events: int
    exclusions: int


def open_campaign(place: str) -> Database:
    """The database of a campaign's folder, or at a URL.

    Raises:
        NotFoundError, ConfigError: there is no campaign in the folder, or its settings cannot be used.
        DatabaseUnusableError: the database cannot be opened.
    """
    return Database.open(place, media=Path()) if "://" in place else Workspace(Path(place)).open()


def export_ratings(database: Database, out: Path) -> Exported:
    """Write `ratings.parquet`, `rating_events.parquet` and, where there are decisions, `exclusions.csv`.

    All ratings are written, those too that a decision leaves out: the table of decisions says which.

    Raises:
        NoInputsError: nobody has rated anything yet.
        DiskFullError, NotWritableError: the place refuses.
    """
    rubric = campaign(database).rubric
    events = list(rating_events(database))
    ratings = list(current_ratings(database, with_excluded=True))
    if not events:
        raise NoInputsError("The campaign has no rating yet.", "Export it when somebody has rated.")
    decisions = [Exclusion(**row) for row in exclusions(database)]
    ratings.sort(key=lambda row: (row["process_id"], row["rater_id"], row["replicate"]))
    write_rows(out / EVENTS, events, _schema(rating_events_schema(rubric.attribute_ids), "rating_events", rubric, *_CHAIN))
    write_rows(out / RATINGS, ratings, _schema(ratings_schema(rubric.attribute_ids), "ratings", rubric))
    if decisions or (out / EXCLUSIONS).exists():
        write_exclusions(out / EXCLUSIONS, decisions)
    return Exported(len(ratings), len(events), len(decisions))


def _schema(schema: pa.Schema, kind: str, rubric: Rubric, *more: pa.Field) -> pa.Schema:
    """The contract's schema with the further columns; the rubric stands for the settings."""
    fields = pa.schema([*schema, *more])
    return with_metadata(fields, kind, config_hash(rubric.digest()), rubric_metadata(rubric))
