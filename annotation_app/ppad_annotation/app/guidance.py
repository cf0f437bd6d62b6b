"""What raters read of a rubric: its own words or their translation, and examples.

The rubric alone says what is asked and on which scale; these texts come from `guidance/`, one file a rubric and language.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from ppad.rubric import Rubric


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Example(_Strict):
    """What a process of that score looks like."""

    score: int
    text: str


class AttributeText(_Strict):
    """Words for one attribute; what is missing is the rubric's own."""

    name: str | None = None
    question: str | None = None
    low: str | None = None
    high: str | None = None
    examples: tuple[Example, ...] = ()


class RubricText(_Strict):
    """Words for a rubric in one language."""

    title: str | None = None
    attributes: dict[str, AttributeText] = {}


@cache
def rubric_text(rubric_id: str, language: str) -> RubricText:
    """The texts that ship for a rubric; empty for a rubric that a lab wrote itself."""
    file = resources.files("ppad_annotation.app").joinpath("guidance", f"{rubric_id}.{language}.yaml")
    return RubricText.model_validate(yaml.safe_load(file.read_text("utf-8"))) if file.is_file() else RubricText()


def shown_rubric(rubric: Rubric, language: str) -> dict[str, Any]:
    """The rubric as the page shows it."""
    text = rubric_text(rubric.id, language)
    attributes = []
    for attribute in rubric.attributes:
        words = text.attributes.get(attribute.id, AttributeText())
        attributes.append(
            {
                "id": attribute.id,
                "name": words.name or attribute.name,
                "question": words.question or attribute.question,
                "low": words.low or attribute.low,
                "high": words.high or attribute.high,
                "examples": [example.model_dump() for example in words.examples],
                "scale": rubric.scale_of(attribute.id).model_dump(),
            }
        )
    return {"id": rubric.id, "subject": rubric.subject, "title": text.title or rubric.title, "attributes": attributes}
