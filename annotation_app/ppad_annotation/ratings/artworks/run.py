"""The import from beginning to end: everything is checked, then pictures are stored, then the ratings are written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from ppad.errors import ConfigError, NotFoundError
from ppad.rubric import Rubric
from ppad.schema import canonical_json, config_hash
from ppad.stages import Executor, Failure, Listener, Report, run_stage
from ppad.stages.accounts import keep_account
from ppad.storage import Collection, open_parquet
from ppad.storage.ratings import Rating, write_ratings
from ppad_annotation.ratings.artworks.making import STAGE, ArtworkConfig, Source, StoreArtwork, identified, plan_artworks
from ppad_annotation.ratings.artworks.table import Works, works_of
from ppad_annotation.ratings.choices import Again, Method
from ppad_annotation.ratings.intake import ratings_of
from ppad_annotation.ratings.pseudonyms import load_pseudonyms
from ppad_annotation.ratings.tables import read_table

RATINGS_FILE = "ratings.parquet"
View = Callable[[str, int, str], AbstractContextManager[Listener]]
"""Makes what shows a part of the run: verb, number of items, what they are."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Attributes:
        artworks: pictures that the table names and that can be read.
        rows: the ratings that were written.
        notes: what the user should know.
    """

    artworks: int
    rows: Sequence[Rating]
    notes: Sequence[str]
    report: Report


@dataclass(frozen=True, slots=True)
class Intent:
    """What is to be imported, and how.

    Attributes:
        table, encoding: the CSV table.
        images: folder of its pictures.
        columns: names in the table by field, attribute or fact.
        method, key_file: how raters become pseudonyms.
        again: what to do where a rater rated an artwork twice.
        rounding: whether scores between whole numbers become the nearer one.
    """

    table: Path
    images: Path
    rubric: Rubric
    columns: Mapping[str, str]
    method: Method = "hash"
    key_file: Path | None = None
    again: Again = "refuse"
    rounding: bool = False
    encoding: str = "utf-8"


def import_artworks(
    intent: Intent, out: Path, config: ArtworkConfig, executor: Executor, view: View, *, dry_run: bool = False
) -> Imported:
    """Bring a table and its pictures into the collection at `out`, and their ratings to its `ratings.parquet`.

    Run again it stores what is new or changed. A picture that cannot be read costs its artwork and its ratings.

    Raises:
        NotFoundError: the table or the folder of pictures is missing.
        RatingsError: naming what is wrong, by row; nothing is written then.
        ConfigError: a key file is needed or cannot be used, or the ratings there are of another table.
        LockedError, DiskFullError, NotWritableError: the place refuses.
    """
    if not intent.table.is_file():
        raise NotFoundError(f"There is no file {intent.table}.", "Check the path.")
    target = out / RATINGS_FILE
    _refuse_others(target, intent.table.name)
    works = works_of(*read_table(intent.table, intent.encoding), intent.rubric, intent.columns, intent.images)
    collection = Collection(out)
    sources, unreadable = identified(collection, works.facts)
    works.intake.problems += _twins(sources)
    method: Method = intent.method if works.names_raters else "none"
    pseudonyms = load_pseudonyms(method, intent.key_file, target)
    names = _Names(works, sources)
    works.intake.drafts = [draft for draft in works.intake.drafts if names.is_readable(draft.process)]
    rows = ratings_of(works.intake, intent.rubric, names, pseudonyms, again=intent.again, rounding=intent.rounding)
    if dry_run:
        return Imported(len(sources), rows, works.intake.notes, Report(STAGE, failed=unreadable))
    report = _store(collection, sources, unreadable, config, executor, view)
    kept = {job.id for job, _ in report.done} | {item.id for item in report.skipped}
    rows = [row for row in rows if row["process_id"] in kept]
    if report.fatal is None:
        if intent.key_file is not None and method != "none":
            pseudonyms.save(intent.key_file)  # first: ratings whose pseudonyms nobody can tell again would be lost
        settings = canonical_json({"columns": dict(intent.columns), "pseudonyms": method, "again": intent.again})
        write_ratings(target, rows, intent.rubric, config_hash(settings), {"imported_from": intent.table.name})
    return Imported(len(sources), rows, works.intake.notes, report)


class _Names:
    """Which artwork a name in the table means."""

    def __init__(self, works: Works, sources: Sequence[Source]) -> None:
        ids = {source.file: source.id for source in sources}
        self._known = works.pictures
        self._ids = {name: ids[file] for name, file in works.pictures.items() if file in ids}

    def is_readable(self, name: str) -> bool:
        """False for a picture that is there and cannot be read."""
        return name in self._ids or name not in self._known

    def find(self, name: str, sha256: str | None = None) -> str:
        """The id of its artwork; a name without a picture has been named as a problem already."""
        return self._ids.get(name, "")


def _store(
    collection: Collection, sources: Sequence[Source], unreadable: Sequence[Failure], config: ArtworkConfig,
    executor: Executor, view: View,
) -> Report:  # fmt: skip
    report = Report(STAGE)
    with collection.writing(), view("Storing", len(sources) + len(unreadable), "pictures") as listener:
        plan = [*unreadable, *plan_artworks(collection, sources, config)]
        try:
            run_stage(STAGE, StoreArtwork(collection.root, config), plan, executor, listener, report)
        finally:
            keep_account(collection, report)
    return report


def _twins(sources: Sequence[Source]) -> list[str]:
    """Pictures with the same bytes: they would be one artwork under two names."""
    same: dict[str, list[str]] = defaultdict(list)
    for source in sources:
        same[source.sha256].append(source.file.name)
    return [f"{' and '.join(names)} are the same picture" for names in same.values() if len(names) > 1]


def _refuse_others(target: Path, table: str) -> None:
    if not target.exists():
        return
    with open_parquet(target) as file:
        origin = (file.schema_arrow.metadata or {}).get(b"ppad.imported_from", b"").decode()
    if origin != table:
        what = f"the ratings of {origin}" if origin else "ratings that were not imported"
        raise ConfigError(f"{target} holds {what}.", "Give another --out; ppad build takes several collections.")
