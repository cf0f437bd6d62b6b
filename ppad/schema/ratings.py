"""The records of ratings: one row per current rating, and the append-only history behind them.

The attribute columns depend on the rubric, so the schemas are functions of its attribute ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ppad.schema.columns import Column, arrow_schema, column, columns_of
from ppad.schema.texts import json_value

RATING_KINDS = ("main", "repeat", "gold", "calibration", "extra")
SCORED_KINDS = ("main", "extra", "calibration")
"""Kinds of rating that count towards a score; repeats and gold items measure the rater."""

SIMULATED = "simulated-"
"""How ids of raters begin whom nobody is behind: they say so wherever the ratings go."""

EVENT_TYPES = ("submit", "revise", "withdraw")

_ROUNDING = 1e-6

PINS_MEANING = "evidence as JSON: a list of `attribute`, `frame` from 0, `box` as shares (left, top, width, height), `note`"


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingRecord:
    """One rater's current judgement of one process; the attribute columns follow `kind`."""

    process_id: str = column(pa.string(), "the process that was rated")
    rater_id: str = column(pa.string(), "pseudonym of the rater, never a name")
    rubric: str = column(pa.string(), "id of the rubric")
    rubric_version: int = column(pa.int32(), "version of the rubric")
    replicate: int = column(pa.int32(), "0 for the first time this rater saw the process, 1 for its repeat, …")
    kind: str = column(pa.string(), "why the rater was asked", choices=RATING_KINDS)
    critique: str | None = column(pa.string(), "the written critique", nullable=True)
    pins: str | None = column(pa.string(), PINS_MEANING, optional=True)
    active_ms: int | None = column(pa.int64(), "time of active work on the item, milliseconds", nullable=True)
    created_at: str = column(pa.string(), "UTC time of the first submission, ISO 8601")
    revision: int = column(pa.int32(), "0 for the first submission, +1 for each change")


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingEventRecord:
    """One entry of the append-only history of a rating; the attribute columns come last."""

    event_id: str = column(pa.string(), "UUID that the client made")
    prev_event: str | None = column(pa.string(), "the event that this one replaces", nullable=True)
    event_type: str = column(pa.string(), "what happened", choices=EVENT_TYPES)
    process_id: str = column(pa.string(), "the process that was rated")
    rater_id: str = column(pa.string(), "pseudonym of the rater, never a name")
    rubric: str = column(pa.string(), "id of the rubric")
    rubric_version: int = column(pa.int32(), "version of the rubric")
    replicate: int = column(pa.int32(), "as in the rating")
    kind: str = column(pa.string(), "why the rater was asked", choices=RATING_KINDS)
    critique: str | None = column(pa.string(), "the written critique", nullable=True)
    pins: str | None = column(pa.string(), PINS_MEANING, optional=True)
    active_ms: int | None = column(pa.int64(), "time of active work on the item, milliseconds", nullable=True)
    created_at: str = column(pa.string(), "UTC time of the event, ISO 8601")
    revision: int = column(pa.int32(), "revision of the rating after the event")


def rating_columns(attribute_ids: Iterable[str]) -> dict[str, Column]:
    """The columns of `ratings.parquet` under a rubric: the scores stand after `kind`; null means "cannot judge"."""
    columns: dict[str, Column] = {}
    for name, col in columns_of(RatingRecord).items():
        columns[name] = col
        if name == "kind":
            columns.update(_score_columns(attribute_ids))
    return columns


def rating_event_columns(attribute_ids: Iterable[str]) -> dict[str, Column]:
    """The columns of `rating_events.parquet` under a rubric."""
    return columns_of(RatingEventRecord) | _score_columns(attribute_ids)


def ratings_schema(attribute_ids: Iterable[str]) -> pa.Schema:
    """The Arrow schema of `ratings.parquet` under a rubric."""
    return arrow_schema(rating_columns(attribute_ids))


def rating_events_schema(attribute_ids: Iterable[str]) -> pa.Schema:
    """The Arrow schema of `rating_events.parquet` under a rubric."""
    return arrow_schema(rating_event_columns(attribute_ids))


def pins_of(text: str | None) -> list[dict[str, Any]]:
    """The pins in a rating's column `pins`; each has a frame, the rest may be missing.

    Raises:
        ValueError: saying what is wrong with them.
    """
    try:
        pins = json_value(text or "[]")
    except ValueError:
        raise ValueError("no JSON") from None
    if not isinstance(pins, list):
        raise ValueError("no list")
    wrong = [number for number, pin in enumerate(pins, start=1) if not _is_pin(pin)]
    if wrong:
        raise ValueError(f"pin {wrong[0]} is no frame with a region")
    return pins


def _is_pin(pin: Any) -> bool:
    if not isinstance(pin, dict) or type(pin.get("frame")) is not int or pin["frame"] < 0:
        return False
    box = pin.get("box")
    texts = all(isinstance(pin.get(name), str | None) for name in ("attribute", "note"))
    return texts and (box is None or (isinstance(box, list) and len(box) == 4 and all(_is_share(edge) for edge in box)))


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -_ROUNDING <= value <= 1 + _ROUNDING


def _score_columns(attribute_ids: Iterable[str]) -> dict[str, Column]:
    return {name: Column(pa.int8(), "score on the rubric's scale; null: cannot judge", nullable=True) for name in attribute_ids}
