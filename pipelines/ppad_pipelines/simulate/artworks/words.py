"""What is said of a simulated artwork: a description that tells no quality, and critiques that name what is visible."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from ppad.critique import Critique, Passage, render
from ppad.rubric import Rubric
from ppad.schema import yaml_value
from ppad_pipelines.simulate.artworks.picture import Box, Thing, things_of
from ppad_pipelines.simulate.artworks.recipe import Artwork

HUES = ("red", "orange", "yellow", "green", "teal", "blue", "violet", "pink")
COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_FIRST_HUE = 25.0
"""Degrees of red in OKLCH."""


def describe(artwork: Artwork) -> str:
    """A description as an artist might give it: the ground and the kinds of things, not how many or how well."""
    kinds = {0: "Discs", artwork.things: "Stars"}.get(artwork.stars, "Discs and stars")
    return f"{kinds} on a {_hue(artwork.hue)} ground, {artwork.size} pixels wide."


def said(artwork: Artwork, row: Mapping[str, Any], rubric: Rubric) -> dict[str, str]:
    """The columns `critique` and `pins` of a rating: sentences that fit the rater's scores and what is visible.

    Args:
        row: of `ratings.parquet`, with a score of each attribute.
    """
    things = things_of(artwork)
    rng = np.random.default_rng([artwork.scene, int(str(row["rater_id"]).rpartition("-")[2])])
    facts = _facts(artwork, things)
    passages = {}
    for name, (low, high) in rubric.scales.items():
        tercile = min(2, int(3 * (row[name] - low) / (high - low)))
        sentences = _sentences()[name][("low", "middle", "high")[tercile]]
        sentence = sentences[int(rng.integers(len(sentences)))].format(**facts)
        passages[name] = Passage(row[name], sentence[0].upper() + sentence[1:])
    boxes = {"composition": _around(things), "originality": next((one.box for one in things if one.is_star), None)}
    pins = [{"attribute": name, "frame": 0, "box": list(box)} for name, box in boxes.items() if box is not None]
    return {"critique": render(Critique(passages), rubric), "pins": json.dumps(pins)}


def _facts(artwork: Artwork, things: list[Thing]) -> dict[str, str]:
    left, _, width, _ = _around(things)
    side = min(2, int(3 * (left + width / 2)))
    stars, discs = artwork.stars, artwork.things - artwork.stars
    return {
        "things": " and ".join(_counted(number, noun) for number, noun in ((discs, "disc"), (stars, "star")) if number),
        "kind": "discs" if discs else "stars",
        "count": COUNTS[artwork.things],
        "ground": _hue(artwork.hue),
        "place": ("on the left", "in the middle", "on the right")[side],
    }


def _around(things: list[Thing]) -> Box:
    """The box around all things."""
    boxes = [thing.box for thing in things]
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top


def _counted(number: int, noun: str) -> str:
    return f"{COUNTS[number]} {noun}{'s' if number != 1 else ''}"


def _hue(degrees: float) -> str:
    return HUES[int(((degrees - _FIRST_HUE) % 360) / 360 * len(HUES) + 0.5) % len(HUES)]


@cache
def _sentences() -> dict[str, dict[str, list[str]]]:
    text = resources.files(__package__).joinpath("words.yaml").read_text("utf-8")
    found: dict[str, dict[str, list[str]]] = yaml_value(text)
    return found
