"""Reading what the raters said: checked against the contract and the rubric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ppad.errors import ConfigError, ContractError
from ppad.rubric import Rubric
from ppad.schema import check_rating_rows, read_metadata
from ppad.schema.checks import check_schema
from ppad.schema.ratings import rating_columns
from ppad.storage import open_parquet

Rating = Mapping[str, Any]
"""A row of `ratings.parquet`."""


def scales_of(rubric: Rubric) -> dict[str, tuple[int, int]]:
    """Lowest and highest score of each attribute, in the rubric's order."""
    return {name: (rubric.scale_of(name).low, rubric.scale_of(name).high) for name in rubric.attribute_ids}


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
            key = _key(row)
            if found.setdefault(key, row) != row:
                raise ContractError(
                    f"{file.name} gives another rating of {key[0]} by {key[1]} than an earlier file.",
                    "Give --ratings the newest export only.",
                )
    return [found[key] for key in sorted(found)]


def _key(row: Rating) -> tuple[str, str, int]:
    return row["process_id"], row["rater_id"], row["replicate"]


def _read_file(file: Path, rubric: Rubric) -> list[Rating]:
    columns = rating_columns(rubric.attribute_ids)
    with open_parquet(file) as parquet:
        kind = read_metadata(parquet.schema_arrow, file.name).kind
        if kind != "ratings":
            raise ContractError(f"{file.name} is of the kind {kind!r}, not 'ratings'.", "Give --ratings a ratings.parquet.")
        _refuse_other_rubrics(file.name, parquet.schema_arrow.names, parquet, rubric)
        problems = check_schema(parquet.schema_arrow, columns, file.name)
        rows: list[Rating] = [] if problems else parquet.read(columns=list(columns)).to_pylist()
    problems += check_rating_rows(rows, columns, scales_of(rubric), file.name)
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
            f"{name} holds ratings by {', '.join(others)}, the dataset is built for {rubric.id} version {rubric.version}.",
            "Choose the rubric of the ratings with --rubric, or leave the file out.",
        )
