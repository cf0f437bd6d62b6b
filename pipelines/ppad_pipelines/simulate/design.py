"""Which processes a simulated dataset holds: units of one process or two twins, each with a scene of its own.

Unit i depends on the seed and i alone, so that a larger dataset begins with the units of a smaller one.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ppad.schema import canonical_json
from ppad_pipelines.simulate.config import ENGINE
from ppad_pipelines.simulate.history import MOST_UNDONE, Jumps, Undoing
from ppad_pipelines.simulate.recipe import GROUNDS, Recipe
from ppad_pipelines.simulate.scene import MOST_THINGS, Palette
from ppad_pipelines.simulate.truth import STABILITIES, severities

Part = Literal["independent", "correlated", "same-end", "same-frames", "step-ramp", "contrast"]
Held = Literal["", "medium", "motif", "length", "fault"]

PARTS: tuple[Part, ...] = ("independent", "correlated", "same-end", "same-frames", "step-ramp", "contrast")
HELD_OUT: tuple[Held, ...] = ("medium", "motif", "length", "fault")

ATTRIBUTES = (
    "consistency", *STABILITIES, "detail_depth", "color_depth", "composition_depth",
)  # fmt: skip
_CYCLE: tuple[Part, ...] = (
    "independent", "independent", "same-end", "correlated", "independent", "same-frames", "independent", "correlated",
    "independent", "independent", "step-ramp", "correlated", "independent", "contrast", "independent", "correlated",
    "independent", "independent", "same-end", "correlated", "independent", "same-frames", "independent", "correlated",
    "independent", "independent", "step-ramp", "correlated", "independent", "contrast", "independent", "correlated",
)  # fmt: skip
"""Parts of 32 units, which hold 40 processes."""
_TEST, _HELD = 0.10, 0.04
"""Shares of units that are held out for test, and for each test out of distribution."""
_GOLDEN = 0.6180339887498949
_UNHARMED = 0.25
"""Chance that a severity of the independent part is exactly 0."""

WITHIN, ACROSS = 0.6, 0.25
"""Correlation of the normal latents of the correlated part: within stability and depth, and otherwise."""

MOTIFS = ("village", "coast", "mountains", "desert")
MEDIA = ("oil", "gouache", "watercolour", "crayon")
FOREIGN = ("dots", "hatching")
HELD_MOTIF, HELD_MEDIUM, HELD_FOREIGN = "table", "pastel", "slabs"
FRAMES, LONG = (8, 12), (16, 20)
EXAMPLE_FRAMES = 9
"""Key frames of the card's examples: the empty ground, and eight that are shown."""

_LARGEST_UNDOING = 0.5


@dataclass(frozen=True)
class Process:
    """One process of the dataset.

    Attributes:
        unit: number of its unit: twins share it.
        member: its number within the unit.
        held: which test out of distribution it belongs to; empty for none.
        is_test: whether it is held out, in or out of distribution.
    """

    unit: int
    member: int
    part: Part
    held: Held
    is_test: bool
    recipe: Recipe

    @cached_property
    def identity(self) -> str:
        """SHA-256, hexadecimal, of everything that determines the frames."""
        return hashlib.sha256(canonical_json([ENGINE, self.recipe.to_plain()]).encode()).hexdigest()

    @property
    def id(self) -> str:
        """Of the process."""
        return f"{self.recipe.motif}-{self.identity[:12]}"


def design(n: int, seed: int, size: int) -> list[Process]:
    """The first `n` processes of a seed."""
    found: list[Process] = []
    unit = 0
    while len(found) < n:
        found += list(_unit(unit, seed, size))[: n - len(found)]
        unit += 1
    return found


def examples(seed: int, size: int) -> list[tuple[Process, Process]]:
    """For each attribute a low and a high process that differ in nothing else; no part of the dataset."""
    pairs = []
    for number, attribute in enumerate(ATTRIBUTES):
        unit = -1 - number
        rng = np.random.default_rng([seed, 1_000_003, number])
        plain = _plain(rng, _scene(seed, unit), size, "", hue=attribute == "color_stability")
        plain = replace(plain, frames=EXAMPLE_FRAMES)
        low, high = ({**dict.fromkeys(ATTRIBUTES, 0.0), attribute: severity} for severity in (0.95, 0.0))
        members = [_with(plain, wanted, np.random.default_rng([seed, 7, number])) for wanted in (low, high)]
        one, other = (Process(unit, m, "contrast", "", True, recipe) for m, recipe in enumerate(members))
        pairs.append((one, other))
    return pairs


