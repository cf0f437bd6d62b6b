"""Ratings on disk: read with every check of the contract and the rubric, left out by recorded decisions, written whole."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppad.errors import ConfigError, ContractError, NotFoundError, RatingsError
from ppad.rubric import Rubric, builtin_rubrics, load_rubric
from ppad.schema import canonical_json, check_rating_rows, ratings_schema, read_metadata, with_metadata
from ppad.schema.checks import check_schema
from ppad.schema.ratings import rating_columns
from ppad.storage.atomic import write_text
from ppad.storage.checking import SCALES_KEY
from ppad.storage.parquet import open_parquet, write_rows
from ppad.storage.tables import read_table

Rating = Mapping[str, Any]
"""A row of `ratings.parquet`."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A recorded decision to leave ratings out.

    Attributes:
        rater_id: whose ratings.
        process_id: of which process; None for all of them.
        reason: why, in words.
        decided_by, decided_at: who decided and when, where that is recorded.
    """

    rater_id: str
    process_id: str | None
    reason: str
    decided_by: str | None = None
    decided_at: str | None = None


EXCLUSION_COLUMNS = ("rater_id", "process_id", "reason", "decided_by", "decided_at")


def rubric_of(files: Sequence[Path]) -> Rubric:
    """The rubric that ratings name, if it ships with PPAD.

    Raises:
        NotFoundError, ContractError: the first file is missing or damaged, or names no rubric.
        ConfigError: the rubric does not ship.
    """
    with open_parquet(files[0]) as parquet:
        column = parquet.read(columns=["rubric"]).to_pydict().get("rubric", [])
    names = [column[0]] if column else []
    if not names:
        raise ContractError(f"{files[0].name} holds no ratings.", "Give a file with ratings.")
    if names[0] not in builtin_rubrics():
        raise ConfigError(f"{files[0].name} holds ratings by the rubric {names[0]!r}.", "Give its YAML file with --rubric.")
    return load_rubric(names[0])


def read_ratings(files: Sequence[Path], rubric: Rubric) -> list[Rating]:
    """The ratings of all files, sorted by process, rater and replicate; a row that stands in several files counts once.

    Raises:
        NotFoundError: a file is missing.
        ConfigError: ratings are by another rubric, or by another version of it.
        ContractError: a file is damaged, rows break the contract, or two files disagree on a rating.
    """
    found: dict[tuple[str, str, int], Rating] = {}
    for file in files:
        for row in _read_file(file, rubric):
            key = row["process_id"], row["rater_id"], row["replicate"]
            if found.setdefault(key, row) != row:
                raise ContractError(
                    f"{file.name} gives another rating of {key[0]} by {key[1]} than an earlier file.",
                    "Give the newest export only.",
                )
    return [found[key] for key in sorted(found)]


def rubric_metadata(rubric: Rubric) -> dict[str, str]:
    """What files with scores say of their rubric, besides kind, version and settings."""
    scales = [[name, low, high] for name, (low, high) in rubric.scales.items()]
    return {"rubric": rubric.id, "rubric_version": str(rubric.version), SCALES_KEY: canonical_json(scales)}


def write_ratings(
    path: Path, rows: Sequence[Rating], rubric: Rubric, config: str, extra: Mapping[str, str] | None = None
) -> None:
    """Write ratings as the contract has them, sorted, atomically.

    Args:
        config: hash of the settings that made them.
        extra: further metadata entries.

    Raises:
        DiskFullError, NotWritableError: the place refuses.
    """
    schema = with_metadata(ratings_schema(rubric.attribute_ids), "ratings", config, rubric_metadata(rubric) | dict(extra or {}))
    ordered = sorted(rows, key=lambda row: (row["process_id"], row["rater_id"], row["replicate"]))
    write_rows(path, [dict(row) for row in ordered], schema)


def read_exclusions(file: Path) -> list[Exclusion]:
    """Recorded decisions: a CSV table with the columns `rater_id` and `reason`, and `process_id`, `decided_by`, `decided_at`.

    Raises:
        NotFoundError: there is no such file.
        RatingsError: it is no table, it lacks a column, or a decision lacks its rater or its reason.
    """
    if not file.is_file():
        raise NotFoundError(f"There is no file {file}.", "Check the path given to --exclusions.")
    try:
        names, rows = read_table(file)
    except ValueError as error:
        raise RatingsError(f"{file.name} {error}.", "Save the table as CSV, UTF-8.") from error
    odd = sorted({"rater_id", "reason"} - set(names)) or sorted(set(names) - set(EXCLUSION_COLUMNS))
    if odd:
        raise RatingsError(f"{file.name}: check the column {odd[0]!r}.", f"The columns are {', '.join(EXCLUSION_COLUMNS)}.")
    found = []
    for number, row in enumerate(rows, start=1):
        cells = {name: (row.get(name) or "").strip() for name in EXCLUSION_COLUMNS}
        if not cells["rater_id"] or not cells["reason"]:
            raise RatingsError(f"{file.name}: row {number} lacks its rater or its reason.", "A decision names both.")
        others = {name: cells[name] or None for name in ("process_id", "decided_by", "decided_at")}
        found.append(Exclusion(rater_id=cells["rater_id"], reason=cells["reason"], **others))
    return found


def write_exclusions(path: Path, exclusions: Sequence[Exclusion]) -> None:
    """Write decisions as `read_exclusions` reads them, in their order."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(EXCLUSION_COLUMNS)
    writer.writerows([getattr(one, name) or "" for name in EXCLUSION_COLUMNS] for one in exclusions)
    write_text(path, text.getvalue())


