"""What the rating page is told: only what a rater may know, as JSON values."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ppad_annotation.service.calibration import Feedback
from ppad_annotation.service.progress import Progress
from ppad_annotation.service.queue import Done
from ppad_annotation.service.ratings import Event
from ppad_annotation.service.revisiting import OwnRating
from ppad_annotation.service.views import Assignment

Json = dict[str, Any]


def work(found: Assignment | Done, standing: Event | None = None) -> Json:
    """An item with the state of its form, or that there is none."""
    if isinstance(found, Done):
        return {"state": "done", "reason": found.reason, "progress": progress(found.progress)}
    item = found.item
    shown = {
        "assignment_id": found.id,
        "frames": [_picture(frame) for frame in item.frames],
        "reference": _picture(item.reference) if item.reference else None,
        "prompt": item.prompt,
        "sides": [asdict(side) for side in found.sides] if found.sides else None,
        "locked": found.locked,
        "draft": found.draft,
        "head_event": found.head_event,
        "feedback_follows": found.progress.in_calibration and standing is None,
        "current": standing and _answers(standing),
    }
    return {"state": "item", "item": shown, "progress": progress(found.progress)}


def progress(value: Progress) -> Json:
    """Where the rater stands."""
    return asdict(value)


def stored(event: Event) -> Json:
    """The answer to a submission: it is on disk."""
    return {
        "event_id": event.event_id,
        "revision": event.revision,
        "at": event.created_at.isoformat(),
        "feedback": _feedback(event.feedback),
    }


def past_rating(rating: OwnRating) -> Json:
    """One line of the history."""
    event = rating.event
    return {
        "assignment_id": event.assignment_id,
        "at": event.created_at.isoformat(),
        "revision": event.revision,
        "picture": _picture(rating.picture),
        **_answers(event),
    }


def _answers(event: Event) -> Json:
    return {
        "scores": {name: score for name, score in event.scores.items() if score is not None},
        "cannot_judge": [name for name, score in event.scores.items() if score is None],
        "choice": event.choice,
        "critique": event.critique,
        "pins": event.pins,
        "active_ms": event.active_ms or 0,
    }


def _feedback(feedback: Feedback | None) -> Json | None:
    if feedback is None:
        return None
    return {"scores": {name: found.reference for name, found in feedback.differences.items()}, "comment": feedback.comment}


def _picture(media_id: str) -> str:
    return f"/media/{media_id}"
