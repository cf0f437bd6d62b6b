"""What raters read of a rubric besides its own words: translations, and examples of scores.

They ship in `guidance/`, one file a rubric and language, and are copied into the campaign when it begins: an update of PPAD
changes nothing of what raters are asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

from pydantic import BaseModel, ConfigDict

from ppad.schema import yaml_value


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
    attributes: Mapping[str, AttributeText] = {}


Guidance = Mapping[str, RubricText]
"""The words by code of the language."""


def shipped_guidance(rubric_id: str) -> Guidance:
    """The texts that ship for a rubric; none for a rubric that a lab wrote itself."""
    folder = resources.files("ppad_annotation.service").joinpath("guidance")
    files = sorted((file for file in folder.iterdir() if file.name.startswith(f"{rubric_id}.")), key=lambda file: file.name)
    return {file.name.split(".")[1]: RubricText.model_validate(yaml_value(file.read_text("utf-8"))) for file in files}
