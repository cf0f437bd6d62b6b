"""What importers hand over, and the checks that it must pass before anything is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ppad.errors import RatingsError
from ppad.rubric import Rubric
from ppad.schema import RATING_KINDS
from ppad.storage import timestamp
from ppad.storage.ratings import Rating
from ppad_annotation.ratings.choices import Again
from ppad_annotation.ratings.processes import Finds
from ppad_annotation.ratings.pseudonyms import Pseudonyms

NAMED = 10
"""Problems that a message names."""

MOST_REPLICATES = 1_000_000
LONGEST_ACTIVE_MS = 366 * 24 * 3600 * 1000
"""A year: whoever leaves a window open over a summer may still be believed."""

CANNOT_JUDGE = {"", "-", "–", "na", "n/a", "nan", "null", "none", "cannot judge", "can't judge", "cannot_judge"}
"""What stands for "cannot judge" in a table, in small letters."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A rating as it was found.

    Attributes:
        place: where, for messages: `row 3`.
        process: what the source calls the process; `sha256`, its digest where it is known.
        rater: what the source calls the rater.
        scores: what was found for each attribute; an attribute that is missing is one that the rater could not judge.
        created_at: time, ISO 8601; None where there is none.
        replicate: None where the source does not say.
    """

    place: str
    process: str
    rater: str
    scores: dict[str, Any]
    sha256: str | None = None
    kind: str = "main"
    replicate: int | None = None
    critique: str | None = None
    active_ms: int | None = None
    created_at: str | None = None


@dataclass(slots=True)
class Intake:
    """What an importer found.

    Attributes:
        drafts: the ratings.
        problems: what is wrong so far, each with its place.
        notes: what the user should know although nothing is wrong.
    """

    drafts: list[Draft] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def ratings_of(
    intake: Intake, rubric: Rubric, processes: Finds, pseudonyms: Pseudonyms, *, again: Again, rounding: bool
) -> list[Rating]:
    """Rows of `ratings.parquet`.

    Args:
        again: what to do where a rater rated a process twice and the source does not number the times.
        rounding: whether scores between two whole numbers become the nearer one.

    Raises:
        RatingsError: naming the first problems and the number of all.
    """
    problems = list(intake.problems)
    pseudonyms.learn(draft.rater for draft in intake.drafts)
    rows: list[dict[str, Any]] = []
    for draft in intake.drafts:
        try:
            process_id = processes.find(draft.process, draft.sha256)
        except LookupError as error:
            problems.append(f"{draft.place}: {error.args[0]}")
            continue
        row, wrong = _row(draft, process_id, pseudonyms.of(draft.rater), rubric, rounding=rounding)
        rows.append(row | {"place": draft.place, "numbered": draft.replicate is not None})
        problems += [f"{draft.place}: {problem}" for problem in wrong]
    rows = _once_each(rows, problems, again)
    if problems:
        more = f" and {len(problems) - NAMED} more" if len(problems) > NAMED else ""
        raise RatingsError(f"{'; '.join(problems[:NAMED])}{more}.", "Correct them; nothing was written.")
    if not rows:
        raise RatingsError("There is no rating.", "Check the file and its columns.")
    return list(rows)


def score_of(found: Any, scale: tuple[int, int], *, rounding: bool) -> int | None:
    """A score, or None for "cannot judge".

    Raises:
        ValueError: it is no whole number of the scale; the message says what it is.
    """
    text = str(found).strip() if found is not None else ""
    if text.lower() in CANNOT_JUDGE:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if math.isfinite(value) and rounding:
        value = math.floor(value + 0.5)
    if not (value == value // 1 and scale[0] <= value <= scale[1]):
        raise ValueError(f"{text!r}, not a whole number from {scale[0]} to {scale[1]}")
    return int(value)


def utc(moment: str) -> str:
    """A time as the contract writes it; one without a zone is taken for UTC.

    Raises:
        ValueError: it is no time in ISO 8601.
    """
    found = datetime.fromisoformat(moment.strip())
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError as error:  # at the ends of the calendar
        raise ValueError("it is no time in UTC") from error


def _row(draft: Draft, process_id: str, rater_id: str, rubric: Rubric, *, rounding: bool) -> tuple[dict[str, Any], list[str]]:
    """The row of a draft, and what is wrong with it."""
    problems, scores = [], {}
    for name, scale in rubric.scales.items():
        try:
            scores[name] = score_of(draft.scores.get(name), scale, rounding=rounding)
        except ValueError as error:
            problems.append(f"{name} is {error}")
    if draft.kind not in RATING_KINDS:
        problems.append(f"kind is {draft.kind!r}, not one of {', '.join(RATING_KINDS)}")
    try:
        created_at = utc(draft.created_at) if draft.created_at else timestamp()
    except ValueError:
        created_at = ""
        problems.append(f"the time {draft.created_at!r} is not in ISO 8601 (2026-01-31T12:00:00Z)")
    for name, whole, most in (("replicate", draft.replicate, MOST_REPLICATES), ("active_ms", draft.active_ms, LONGEST_ACTIVE_MS)):
        if whole is not None and not 0 <= whole <= most:
            problems.append(f"{name} is not between 0 and {most}")
    about = {"rubric": rubric.id, "rubric_version": rubric.version, "replicate": draft.replicate or 0, "kind": draft.kind}
    said = {"critique": draft.critique or None, "active_ms": draft.active_ms, "created_at": created_at, "revision": 0}
    return {"process_id": process_id, "rater_id": rater_id, **about, **scores, **said}, problems


def _once_each(rows: Sequence[dict[str, Any]], problems: list[str], again: Again) -> list[dict[str, Any]]:
    """The rows without their places: one for each process, rater and replicate."""
    kept: dict[tuple[str, str, int], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["created_at"]):
        key = (row["process_id"], row["rater_id"], row["replicate"])
        if key in kept and again == "repeat" and not row["numbered"]:
            while key in kept:
                key = (*key[:2], key[2] + 1)
            row = {**row, "replicate": key[2], "kind": "repeat"}
        elif key in kept and again != "latest":
            problems.append(f"{row['place']} rates a process that {kept[key]['place']} rates for the same rater ({key[0]})")
        kept[key] = row
    return [{name: value for name, value in row.items() if name not in ("place", "numbered")} for row in kept.values()]
