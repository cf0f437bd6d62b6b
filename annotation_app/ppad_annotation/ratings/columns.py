"""Which column of a table is which: by its name, by what a rubric calls it, or as the user says."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence

from ppad.errors import RatingsError
from ppad.rubric import Rubric

FIELDS: Mapping[str, tuple[str, ...]] = {
    "process_id": ("process", "item", "video", "recording", "file", "image", "images_path", "name"),
    "rater_id": ("rater", "annotator", "user", "username", "completed_by", "email", "expert"),
    "critique": ("comment", "comments", "remarks"),
    "created_at": ("time", "timestamp", "date"),
    "active_ms": (),
    "replicate": ("repeat", "occasion"),
    "kind": (),
    "attribute": ("dimension", "criterion"),
    "score": ("rating", "value"),
}
"""What a table may say of a rating, and what else its column may be called."""


def columns_of(names: Sequence[str], rubric: Rubric, given: Mapping[str, str]) -> dict[str, str]:
    """The column of each field and attribute that the table has.

    Args:
        names: the header.
        given: columns that the user named, by field or attribute; they go before guesses.

    Raises:
        RatingsError: a field or column that the user named does not exist.
    """
    known = {**FIELDS, **{one.id: (one.name, one.short) for one in rubric.attributes}}
    for field, column in given.items():
        if field not in known:
            raise RatingsError(
                f"There is nothing called {field!r} to fill{_guess(field, known)}.", f"--column takes {', '.join(known)}."
            )
        if column not in names:
            raise RatingsError(f"There is no column {column!r}{_guess(column, names)}.", f"The columns are {', '.join(names)}.")
    found = dict(given)
    by_key = {_key(name): name for name in reversed(names)}
    for field, others in known.items():
        match = next((by_key[_key(name)] for name in (field, *others) if _key(name) in by_key), None)
        if match is not None and field not in found and match not in found.values():
            found[field] = match
    return found


def parsed(options: Sequence[str]) -> dict[str, str]:
    """`field=column` options as a mapping.

    Raises:
        RatingsError: an option has no `=`.
    """
    pairs = [option.partition("=") for option in options]
    for field, equals, column in pairs:
        if not (field and equals and column):
            raise RatingsError(f"--column {field!r} names no column.", "Write --column rater_id=Expert.")
    return {field.strip(): column.strip() for field, _, column in pairs}


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")


def _guess(name: str, known: Sequence[str] | Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean {close[0]!r}" if close else ""
