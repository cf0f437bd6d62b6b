"""Ratings from Label Studio: its JSON export, where every task holds the annotations that were made of it.

A score is a Rating, Number or Choices of the interface, whose name is that of an attribute; a TextArea called `critique` is the
critique. A choice may begin with its number ("7 – good"), or be "cannot judge".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ppad.errors import RatingsError
from ppad.rubric import Rubric
from ppad_annotation.ratings.columns import columns_of
from ppad_annotation.ratings.intake import Draft, Intake

Json = Mapping[str, Any]

_LEADING_NUMBER = re.compile(r"^\s*(\d+)\b")


def is_export(entries: Sequence[Any]) -> bool:
    """Whether these are tasks of a Label Studio export."""
    return bool(entries) and all(isinstance(entry, dict) and "annotations" in entry and "data" in entry for entry in entries)


def read_tasks(tasks: Sequence[Json], rubric: Rubric, given: Mapping[str, str]) -> Intake:
    """The ratings of an export.

    Skipped annotations are left out; a ground truth becomes a rating of the kind `gold`, which no score is made of.

    Args:
        given: names of the interface by field or attribute (`consistency=consist`), and which datum names the process
            (`process_id=video`).

    Raises:
        RatingsError: no result is called like an attribute, or no datum names the process.
    """
    results = [result for task in tasks for one in task["annotations"] for result in one.get("result", ())]
    names = list(dict.fromkeys(str(result.get("from_name")) for result in results))
    about = [task["data"] for task in tasks]
    data = list(dict.fromkeys(name for one in about for name in one))
    columns = columns_of([*data, *names], rubric, given)
    place = columns.get("process_id")
    if place is None:
        raise RatingsError(
            f"No datum of the tasks names the process; there are: {', '.join(data)}.", "Give --column process_id=NAME."
        )
    attributes = {columns[name]: name for name in rubric.attribute_ids if name in columns}
    if not attributes:
        raise RatingsError(
            f"No result is called like an attribute; there are: {', '.join(names)}.",
            f"Say which is which: --column {rubric.attribute_ids[0]}=NAME.",
        )
    intake = Intake()
    for task in tasks:
        process = task["data"].get(place)
        for one in task["annotations"]:
            if one.get("was_cancelled"):
                continue
            intake.drafts.append(_draft(task, one, str(process), attributes, columns.get("critique"), intake.problems))
    skipped = sum(bool(one.get("was_cancelled")) for task in tasks for one in task["annotations"])
    if skipped:
        intake.notes.append(f"{skipped} annotations that were skipped in Label Studio are left out.")
    unused = Counter(
        str(result.get("from_name"))
        for result in results
        if result.get("from_name") not in {*attributes, columns.get("critique")}
    )
    if unused:
        intake.notes.append(
            f"Results that are not used: {', '.join(f'{name} ({count})' for name, count in sorted(unused.items()))}."
        )
    return intake


def _draft(
    task: Json, annotation: Json, process: str, attributes: Mapping[str, str], critique: str | None, problems: list[str]
) -> Draft:
    place = f"task {task.get('id', '?')}, annotation {annotation.get('id', '?')}"
    scores: dict[str, Any] = {}
    words: list[str] = []
    for result in annotation.get("result", ()):
        name, value = result.get("from_name"), result.get("value", {})
        if name in attributes:
            scores[attributes[name]] = _score(value, f"{place}: {attributes[name]}", problems)
        elif name == critique:
            text = value.get("text", ())
            words += [text] if isinstance(text, str) else [str(part) for part in text]
    seconds = annotation.get("lead_time")
    return Draft(
        place=place,
        process=process,
        rater=_rater(annotation.get("completed_by")),
        scores=scores,
        kind="gold" if annotation.get("ground_truth") else "main",
        critique="\n".join(words) or None,
        active_ms=round(1000 * seconds) if isinstance(seconds, int | float) else None,
        created_at=annotation.get("created_at"),
    )


def _rater(completed_by: Any) -> str:
    """Who annotated: an id, or a record with an address."""
    if isinstance(completed_by, dict):
        return str(completed_by.get("email") or completed_by.get("username") or completed_by.get("id") or "unknown")
    return str(completed_by) if completed_by is not None else "unknown"


def _score(value: Json, place: str, problems: list[str]) -> Any:
    """The number of a Rating, a Number or a choice."""
    for kind in ("rating", "number"):
        if kind in value:
            return value[kind]
    choices = value.get("choices", ())
    if len(choices) != 1:
        problems.append(f"{place} has {len(choices)} choices, not one")
        return None
    number = _LEADING_NUMBER.match(str(choices[0]))
    return number[1] if number else choices[0]
