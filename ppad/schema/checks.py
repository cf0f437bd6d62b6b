"""Checks of rows against the contract. Each collects every problem it finds; the caller decides what to do about them."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ppad.schema.columns import Column, columns_of
from ppad.schema.process import PROCESS_COLUMNS
from ppad.schema.ratings import pins_of

PROCESS_ID = re.compile(r"^[a-z0-9][a-z0-9_-]{0,79}-[0-9a-f]{12}\Z")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that breaks the contract: where, what, and what to do."""

    place: str
    message: str
    fix: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message} {self.fix}"


def check_schema(schema: pa.Schema, columns: Mapping[str, Column], place: str) -> list[Problem]:
    """Missing columns and columns of another type; unknown columns are allowed (a lab may add its own)."""
    problems = []
    for name, col in columns.items():
        index = schema.get_field_index(name)
        if index < 0:
            if col.optional:
                continue
            problems.append(Problem(place, f"column {name} is missing.", "Write the file again with ppad."))
        elif schema.field(index).type != col.arrow:
            found = schema.field(index).type
            problems.append(Problem(place, f"column {name} is {found}, not {col.arrow}.", "Write the file again with ppad."))
    return problems


def check_values(row: Mapping[str, Any], columns: Mapping[str, Column], place: str) -> list[Problem]:
    """Nulls where none may be, and values outside a column's choices; within records, too."""
    problems = []
    for name, col in columns.items():
        value = row.get(name)
        if value is None and not col.nullable:
            problems.append(Problem(place, f"{name} is null.", "Every row needs it."))
        elif col.choices and value not in col.choices:
            problems.append(Problem(place, f"{name} is {value!r}.", f"It must be one of {', '.join(col.choices)}."))
        elif value is not None and col.record is not None:
            problems += check_values(value, columns_of(col.record), f"{place}: {name}")
    return problems


def check_process_rows(rows: Sequence[Mapping[str, Any]], place: str) -> list[Problem]:
    """Every problem of collection rows whose columns are those of the contract."""
    problems: list[Problem] = []
    for row in rows:
        here = f"{place}: {row['process_id']}" if len(rows) > 1 else place
        broken = check_values(row, PROCESS_COLUMNS, here)
        problems += broken or list(_process_problems(row, here))
    return problems


def check_dataset_rows(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, Column], place: str) -> list[Problem]:
    """Every problem of dataset rows: those of a process, and impossible scores."""
    problems: list[Problem] = []
    extra = {name: col for name, col in columns.items() if name not in PROCESS_COLUMNS}
    for row in rows:
        here = f"{place}: {row['process_id']}"
        problems += check_process_rows([row], here)
        problems += check_values(row, extra, here)
        scored = [name for name in extra if f"{name}_std" in extra and row[name] is not None]
        if scored and not row["n_raters"]:
            problems.append(Problem(here, "has scores but n_raters is 0.", "Build the dataset again from its ratings."))
    return problems


def check_rating_rows(
    rows: Sequence[Mapping[str, Any]], columns: Mapping[str, Column], scales: Mapping[str, tuple[int, int]], place: str
) -> list[Problem]:
    """Every problem of rating rows.

    Args:
        scales: lowest and highest score of each attribute.
    """
    problems: list[Problem] = []
    seen: set[tuple[Any, ...]] = set()
    for number, row in enumerate(rows):
        here = f"{place}: row {number}"
        problems += check_values(row, columns, here)
        for name, (low, high) in scales.items():
            if row[name] is not None and not low <= row[name] <= high:
                problems.append(Problem(here, f"{name} is {row[name]}.", f"Scores run from {low} to {high}."))
        try:
            pins_of(row.get("pins"))
        except ValueError as error:
            problems.append(Problem(here, f"has malformed pins: {error}.", "They are JSON: a list of frames and regions."))
        key = (row["process_id"], row["rater_id"], row["replicate"])
        if key in seen:
            problems.append(Problem(here, "repeats a rating of the same process, rater and replicate.", "Keep one row."))
        seen.add(key)
    return problems


def _process_problems(row: Mapping[str, Any], place: str) -> Iterator[Problem]:
    if not PROCESS_ID.match(row["process_id"]):
        yield Problem(place, f"process_id {row['process_id']!r} is malformed.", "It is a stem, '-', and 12 hexadecimal digits.")
    yield from _frame_problems(row, place)
    yield from _reference_problems(row, place)
    if row["width"] < 1 or row["height"] < 1:
        yield Problem(place, f"frames are {row['width']}×{row['height']} pixels.", "Extract the process again.")
    if row["controls"] is not None and row["origin"] != "simulated":
        yield Problem(place, "has controls, but was not simulated.", "Set origin to simulated, or controls to null.")
    if not all(pair and pair["key"] and _is_finite(pair["value"]) for pair in row["controls"] or ()):
        yield Problem(place, "has a control without a name, or without a finite value.", "Make the process again.")


def _frame_problems(row: Mapping[str, Any], place: str) -> Iterator[Problem]:
    count = len(row["frames"])
    if not count:
        yield Problem(place, "has no frame.", "Extract the process again.")
        return
    empty = [i for i, frame in enumerate(row["frames"]) if not frame or not frame["bytes"]]
    if empty:
        yield Problem(place, f"frames {empty} hold no bytes.", "Extract the process again.")
    for name in ("frame_time_s", "frame_index", "frame_change"):
        values = row[name]
        if values is None:
            continue
        if len(values) != count:
            yield Problem(place, f"{name} has {len(values)} values for {count} frames.", "Extract the process again.")
        elif not all(map(_is_finite, values)):
            yield Problem(place, f"{name} holds a null or infinite value.", "Extract the process again.")
        elif name != "frame_change" and any(later <= earlier for earlier, later in itertools.pairwise(values)):
            yield Problem(place, f"{name} does not rise.", "Frames are stored in painting order, first to last.")
        elif name == "frame_change" and (values[:1] != [0.0] or not all(0 <= value <= 1 for value in values)):
            yield Problem(place, "frame_change must start with 0 and stay within 0–1.", "Extract the process again.")


def _is_finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _reference_problems(row: Mapping[str, Any], place: str) -> Iterator[Problem]:
    wanted = {"image": "reference_image", "prompt": "prompt"}.get(row["reference_kind"])
    for name in ("reference_image", "prompt"):
        if name == wanted and not row[name]:
            yield Problem(place, f"reference_kind is {row['reference_kind']}, but {name} is null.", "Give the reference.")
        if name != wanted and row[name] is not None:
            yield Problem(place, f"reference_kind is {row['reference_kind']}, but {name} is set.", "Keep one kind.")
