"""Ratings from Label Studio: its JSON export, where every task holds the annotations that were made of it.

A score is a Rating, Number or Choices of the interface, whose name is that of an attribute; a TextArea called `critique` is the
critique. A choice may begin with its number ("7 – good"), or be "cannot judge".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from ppad.errors import RatingsError
from ppad.rubric import Rubric
from ppad.schema.configs import validation_sentence
from ppad_annotation.ratings.columns import columns_of
from ppad_annotation.ratings.intake import Draft, Intake

_LEADING_NUMBER = re.compile(r"^\s*(\d+)\b")


class _Result(BaseModel):
    """One control of the interface, filled in."""

    from_name: str | None = None
    value: dict[str, Any] = {}


class _Annotation(BaseModel):
    """What one person said of a task."""

    id: Any = "?"
    completed_by: Any = None
    result: list[_Result] = []
    was_cancelled: bool | None = None
    ground_truth: bool | None = None
    lead_time: float | None = Field(None, ge=0, allow_inf_nan=False)
    created_at: str | None = None


class _Task(BaseModel):
    """One thing that was annotated."""

    id: Any = "?"
    data: dict[str, Any]
    annotations: list[_Annotation]


_TASKS = TypeAdapter(list[_Task])


def is_export(entries: Sequence[Any]) -> bool:
    """Whether these are tasks of a Label Studio export."""
    return bool(entries) and all(isinstance(entry, dict) and "annotations" in entry and "data" in entry for entry in entries)


def read_tasks(entries: Sequence[Any], rubric: Rubric, given: Mapping[str, str]) -> Intake:
    """The ratings of an export.

    Skipped annotations are left out; a ground truth becomes a rating of the kind `gold`, which no score is made of.

    Args:
        given: names of the interface by field or attribute (`consistency=consist`), and which datum names the process
            (`process_id=video`).

    Raises:
        RatingsError: the tasks are not as Label Studio writes them, no result is called like an attribute, or no datum names the
            process.
    """
    try:
        tasks = _TASKS.validate_python(entries)
    except ValidationError as error:
        raise RatingsError(f"This is no export of Label Studio: {validation_sentence(error)}", "Export it again.") from error
    results = [result for task in tasks for one in task.annotations for result in one.result]
    names = list(dict.fromkeys(str(result.from_name) for result in results))
    data = list(dict.fromkeys(name for task in tasks for name in task.data))
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
        for one in task.annotations:
            if not one.was_cancelled:
                intake.drafts.append(_draft(task, one, place, attributes, columns.get("critique"), intake.problems))
    skipped = sum(bool(one.was_cancelled) for task in tasks for one in task.annotations)
    if skipped:
        intake.notes.append(f"{skipped} annotations that were skipped in Label Studio are left out.")
    unused = Counter(str(one.from_name) for one in results if one.from_name not in {*attributes, columns.get("critique")})
    if unused:
        intake.notes.append(
            f"Results that are not used: {', '.join(f'{name} ({count})' for name, count in sorted(unused.items()))}."
        )
    return intake


def _draft(
    task: _Task, annotation: _Annotation, place: str, attributes: Mapping[str, str], critique: str | None, problems: list[str]
) -> Draft:
    here = f"task {task.id}, annotation {annotation.id}"
    scores: dict[str, Any] = {}
    words: list[str] = []
    for result in annotation.result:
        name = attributes.get(result.from_name or "")
        if name is not None:
            scores[name] = _score(result.value, f"{here}: {name}", problems)
        elif result.from_name == critique:
            words += [str(part) for part in _listed(result.value.get("text"))]
    return Draft(
        place=here,
        process=str(task.data.get(place)),
        rater=_rater(annotation.completed_by),
        scores=scores,
        kind="gold" if annotation.ground_truth else "main",
        critique="\n".join(words) or None,
        active_ms=None if annotation.lead_time is None else round(1000 * annotation.lead_time),
        created_at=annotation.created_at,
    )


def _rater(completed_by: Any) -> str:
    """Who annotated: an id, or a record with an address."""
    if isinstance(completed_by, dict):
        return str(completed_by.get("email") or completed_by.get("username") or completed_by.get("id") or "unknown")
    return str(completed_by) if completed_by is not None else "unknown"


def _score(value: Mapping[str, Any], place: str, problems: list[str]) -> Any:
    """The number of a Rating, a Number or a choice."""
    for kind in ("rating", "number"):
        if kind in value:
            return value[kind]
    choices = _listed(value.get("choices"))
    if len(choices) != 1:
        problems.append(f"{place} has {len(choices)} choices, not one")
        return None
    number = _LEADING_NUMBER.match(str(choices[0]))
    return number[1] if number else choices[0]


def _listed(value: Any) -> list[Any]:
    """What may be a list, a single thing or nothing, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]
