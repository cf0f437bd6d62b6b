"""What is said about a process, in words; the sheet and the page say it alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ppad.plotting.labels import clock, count
from ppad.storage import Trace

ORIGIN_WORDS = {
    "real": "recorded",
    "prompt": "painted from a prompt",
    "inversion": "painted back from a finished picture",
    "simulated": "simulated",
}


def title_of(process_id: str) -> tuple[str, str]:
    """The readable stem of an id, and its digest."""
    stem, _, digest = process_id.rpartition("-")
    return (stem, digest) if stem else (process_id, "")


def duration_s(frame_time_s: Sequence[float] | None, trace: Trace | None) -> float | None:
    """Seconds from the start of the recording to its last sample; None where there is no clock."""
    if not frame_time_s:
        return None
    return max(frame_time_s[-1], trace.time_s[-1] if trace is not None and trace.time_s else 0.0)


def frame_places(row: Mapping[str, Any]) -> list[str]:
    """Where each key frame lies: its time, else its index in the source, else nothing."""
    if row["frame_time_s"]:
        return [clock(seconds) for seconds in row["frame_time_s"]]
    if row["frame_index"]:
        return [f"#{index}" for index in row["frame_index"]]
    return [""] * len(row["frame_change"])


def facts(row: Mapping[str, Any], duration: float | None) -> list[str]:
    """Short facts about a process, most wanted first.

    Args:
        row: columns of a collection; pictures are not looked at.
        duration: from `duration_s`.
    """
    said = [
        count(len(row["frame_change"]), "key frame"),
        None if duration is None else clock(duration),
        f"{row['width']} × {row['height']} px",
        ORIGIN_WORDS.get(row["origin"], row["origin"]),
        row["category"],
        row["style"],
        row["artist_id"],
        row["provenance"]["licence"],
    ]
    return [fact for fact in said if fact] + _controls(row["controls"])


def notes(row: Mapping[str, Any]) -> list[str]:
    """What a user should know: damage, truncation, static."""
    return [note for note in row["provenance"]["notes"] or [] if note]


def maker(row: Mapping[str, Any]) -> str:
    """Which program made the row, and with what."""
    made = row["provenance"]
    with_weights = f", {made['model_repo']}" if made["model_repo"] else ""
    return f"{made['tool']} {made['version']}, {made['engine']}{with_weights}"


def _controls(controls: Sequence[Mapping[str, Any]] | None) -> list[str]:
    return [f"{control['key'].replace('_', ' ')} {control['value']:g}" for control in controls or []]
