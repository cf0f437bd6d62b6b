"""What a table says of artworks: which picture each row is about, facts about it, and further critiques."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from ppad.errors import NotFoundError
from ppad.rubric import Rubric
from ppad_annotation.ratings.columns import FIELDS, columns_of
from ppad_annotation.ratings.intake import Draft, Intake
from ppad_annotation.ratings.processes import MOST_GUESSES
from ppad_annotation.ratings.tables import Row, from_rows

UNNAMED = "rater-1"
"""Who rated where the table names nobody."""

_MORE_CRITIQUES = re.compile(r"(?:critique|comment|review)[ _-]*(\d{1,9})", re.IGNORECASE)
_ALIKE = 0.8
"""From this likeness on, a column that is not used is taken for a misspelt one."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an artwork besides its picture; names of columns."""

    description: str | None = None
    artist_id: str | None = None
    category: str | None = None
    style: str | None = None
    licence: str | None = None


FACTS = tuple(one.name for one in fields(Facts))
_ALIASES = {"description": ("caption", "text"), "licence": ("license",), "category": ("subject", "genre")}


@dataclass(frozen=True, slots=True)
class Works:
    """What a table holds.

    Attributes:
        pictures: the file of each picture, by the name that the table gives it.
        facts: of each picture, by its file.
        intake: the ratings, with all problems and notes so far.
        names_raters: whether the table says who rated.
    """

    pictures: Mapping[str, Path]
    facts: Mapping[Path, Facts]
    intake: Intake
    names_raters: bool


@dataclass(slots=True)
class _Found:
    pictures: dict[str, Path] = field(default_factory=dict)
    facts: dict[Path, Facts] = field(default_factory=dict)
    said_at: dict[Path, str] = field(default_factory=dict)


def works_of(names: Sequence[str], rows: Sequence[Row], rubric: Rubric, given: Mapping[str, str], images: Path) -> Works:
    """The artworks and ratings of a table with a row for each rating, or for each artwork.

    Columns called `critique_1`, `critique_2`, … hold critiques by further raters, of whom no score is known. Without a column of
    raters, all are taken for one rater's.

    Args:
        names, rows: header and rows of the table.
        given: columns by field, attribute or fact, as the user named them.
        images: folder of the pictures, which is searched through.

    Raises:
        NotFoundError: there is no such folder.
        RatingsError: a column that is needed is missing.
    """
    fact_columns = _fact_columns(names, given)
    own = {name: column for name, column in given.items() if name not in FACTS}
    numbered = {name: int(match[1]) for name in names if (match := _MORE_CRITIQUES.fullmatch(name.strip()))}
    more = sorted(numbered, key=lambda name: numbered[name])
    columns = columns_of(names, rubric, own)
    if more and "critique" not in columns:
        own["critique"] = more.pop(0)
    if "rater_id" not in columns:
        names, rows = [*names, "rater_id"], [{**row, "rater_id": UNNAMED} for row in rows]
    used = [*fact_columns.values(), *more]
    intake = from_rows([name for name in names if name not in used], rows, rubric, own)
    if "rater_id" not in columns:
        intake.notes.append(f"The table names no rater: its scores count as those of one, {UNNAMED}.")
    intake.problems += _misspelt(names, {**columns_of(names, rubric, own), **fact_columns}, rubric, more)
    found = _pictures(rows, columns["process_id"], fact_columns, images, intake.problems)
    _add_critiques(intake, rows, more)
    _note_empty(intake, found.facts)
    return Works(found.pictures, found.facts, intake, "rater_id" in columns)


