"""Ratings from a table: CSV, with a row for each rating and a column for each attribute, or with a row for each score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ppad.errors import RatingsError
from ppad.rubric import Rubric
from ppad.storage import tables
from ppad_annotation.ratings.columns import columns_of
from ppad_annotation.ratings.intake import Draft, Intake

Row = Mapping[str, Any]

_MOST_DIGITS = 18


def read_csv(file: Path, rubric: Rubric, given: Mapping[str, str]) -> Intake:
    """The ratings of a CSV table (comma, semicolon or tab; UTF-8).

    Args:
        given: columns by field or attribute, as the user named them.

    Raises:
        RatingsError: it is no table, or a column is missing.
    """
    return from_rows(*read_table(file), rubric, given)


def read_table(file: Path, encoding: str = "utf-8") -> tuple[list[str], Sequence[Row]]:
    """Header and rows of a CSV table (comma, semicolon or tab).

    Raises:
        RatingsError: it is no table, or not in that encoding.
    """
    try:
        return tables.read_table(file, encoding)
    except LookupError as error:
        raise RatingsError(f"There is no encoding {encoding!r}.", "Use utf-8, utf-16, cp1252, gb18030, …") from error
    except ValueError as error:
        raise RatingsError(f"{file.name} {error}.", "Save the table as CSV, UTF-8.") from error


def from_rows(names: Sequence[str], rows: Sequence[Row], rubric: Rubric, given: Mapping[str, str]) -> Intake:
    """The ratings of a table.

    Raises:
        RatingsError: no column names the process, the rater or any score.
    """
    columns = columns_of(names, rubric, given)
    for field in ("process_id", "rater_id"):
        if field not in columns:
            raise RatingsError(f"No column is {field}; there are: {', '.join(names)}.", f"Say which: --column {field}=NAME.")
    attributes = [name for name in rubric.attribute_ids if name in columns]
    if {"attribute", "score"} <= set(columns):
        return _long(rows, rubric, columns)
    if not attributes:
        raise RatingsError(
            f"No column holds a score; there are: {', '.join(names)}.",
            f"Say which: --column {rubric.attribute_ids[0]}=NAME, or attribute=NAME and score=NAME.",
        )
    intake = Intake()
    for number, row in enumerate(rows, start=1):
        draft = _draft(row, number, columns, intake.problems)
        if draft is not None:
            draft.scores.update({name: row.get(columns[name]) for name in attributes})
            intake.drafts.append(draft)
    missing = [name for name in rubric.attribute_ids if name not in columns]
    if missing:
        intake.notes.append(f"The table has no column for {', '.join(missing)}: taken as 'cannot judge'.")
    unused = sorted(set(names) - set(columns.values()))
    if unused:
        intake.notes.append(f"Columns that are not used: {', '.join(unused)}.")
    return intake


def _long(rows: Sequence[Row], rubric: Rubric, columns: Mapping[str, str]) -> Intake:
    """Scores of one rating stand in rows of their own, tied by process, rater and replicate."""
    known = {name.casefold(): one.id for one in rubric.attributes for name in (one.id, one.name, one.short)}
    intake = Intake()
    gathered: dict[tuple[str, str, int | None], Draft] = {}
    for number, row in enumerate(rows, start=1):
        said = _text(row.get(columns["attribute"])) or ""
        attribute, found = known.get(said.casefold()), _draft(row, number, columns, intake.problems)
        if attribute is None:
            intake.problems.append(f"row {number}: the rubric has no attribute {said!r}")
        elif found is not None:
            draft = gathered.setdefault((found.process, found.rater, found.replicate), found)
            if attribute in draft.scores:
                intake.problems.append(f"row {number} gives {attribute} again, after {draft.place} and the rows of its rating")
            draft.scores[attribute] = row.get(columns["score"])
    intake.drafts = list(gathered.values())
    return intake


def _draft(row: Row, number: int, columns: Mapping[str, str], problems: list[str]) -> Draft | None:
    """The rating of a row, still without scores; None where it cannot be one, which is added to the problems."""
    cells = {field: _text(row.get(column)) for field, column in columns.items()}
    whole = {name: cells.get(name) or "" for name in ("replicate", "active_ms")}
    wrong = [f"has no {name}" for name in ("process_id", "rater_id") if cells[name] is None]
    wrong += [f"has the {name} {text[:40]!r}, not a whole number" for name, text in whole.items() if text and not _is_whole(text)]
    wrong += ["has more cells than the header"] if None in row else []
    problems += [f"row {number} {what}" for what in wrong]
    if wrong:
        return None
    return Draft(
        place=f"row {number}",
        process=cells["process_id"] or "",
        rater=cells["rater_id"] or "",
        scores={},
        kind=cells.get("kind") or "main",
        replicate=int(whole["replicate"]) if whole["replicate"] else None,
        critique=cells.get("critique"),
        active_ms=int(whole["active_ms"]) if whole["active_ms"] else None,
        created_at=cells.get("created_at"),
    )


def _is_whole(text: str) -> bool:
    return text.isdecimal() and len(text) <= _MOST_DIGITS


def _text(value: object) -> str | None:
    return str(value).strip() or None if value is not None else None
