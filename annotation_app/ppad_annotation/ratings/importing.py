"""From a file that was made elsewhere to `ratings.parquet`: all checks first, then one atomic write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppad.errors import ConfigError, NotFoundError, RatingsError
from ppad.rubric import Rubric
from ppad.schema import canonical_json, config_hash, json_value
from ppad.storage.ratings import Rating, write_ratings
from ppad_annotation.ratings.authors import is_authors_layout, read_entries
from ppad_annotation.ratings.choices import Again, Format, Method
from ppad_annotation.ratings.intake import Intake, ratings_of
from ppad_annotation.ratings.label_studio import is_export, read_tasks
from ppad_annotation.ratings.processes import ProcessNames
from ppad_annotation.ratings.pseudonyms import load_pseudonyms
from ppad_annotation.ratings.tables import from_rows, read_csv


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import found: the rows, and what the user should know."""

    rows: list[Rating]
    notes: list[str]


def import_ratings(
    source: Path,
    out: Path,
    rubric: Rubric,
    *,
    collections: Sequence[Path],
    layout: Format,
    columns: Mapping[str, str],
    method: Method,
    key_file: Path | None,
    again: Again,
    rounding: bool,
    dry_run: bool,
) -> Imported:
    """Read ratings of another program and write them as the contract has them.

    Args:
        columns: names in the source by field or attribute.
        method, key_file: how raters become pseudonyms.
        again: what to do where a rater rated a process twice.
        rounding: whether scores between whole numbers become the nearer one.

    Raises:
        NotFoundError: there is no such file or collection.
        ConfigError: a key file is needed or cannot be used, or the rubric does not fit the layout.
        RatingsError: naming what is wrong, by place; nothing is written then.
        DiskFullError, NotWritableError: the place refuses.
    """
    if not source.is_file():
        raise NotFoundError(f"There is no file {source}.", "Check the path.")
    pseudonyms = load_pseudonyms(method, key_file, out)
    intake = _read(source, layout, rubric, columns)
    rows = ratings_of(intake, rubric, ProcessNames(collections), pseudonyms, again=again, rounding=rounding)
    if not dry_run:
        if key_file is not None and method != "none":
            pseudonyms.save(key_file)  # first: ratings whose pseudonyms nobody can tell again would be lost
        settings = canonical_json({"columns": dict(columns), "layout": layout, "pseudonyms": method, "again": again})
        write_ratings(out, rows, rubric, config_hash(settings), {"imported_from": source.name})
    return Imported(rows, intake.notes)


def _read(source: Path, layout: Format, rubric: Rubric, columns: Mapping[str, str]) -> Intake:
    if layout == "csv" or (layout == "auto" and source.suffix.lower() in (".csv", ".tsv", ".txt")):
        return read_csv(source, rubric, columns)
    entries = _json_list(source)
    if layout in ("auto", "label-studio") and is_export(entries):
        return read_tasks(entries, rubric, columns)
    if layout in ("auto", "authors") and is_authors_layout(entries):
        if rubric.id != "ppad-8":
            raise ConfigError(f"The authors' layout holds the scores of ppad-8, not of {rubric.id}.", "Leave out --rubric.")
        return read_entries(entries, source.parent)
    if layout in ("auto", "label-studio") and entries and all(isinstance(one, dict) for one in entries):
        names = list(dict.fromkeys(name for one in entries for name in one))
        return from_rows(names, entries, rubric, columns)  # Label Studio's JSON-MIN, or any list of flat objects
    raise RatingsError(
        f"{source.name} is not in the layout {layout!r}.", "Give --format authors, csv or label-studio, or another file."
    )


def _json_list(source: Path) -> list[Any]:
    try:
        found = json_value(source.read_text("utf-8-sig"))
    except ValueError as error:
        raise RatingsError(f"{source.name} is not JSON.", "Give a CSV table with the ending .csv, or a JSON export.") from error
    if not isinstance(found, list):
        raise RatingsError(f"{source.name} holds no list of entries.", "Export all tasks into one JSON file.")
    return found
