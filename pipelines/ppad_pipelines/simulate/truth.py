"""The eight severities: what stands behind each, and the score that it makes true. A severity is never measured in pixels.

A severity runs from 0, nothing is wrong or lacking, to 1; the true score on the rubric's scale is 10 - 9 × severity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from ppad_pipelines.simulate.history import MOST_UNDONE
from ppad_pipelines.simulate.recipe import Recipe
from ppad_pipelines.simulate.scene import MOST_THINGS

NOTICE = "Simulated, known controls; not PPAD; not comparable with the paper's numbers."
RUBRIC = "ppad-8"
BEST, WORST = 10.0, 1.0

STABILITIES = ("style_stability", "color_stability", "composition_stability", "process_stability")
"""Attributes of the history alone: the final frame is the same whatever their severity."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a severity is, and what the frames show at its ends."""

    severity: str
    at_0: str
    at_1: str


MEANINGS: Mapping[str, Meaning] = {
    "consistency": Meaning(
        "share of the reference's things in whose places other things stand",
        "every thing of the reference is painted",
        "other things stand in all their places",
    ),
    "style_stability": Meaning(
        "distance of the first manner of painting from the last, as a share of the way to another manner (dots, hatching)",
        "one manner throughout",
        "the whole canvas changes from another manner to the last one, in one step midway",
    ),
    "color_stability": Meaning(
        "share of the change of hue (110–150° in OKLCH) that comes in one step; the rest is spread evenly over all steps",
        "the same change of hue, evenly over all steps",
        "all of it in one step midway",
    ),
    "composition_stability": Meaning(
        "how far things stand from where they end, as a share of 0.3 picture widths, and how much their sizes differ; "
        "in held-out processes the share of things that stand mirrored",
        "every thing stays where it was laid down",
        "all things jump to other places and sizes, in one step midway",
    ),
    "process_stability": Meaning(
        f"work that is undone, as a share of {MOST_UNDONE:g} whole paintings: parts wiped out and redone, "
        "or the whole picture set back; in twins with the same frames, by their order",
        "each step builds on the one before",
        f"{MOST_UNDONE:g} times the painting's whole work is undone and done again",
    ),
    "detail_depth": Meaning(
        "share of three bands of detail (parts, textures, accents and edges) that is never added",
        "parts, then textures, then accents are worked out",
        "the last steps add no detail to the first shapes",
    ),
    "color_depth": Meaning(
        "share of light and shade, broken hues and own colours of things that is lacking",
        "light and shade, then broken hues grow over flat tones",
        "two tones for all things, flat from beginning to end",
    ),
    "composition_depth": Meaning(
        f"share of {MOST_THINGS - 1} further things that are never added, and with them layers, groups and overlaps",
        f"{MOST_THINGS} things in four layers before planes, in groups that overlap",
        "a single thing in an empty place",
    ),
}


def severities(recipe: Recipe) -> dict[str, float]:
    """The severity of each attribute, 0–1, in the rubric's order: a function of what made the process."""
    return {
        "consistency": 1 - recipe.kept / recipe.things,
        "style_stability": recipe.manner,
        "color_stability": recipe.jumps.hue_at_once,
        "composition_stability": recipe.layout,
        "process_stability": undone(recipe) / MOST_UNDONE,
        "detail_depth": 1 - recipe.details,
        "color_depth": 1 - recipe.colors,
        "composition_depth": (MOST_THINGS - recipe.things) / (MOST_THINGS - 1),
    }


def undone(recipe: Recipe) -> float:
    """Work that is undone, in whole paintings: by going back, or by an order of frames that goes back."""
    if recipe.order is None:
        return sum(undoing.amount for undoing in recipe.undoings)
    done = [(number / (recipe.frames - 1)) ** recipe.pace for number in recipe.order]
    return sum(max(0.0, before - after) for before, after in pairwise(done))


def true_score(severity: float) -> float:
    """The score, 1–10, that a severity stands for."""
    return BEST - (BEST - WORST) * severity