def without_excluded(ratings: Sequence[Rating], exclusions: Sequence[Exclusion]) -> list[Rating]:
    """The ratings that no decision leaves out.

    Raises:
        RatingsError: a decision is about no rating: a typing error would leave in what was to be left out.
    """
    decided = {(one.rater_id, one.process_id) for one in exclusions}
    about = {(row["rater_id"], process_id) for row in ratings for process_id in (None, row["process_id"])}
    for rater_id, process_id in sorted(decided - about, key=str):
        what = f" of {process_id}" if process_id else ""
        raise RatingsError(f"The exclusion of {rater_id}'s ratings{what} is about no rating.", "Correct the exclusions.")
    return [row for row in ratings if decided.isdisjoint({(row["rater_id"], None), (row["rater_id"], row["process_id"])})]


def _read_file(file: Path, rubric: Rubric) -> list[Rating]:
    columns = rating_columns(rubric.attribute_ids)
    with open_parquet(file) as parquet:
        kind = read_metadata(parquet.schema_arrow, file.name).kind
        if kind != "ratings":
            raise ContractError(f"{file.name} is of the kind {kind!r}, not 'ratings'.", "Give a ratings.parquet.")
        _refuse_other_rubrics(file.name, parquet.schema_arrow.names, parquet, rubric)
        problems = check_schema(parquet.schema_arrow, columns, file.name)
        found = [] if problems else parquet.read(columns=list(columns)).to_pylist()
        rows: list[Rating] = [{name: row.get(name) for name in columns} for row in found]
    problems += check_rating_rows(rows, columns, rubric.scales, file.name)
    if problems:
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        raise ContractError(
            f"{file.name} has {count}, first: {problems[0].place}: {problems[0].message}", "Run: ppad check on it."
        )
    return rows


def _refuse_other_rubrics(name: str, columns: Sequence[str], parquet: Any, rubric: Rubric) -> None:
    if not {"rubric", "rubric_version"} <= set(columns):
        return
    pairs = parquet.read(columns=["rubric", "rubric_version"]).to_pylist()
    others = sorted(
        {f"{row['rubric']} version {row['rubric_version']}" for row in pairs} - {f"{rubric.id} version {rubric.version}"}
    )
    if others:
        raise ConfigError(
            f"{name} holds ratings by {', '.join(others)}, not by {rubric.id} version {rubric.version}.",
            "Choose the rubric of the ratings with --rubric, or leave the file out.",
        )