def _unit(unit: int, seed: int, size: int) -> Iterator[Process]:
    held, is_test = _role(unit)
    part = _CYCLE[unit % len(_CYCLE)]
    rng = np.random.default_rng([seed, unit, 0])
    # Twins whose colours must not move apart have no change of hue.
    still = part == "same-frames" or (part == "contrast" and _contrasted(unit) != "color_stability")
    plain = _plain(rng, _scene(seed, unit), size, held, hue=not still)
    for member, recipe in enumerate(_members(part, plain, unit, rng)):
        yield Process(unit, member, part, held, is_test, recipe)


def _role(unit: int) -> tuple[Held, bool]:
    """Evenly spread over the units, whatever their number; see Weyl's equidistribution."""
    place = (unit + 1) * _GOLDEN % 1.0
    if place < _TEST:
        return "", True
    number = int((place - _TEST) / _HELD)
    return (HELD_OUT[number], True) if number < len(HELD_OUT) else ("", False)


def _scene(seed: int, unit: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{unit}".encode()).digest()[:6], "big")


def _plain(rng: np.random.Generator, scene: int, size: int, held: Held, *, hue: bool) -> Recipe:
    """A recipe with its nuisances drawn and no fault: none of them knows of a severity."""
    low, high = LONG if held == "length" else FRAMES
    total = float(rng.choice([-1, 1]) * rng.uniform(110, 150))
    places = rng.random(3)
    return Recipe(
        scene=scene,
        size=size,
        motif=HELD_MOTIF if held == "motif" else str(rng.choice(MOTIFS)),
        medium=HELD_MEDIUM if held == "medium" else str(rng.choice(MEDIA)),
        foreign=HELD_FOREIGN if held == "fault" else str(rng.choice(FOREIGN)),
        ground=str(rng.choice(list(GROUNDS))),
        brush=float(rng.uniform(0.75, 1.3)),
        light=float(rng.uniform(30, 150)),
        palette=Palette(float(rng.uniform(-25, 25)), float(rng.uniform(0.85, 1.2)), float(rng.uniform(-0.05, 0.04))),
        outlined=bool(rng.random() < 0.7),
        frames=int(rng.integers(low, high + 1)),
        pace=float(rng.uniform(0.75, 1.3)),
        things=MOST_THINGS,
        kept=MOST_THINGS,
        details=1.0,
        colors=1.0,
        manner=0.0,
        jumps=Jumps(total if hue else 0.0, 0.0, (float(places[0]), float(places[1]), float(places[2]))),
        layout=0.0,
        mirror=held == "fault",
        undoings=(),
        order=None,
    )


def _members(part: Part, plain: Recipe, unit: int, rng: np.random.Generator) -> list[Recipe]:
    if part == "correlated":
        return [_with(plain, _correlated(rng), rng)]
    if part == "contrast":
        levels = (float(rng.uniform(0.8, 1.0)), float(rng.uniform(0.0, 0.1)))
        return [_with(plain, {**dict.fromkeys(ATTRIBUTES, 0.0), _contrasted(unit): level}, rng) for level in levels]
    drawn = _independent(rng)
    if part == "step-ramp":
        step = float(rng.uniform(0.6, 1.0))
        return _twins(plain, [{**drawn, "color_stability": level} for level in (step, 0.0)], rng)
    if part == "same-frames":
        straight = _with(plain, {**drawn, **dict.fromkeys(STABILITIES, 0.0)}, rng)
        return [replace(straight, order=_order(straight, float(rng.uniform(0.3, 1.0)), rng)), straight]
    if part == "same-end":
        other = _independent(rng)
        return _twins(plain, [drawn, {**drawn, **{name: other[name] for name in STABILITIES}}], rng)
    return [_with(plain, drawn, rng)]


def _contrasted(unit: int) -> str:
    """The attribute in which the twins of a unit differ: each in turn, twice a cycle."""
    return ATTRIBUTES[(unit // (len(_CYCLE) // 2)) % len(ATTRIBUTES)]


def _twins(plain: Recipe, wanted: list[dict[str, float]], rng: np.random.Generator) -> list[Recipe]:
    """Recipes whose chance is the same wherever their severities are."""
    seed = int(rng.integers(1 << 31))
    return [_with(plain, one, np.random.default_rng(seed)) for one in wanted]


def _independent(rng: np.random.Generator) -> dict[str, float]:
    drawn = np.where(rng.random(len(ATTRIBUTES)) < _UNHARMED, 0.0, rng.random(len(ATTRIBUTES)))
    return dict(zip(ATTRIBUTES, drawn.tolist(), strict=True))


def latent_correlation() -> NDArray[np.float64]:
    """(8, 8) of the normal latents of the correlated part."""
    groups = np.array([0, 1, 1, 1, 1, 2, 2, 2])
    matrix = np.where(groups[:, None] == groups[None], WITHIN, ACROSS)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def declared_correlation() -> NDArray[np.float64]:
    """(8, 8) Pearson correlation of the correlated part's severities, which are uniform: 6/π asin(ρ/2)."""
    return np.asarray(6 / np.pi * np.arcsin(latent_correlation() / 2))


def _correlated(rng: np.random.Generator) -> dict[str, float]:
    latent = np.linalg.cholesky(latent_correlation()) @ rng.standard_normal(len(ATTRIBUTES))
    uniform = [0.5 * (1 + math.erf(value / math.sqrt(2))) for value in latent]
    return dict(zip(ATTRIBUTES, uniform, strict=True))


def _with(plain: Recipe, wanted: Mapping[str, float], rng: np.random.Generator) -> Recipe:
    """The recipe with these severities: exactly, but where they count whole things."""
    things = MOST_THINGS - round(wanted["composition_depth"] * (MOST_THINGS - 1))
    layout = wanted["composition_stability"]
    return replace(
        plain,
        things=things,
        kept=things - round(wanted["consistency"] * things),
        details=1 - wanted["detail_depth"],
        colors=1 - wanted["color_depth"],
        manner=wanted["style_stability"],
        jumps=replace(plain.jumps, hue_at_once=wanted["color_stability"]),
        layout=round(layout * things) / things if plain.mirror else layout,
        undoings=undoings_of(wanted["process_stability"] * MOST_UNDONE, rng),
    )


def undoings_of(total: float, rng: np.random.Generator) -> tuple[Undoing, ...]:
    """One to three returns that undo this much work in all."""
    count_chance, shares, at_chance, local = rng.random(), rng.uniform(0.85, 1.15, 3), rng.random(3), rng.random(3)
    if total <= 0:
        return ()
    count = min(3, max(1, math.ceil(total / _LARGEST_UNDOING)) + (count_chance < 0.35))
    amounts = total * shares[:count] / shares[:count].sum()
    spread = 0.4 / count
    found = []
    for number, amount in enumerate(amounts.tolist()):
        at = max(0.5 + spread * (number + float(at_chance[number])), amount + 0.05)
        found.append(Undoing(at, amount, bool(amount < 0.15 or local[number] < 0.6)))
    return tuple(found)


def _order(straight: Recipe, severity: float, rng: np.random.Generator) -> tuple[int, ...]:
    """An order of the frames, the first and the last in their places, that undoes about this much work."""
    best: tuple[float, tuple[int, ...]] | None = None
    for _ in range(120):
        inner = list(range(1, straight.frames - 1))
        for _ in range(int(rng.integers(1, straight.frames))):
            i, j = rng.integers(0, len(inner), 2)
            inner[i], inner[j] = inner[j], inner[i]
        order = (0, *inner, straight.frames - 1)
        undone = severities(replace(straight, order=order))["process_stability"]
        distance = abs(undone - severity)
        if undone <= 1 and (best is None or distance < best[0]):
            best = (distance, order)
    assert best is not None  # noqa: S101 - for the type checker
    return best[1]