def _fact_columns(names: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    by_name = {name.strip().casefold(): name for name in reversed(names)}
    found = {name: column for name, column in given.items() if name in FACTS and column in names}
    for fact in FACTS:
        column = next((by_name[one] for one in (fact, *_ALIASES.get(fact, ())) if one in by_name), None)
        if column is not None and fact not in found and column not in given.values():
            found[fact] = column
    return found


def _misspelt(names: Sequence[str], used: Mapping[str, str], rubric: Rubric, more: Sequence[str]) -> list[str]:
    """Columns that are not used, and that look like one which is missing."""
    missing = [name for name in (*FIELDS, *FACTS, *rubric.attribute_ids) if name not in used]
    left = [name for name in names if name not in used.values() and name not in more]
    close = [(name, difflib.get_close_matches(name.strip().casefold(), missing, n=1, cutoff=_ALIKE)) for name in left]
    return [f"column {name!r} is unknown: did you mean {meant[0]!r}?" for name, meant in close if meant]


def _pictures(rows: Sequence[Row], column: str, fact_columns: Mapping[str, str], images: Path, problems: list[str]) -> _Found:
    """The picture and the facts of every row; rows about one picture must agree."""
    known, found = PictureNames(images), _Found()
    for number, row in enumerate(rows, start=1):
        name = _cell(row, column)
        if name is None:
            continue  # from_rows has named it
        try:
            picture = found.pictures.setdefault(name, known.find(name))
        except LookupError as error:
            problems.append(f"row {number}: {error.args[0]}")
            continue
        facts = Facts(**{fact: _cell(row, cell) for fact, cell in fact_columns.items()})
        before = found.facts.setdefault(picture, facts)
        if before != facts:
            what = next(fact for fact in FACTS if getattr(before, fact) != getattr(facts, fact))
            problems.append(f"row {number} gives another {what} of {name} than {found.said_at[picture]}")
        found.said_at.setdefault(picture, f"row {number}")
    return found


class PictureNames:
    """The files below a folder, by every name that a table may give them.

    Args:
        folder: searched through; hidden files are passed by.

    Raises:
        NotFoundError: there is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise NotFoundError(f"There is no folder {folder}.", "Check the path given to --images.")
        self._folder = folder
        self._guesses = 0
        self._by_name: dict[str, list[Path]] = {}
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(folder).parts
            if path.is_file() and not any(part.startswith(".") for part in parts):
                for name in dict.fromkeys(("/".join(parts), path.name, path.stem)):
                    self._by_name.setdefault(name.casefold(), []).append(path)

    def find(self, name: str) -> Path:
        """The picture of that name, path or stem.

        Raises:
            LookupError: there is none, or several; its message says so.
        """
        spelling = name.replace("\\", "/").removeprefix("./").casefold()
        for key in dict.fromkeys((spelling, spelling.rpartition("/")[2], spelling.rpartition("/")[2].rpartition(".")[0])):
            found = self._by_name.get(key, [])
            if len(found) == 1:
                return found[0]
            if found:
                several = " or ".join(str(path.relative_to(self._folder)) for path in found[:3])
                raise LookupError(f"{name!r} may be {several}; give the path within {self._folder.name}")
        self._guesses += 1
        close = difflib.get_close_matches(spelling, self._by_name, n=1) if self._guesses <= MOST_GUESSES else []
        meant = f" (did you mean {close[0]!r}?)" if close else ""
        raise LookupError(f"{name!r} is not in {self._folder.name}{meant}")


def _add_critiques(intake: Intake, rows: Sequence[Row], columns: Sequence[str]) -> None:
    """A further critique is a rating without scores, by a rater of its own."""
    drafts = {draft.place: draft for draft in intake.drafts}
    for number, row in enumerate(rows, start=1):
        draft = drafts.get(f"row {number}")
        for place, column in enumerate(columns, start=2):
            text = _cell(row, column)
            if draft is not None and text is not None:
                intake.drafts.append(
                    Draft(f"row {number}, {column}", draft.process, f"{draft.rater}-critique-{place}", {}, critique=text)
                )


def _note_empty(intake: Intake, facts: Mapping[Path, Facts]) -> None:
    silent = sum(one.description is None for one in facts.values())
    wordless = len({draft.process for draft in intake.drafts} - {draft.process for draft in intake.drafts if draft.critique})
    for count, what in ((silent, "description"), (wordless, "critique")):
        if count:
            intake.notes.append(f"{count} of {len(facts)} artworks have no {what}.")


def _cell(row: Row, column: str) -> str | None:
    value = row.get(column)
    return None if value is None else str(value).strip() or None
