"""Everything that determines a simulated process, and the process that it makes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ppad.media.images import Pixels
from ppad_pipelines.simulate.film import Ground, Move, frame_of, moved
from ppad_pipelines.simulate.hands import FOREIGN, MEDIA, SEEN
from ppad_pipelines.simulate.history import Jumps, Moment, Undoing, moments, schedule
from ppad_pipelines.simulate.painting import Look, Sheet, paint_body
from ppad_pipelines.simulate.scene import Palette, Scene, flattened, make_scene

GROUNDS: dict[str, Ground] = {
    "white": (0.97, 0.97, 0.96),
    "cream": (0.93, 0.89, 0.80),
    "grey": (0.72, 0.72, 0.71),
    "ochre": (0.76, 0.65, 0.50),
    "umber": (0.52, 0.45, 0.39),
}
FARTHEST = 0.30
"""How far things move at the highest severity of an unstable layout, a share of the picture's longer side."""
_WHITE: Ground = (1.0, 1.0, 1.0)
_STILL = Jumps(0.0, 0.0, (0.0, 0.0, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a process is made of. The seeds of all chance are `scene` and what stands here.

    Attributes:
        scene: seed of the scene, and of everything that twins have in common.
        size: longer side, pixels.
        motif, medium, ground: names.
        foreign: the hand whose manner the first one leans to.
        brush, light, palette, outlined: see `Look` and `Palette`.
        frames, pace: see `moments`.
        things: number of things; kept: those of them that are the reference's.
        details, colors: how far details and colours are worked out, 0–1.
        manner: how far the first manner is from the last, 0–1.
        jumps: of hue, and where hue, manner and layout change.
        layout: how far things stand from where they end, 0–1; with `mirror` the share of them that stand mirrored.
        undoings: work that is undone.
        order: the order of the frames, where it is not that of the work; None where it is.
    """

    scene: int
    size: int
    motif: str
    medium: str
    foreign: str
    ground: str
    brush: float
    light: float
    palette: Palette
    outlined: bool
    frames: int
    pace: float
    things: int
    kept: int
    details: float
    colors: float
    manner: float
    jumps: Jumps
    layout: float
    mirror: bool
    undoings: tuple[Undoing, ...]
    order: tuple[int, ...] | None

    def to_plain(self) -> dict[str, Any]:
        """All of it as plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Simulated:
    """A process that was made.

    Attributes:
        frames: (H, W, 3) uint8 each, the empty ground first.
        reference: (H, W, 3) uint8: what was to be painted.
    """

    frames: list[Pixels]
    reference: Pixels


def simulate(recipe: Recipe) -> Simulated:
    """Make the process of a recipe."""
    plan = schedule(_painted(_paint_of(recipe, early=False)), recipe.scene)
    frames = []
    for moment in moments(plan, recipe.frames, recipe.pace, recipe.undoings, recipe.jumps, recipe.scene):
        frames.append(frame_of(_sheets(recipe, moment), plan, moment, GROUNDS[recipe.ground], recipe.size))
    if recipe.order is not None:
        frames = [frames[number] for number in recipe.order]
    return Simulated(frames, _reference(replace(_paint_of(recipe, early=False), details=1.0, colors=1.0)))


def _sheets(recipe: Recipe, moment: Moment) -> Sequence[Sheet]:
    """The paint at a moment, where it lies then."""
    early = moment.is_early_manner and recipe.manner > 0
    if moment.is_early_layout and recipe.layout > 0:
        return _moved(replace(_paint_of(recipe, early=early), layout=recipe.layout, mirror=recipe.mirror))
    return _painted(_paint_of(recipe, early=early))


def _paint_of(recipe: Recipe, *, early: bool) -> Recipe:
    """What determines the paint in the first or the last manner: twins have it in common, and it is made once."""
    paint = replace(recipe, ground="", frames=2, pace=1.0, jumps=_STILL, layout=0.0, mirror=False, undoings=(), order=None)
    return paint if early else replace(paint, manner=0.0, foreign="")


@functools.lru_cache(maxsize=3)
def _painted(paint: Recipe) -> tuple[Sheet, ...]:
    look = Look(paint.size, paint.brush, paint.light, paint.colors, paint.details, paint.outlined)
    hand = MEDIA[paint.medium]
    if paint.manner:
        hand = hand.towards(FOREIGN[paint.foreign], paint.manner)
    return tuple(paint_body(body, hand, look) for body in flattened(_scene(paint).painted, 1 - paint.colors))


@functools.lru_cache(maxsize=2)
def _moved(paint: Recipe) -> tuple[Sheet, ...]:
    sheets = _painted(replace(paint, layout=0.0, mirror=False))
    moves = early_layout(sheets, paint.layout, paint.scene, is_mirror=paint.mirror)
    return tuple(sheet if move is None else moved(sheet, move, paint.size) for sheet, move in zip(sheets, moves, strict=True))


@functools.lru_cache(maxsize=1)
def _reference(paint: Recipe) -> Pixels:
    """What is to be painted: worked out in full, whatever the painting makes of it."""
    look = Look(paint.size, 1.0, paint.light, 1.0, 1.0, outlined=False)
    sheets = [paint_body(body, SEEN, look) for body in _scene(paint).reference]
    done = Moment(np.ones(len(sheets)), 0.0, is_early_manner=False, is_early_layout=False)
    return frame_of(sheets, schedule(sheets, paint.scene), done, _WHITE, paint.size)


def _scene(paint: Recipe) -> Scene:
    return make_scene(paint.scene, paint.motif, paint.things, paint.kept, paint.palette)


def early_layout(sheets: Sequence[Sheet], share: float, seed: int, *, is_mirror: bool) -> list[Move | None]:
    """Where each body stands before it takes its place; None for those that stand there from the beginning."""
    rng = np.random.default_rng([seed, 6])
    bodies = [sheet.body for sheet in sheets]
    things = [number for number, body in enumerate(bodies) if body.is_thing]
    moves: list[Move | None] = [None] * len(bodies)
    if is_mirror:
        widest = sorted(things, key=lambda number: -abs(bodies[number].foot[0] - 0.5))
        for number in widest[: round(share * len(things))]:
            moves[number] = Move(is_mirrored=True)
        return moves
    for number in things:
        reach, grows, sinks = FARTHEST * rng.uniform(0.8, 1.0), rng.choice([-1, 1]), rng.uniform(-1, 1)
        x = bodies[number].foot[0]
        side = -1 if x + reach > 0.95 else 1 if x - reach < 0.05 else int(rng.choice([-1, 1]))
        moves[number] = Move(side * share * reach, 0.06 * share * sinks, float(np.exp(0.35 * share * grows)))
    return moves
