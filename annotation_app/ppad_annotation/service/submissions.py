"""What a rater submits, and every reason to refuse it."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ppad.rubric import Rubric
from ppad_annotation.service.config import CampaignConfig

LONGEST_CRITIQUE = 20_000
LONGEST_NOTE = 1_000
MOST_PINS = 64
LONGEST_ACTIVE_MS = 24 * 3600 * 1000
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_PIN_KEYS = {"attribute", "frame", "box", "note"}
CHOICES = ("left", "right", "both")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A rating as the client sends it.

    Attributes:
        event_id: UUID that the client made, lower case; the same in every retry.
        prev_event: id of the event that this one replaces; None for the first.
        assignment_id: what is rated.
        scores: by attribute id; None where the rater cannot judge. Empty in preference mode.
        cannot_judge: the attributes whose score is None, said again: an attribute that was forgotten is refused.
        choice: preference mode only: `left`, `right` or `both`, as shown.
        critique: the written critique.
        pins: evidence: `{"attribute": id, "frame": number from 0, "box": [x, y, width, height] as shares 0–1, "note": text}`;
            `attribute`, `box` and `note` may be missing.
        active_ms: time of active work, milliseconds.
        full_pass: whether all frames were shown once.
    """

    event_id: str
    prev_event: str | None
    assignment_id: str
    scores: Mapping[str, int | None] = field(default_factory=dict)
    cannot_judge: tuple[str, ...] = ()
    choice: str | None = None
    critique: str | None = None
    pins: tuple[Mapping[str, Any], ...] = ()
    active_ms: int | None = None
    full_pass: bool = False


def problems(submission: Submission, rubric: Rubric, config: CampaignConfig, frames: int) -> list[str]:
    """Every reason to refuse a submission, as half sentences; none for a sound one."""
    found = [*identity_problems(submission), *_texts(submission, config), *_pins(submission, rubric, frames)]
    found += _choice(submission) if config.mode == "preference" else _scores(submission, rubric)
    if submission.active_ms is not None and not (
        _is_whole(submission.active_ms) and 0 <= submission.active_ms <= LONGEST_ACTIVE_MS
    ):
        found.append("the active time is not between 0 and 24 hours")
    if config.pass_required and rubric.subject == "process" and submission.full_pass is not True:
        found.append("the frames were not all shown")
    return found


def identity_problems(submission: Submission) -> Iterator[str]:
    """What is wrong with the ids of a submission."""
    for name in ("event_id", "prev_event"):
        value = getattr(submission, name)
        if not (isinstance(value, str) and _UUID.match(value)) and not (name == "prev_event" and value is None):
            yield f"{name} is not a UUID in lower case"


def _scores(submission: Submission, rubric: Rubric) -> Iterator[str]:
    if submission.choice is not None:
        yield "a choice belongs to preference mode"
    missing = [name for name in rubric.attribute_ids if name not in submission.scores]
    unknown = [str(name)[:40] for name in submission.scores if name not in rubric.attribute_ids]
    if missing:
        yield f"scores are missing: {', '.join(missing)}"
    if unknown:
        yield f"unknown attributes: {', '.join(unknown)}"
    for name in rubric.attribute_ids:
        score, scale = submission.scores.get(name), rubric.scale_of(name)
        if score is not None and not (_is_whole(score) and scale.low <= score <= scale.high):
            yield f"{name} must be a whole number from {scale.low} to {scale.high}"
    blank = {name for name, score in submission.scores.items() if score is None}
    if blank != set(submission.cannot_judge):
        yield "'cannot judge' must be said of each attribute without a score, and of no other"


def _choice(submission: Submission) -> Iterator[str]:
    if submission.scores or submission.cannot_judge:
        yield "scores belong to rating mode"
    if submission.choice not in CHOICES:
        yield f"the choice must be one of {', '.join(CHOICES)}"


def _texts(submission: Submission, config: CampaignConfig) -> Iterator[str]:
    text = submission.critique
    if text is None or (isinstance(text, str) and not text.strip()):
        if config.critique == "required":
            yield "a written critique is asked for"
        return
    if config.critique == "off":
        yield "this campaign asks for no critique"
    elif not is_text(text, LONGEST_CRITIQUE):
        yield f"the critique must be plain text of at most {LONGEST_CRITIQUE} characters"


def _pins(submission: Submission, rubric: Rubric, frames: int) -> Iterator[str]:
    if len(submission.pins) > MOST_PINS:
        yield f"there are more than {MOST_PINS} pins"
        return
    for number, pin in enumerate(submission.pins, 1):
        if not (isinstance(pin, Mapping) and set(pin) <= _PIN_KEYS and _is_pin(pin, rubric, frames)):
            yield f"pin {number} is malformed"


def _is_pin(pin: Mapping[str, Any], rubric: Rubric, frames: int) -> bool:
    attribute, frame, box, note = (pin.get(name) for name in ("attribute", "frame", "box", "note"))
    return (
        (attribute is None or attribute in rubric.attribute_ids)
        and _is_whole(frame)
        and 0 <= frame < frames  # type: ignore[operator]
        and (box is None or _is_box(box))
        and (note is None or is_text(note, LONGEST_NOTE))
    )


def _is_box(box: Any) -> bool:
    if not (isinstance(box, list | tuple) and len(box) == 4):
        return False
    if not all(isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) for value in box):
        return False
    x, y, width, height = box
    return min(x, y, width, height) >= 0 and x + width <= 1 + 1e-6 and y + height <= 1 + 1e-6


def is_text(value: Any, longest: int) -> bool:
    """Whether a value is text that every database and every file can hold: no control characters but tabs and new lines."""
    if not isinstance(value, str) or len(value) > longest:
        return False
    return all(letter in "\n\t\r" or unicodedata.category(letter) not in ("Cc", "Cs") for letter in value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
