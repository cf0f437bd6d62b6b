"""The page of a collection: one HTML file that opens without a server."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from ppad.media.images import Size
from ppad.plotting.facts import duration_s, facts, frame_places, maker, notes, title_of
from ppad.plotting.labels import count
from ppad.plotting.strip import strip_frames
from ppad.storage import Trace

SHEETS, STRIPS, REFERENCES = "sheets", "strips", "references"
"""Folders of the pictures beside the page."""


@dataclass(frozen=True, slots=True)
class Card:
    """What the page says of one process."""

    process_id: str
    title: str
    digest: str
    facts: list[str]
    prompt: str | None
    notes: list[str]
    provenance: list[tuple[str, str]]
    strip: list[tuple[int, str]]
    has_reference_image: bool
    frames: int
    duration: float | None
    total_change: float


def card_of(process_id: str, row: Mapping[str, Any], trace: Trace | None) -> Card:
    """The card of a process.

    Args:
        process_id: name of its file, without the ending.
        row: its columns without pictures; they keep the contract.
    """
    title, digest = title_of(process_id)
    duration = duration_s(row["frame_time_s"], trace)
    places = frame_places(row)
    return Card(
        process_id=process_id,
        title=title,
        digest=digest,
        facts=facts(row, duration),
        prompt=row["prompt"],
        notes=notes(row),
        provenance=_provenance(row),
        strip=[(number + 1, places[number]) for number in strip_frames(len(places), Size(row["width"], row["height"]))],
        has_reference_image=row["reference_kind"] == "image",
        frames=len(places),
        duration=duration,
        total_change=sum(row["frame_change"]),
    )


def collection_page(name: str, cards: Sequence[Card], failures: Sequence[Mapping[str, Any]], left_out: int = 0) -> str:
    """The page as HTML; every text in it is escaped.

    Args:
        name: what the collection is called.
        failures: what could not be made or shown: input, stage, code, message, fix.
        left_out: processes that the page does not show, because a limit was given.
    """
    environment = page_environment()
    environment.filters["path"] = path_in_url
    html = environment.get_template("collection.html").render(
        name=name,
        counts=_counts(cards, failures, left_out),
        cards=cards,
        failures=failures,
        folders={"sheets": SHEETS, "strips": STRIPS, "references": REFERENCES},
    )
    return html.encode("utf-8", "replace").decode()  # a file name need not be valid Unicode


def page_environment(package: str = "ppad.plotting") -> Environment:
    """Templates of a package, and the palette that all pages share; what they are given is escaped."""
    loader = ChoiceLoader([PackageLoader(package), PackageLoader("ppad.plotting")])
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def path_in_url(name: str) -> str:
    """A file name as a part of a URL, whatever bytes it is made of."""
    return quote(os.fsencode(name), safe="")


def _counts(cards: Sequence[Card], failures: Sequence[object], left_out: int) -> list[str]:
    said = [count(len(cards), "process", "processes"), count(sum(card.frames for card in cards), "key frame")]
    if left_out:
        said.append(f"{left_out:,} more not shown")
    return said + ([f"{len(failures):,} failed"] if failures else [])


def _provenance(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    made = row["provenance"]
    entries = [
        ("Process", row["process_id"]),
        ("Source", made["source_name"]),
        ("Source SHA-256", made["source_sha256"]),
        ("Made by", maker(row)),
        ("Made at", made["created_at"]),
        ("Model revision", made["model_revision"]),
        ("Model SHA-256", made["model_sha256"]),
        ("Seed", made["seed"]),
        ("Licence", made["licence"]),
        ("Settings", made["config_json"]),
    ]
    return [(name, str(value)) for name, value in entries if value is not None and value != ""]
