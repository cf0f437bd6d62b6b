"""A plain recipe, small enough for tests: fifteen things, no fault."""

from __future__ import annotations

from typing import Any

from ppad_pipelines.simulate.history import Jumps
from ppad_pipelines.simulate.recipe import Recipe
from ppad_pipelines.simulate.scene import Palette

STILL = Jumps(hue_total=0.0, hue_at_once=0.0, places=(0.5, 0.5, 0.5))


def recipe(**changes: Any) -> Recipe:
    """The plain recipe with some values replaced."""
    values: dict[str, Any] = {
        "scene": 7,
        "size": 64,
        "motif": "coast",
        "medium": "gouache",
        "foreign": "dots",
        "ground": "cream",
        "brush": 1.0,
        "light": 120.0,
        "palette": Palette(0.0, 1.0, 0.0),
        "outlined": False,
        "frames": 10,
        "pace": 1.0,
        "things": 15,
        "kept": 15,
        "details": 1.0,
        "colors": 1.0,
        "manner": 0.0,
        "jumps": STILL,
        "layout": 0.0,
        "mirror": False,
        "undoings": (),
        "order": None,
    }
    return Recipe(**(values | changes))
