"""The rubric of a campaign as raters and admins read it: in their language, with examples."""

from __future__ import annotations

from typing import Any

from ppad_annotation.service.campaigns import Campaign
from ppad_annotation.service.guidance import AttributeText, RubricText


def shown_rubric(frozen: Campaign, language: str) -> dict[str, Any]:
    """The rubric as the page shows it: the rubric alone says what is asked and on which scale, the words may be others."""
    text = frozen.guidance.get(language, RubricText())
    attributes = []
    for attribute in frozen.rubric.attributes:
        words = text.attributes.get(attribute.id, AttributeText())
        attributes.append(
            {
                "id": attribute.id,
                "name": words.name or attribute.name,
                "question": words.question or attribute.question,
                "low": words.low or attribute.low,
                "high": words.high or attribute.high,
                "examples": [example.model_dump() for example in words.examples],
                "scale": frozen.rubric.scale_of(attribute.id).model_dump(),
            }
        )
    rubric = frozen.rubric
    return {"id": rubric.id, "subject": rubric.subject, "title": text.title or rubric.title, "attributes": attributes}
