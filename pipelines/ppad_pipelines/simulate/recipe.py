"""Everything that determines a simulated process, and the process that it makes."""

from __future__ import annotations

import functools
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ppad.media.images import Pixels
from ppad_pipelines.simulate.film import Ground, Move, frame_of, moved
from ppad_pipelines.simulate.hands import FOREIGN, MEDIA, SEEN, Hand
from ppad_pipelines.simulate.history import Jumps, Moment, Undoing, moments, schedule
from ppad_pipelines.simulate.painting import Look, Sheet, paint_body
from ppad_pipelines.simulate.scene import Body, Palette, Scene, flattened, make_scene

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a process is made of. The seeds of all chance are `scene` and what stands here.

    Attributes:
        scene: seed of the scene, and of everything that twins have in common.
        motif, medium, ground, brush, light, palette, outlined, frames, pace: nuisances, see docs/simulate.md.
        things: number of things; kept: those of them that are the reference's.
        details, colors: how far details and colours are worked out, 0–1.
        manner: how far the first manner is from the last, 0–1, on the way to the hand `foreign`.
        jumps: of hue, and where hue, manner and layout change.
        layout: how far things stand from where they end, 0–1; `mirror`: by which share of them are turned to the other side.
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
    studio = Studio(recipe)
    frames = [studio.frame(moment) for moment in studio.moments()]
    if recipe.order is not None:
        frames = [frames[number] for number in recipe.order]
    return Simulated(frames, studio.reference())


class Studio:
    """The paint of a recipe in each manner and layout that its history needs, made once."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._scene: Scene = make_scene(recipe.scene, recipe.motif, recipe.things, recipe.kept, recipe.palette)
        self._look = Look(recipe.size, recipe.brush, recipe.light, recipe.colors, recipe.details, recipe.outlined)
        self._hand = MEDIA[recipe.medium]
        self._bodies = flattened(self._scene.painted, 1 - recipe.colors)
        self._plan = schedule(self._sheets(is_early_manner=False, is_early_layout=False), recipe.scene)

    def moments(self) -> list[Moment]:
        """Those of the recipe's history."""
        r = self._recipe
        return moments(self._plan, r.frames, r.pace, r.undoings, r.jumps, r.scene)

    def frame(self, moment: Moment) -> Pixels:
        """The canvas at a moment."""
        r = self._recipe
        early_manner = moment.is_early_manner and r.manner > 0
        early_layout = moment.is_early_layout and r.layout > 0
        sheets = self._sheets(is_early_manner=early_manner, is_early_layout=early_layout)
        return frame_of(sheets, self._plan, moment, GROUNDS[r.ground], r.size)

    def reference(self) -> Pixels:
        """What is to be painted: worked out in full, whatever the painting makes of it."""
        r = self._recipe
        look = Look(r.size, 1.0, r.light, 1.0, 1.0, False)
        sheets = [paint_body(body, SEEN, look) for body in self._scene.reference]
        done = Moment(np.ones(len(sheets)), 0.0, False, False)
        return frame_of(sheets, schedule(sheets, r.scene), done, _WHITE, r.size)

    @functools.cache  # noqa: B019 - a studio lives as long as one process is made
    def _sheets(self, *, is_early_manner: bool, is_early_layout: bool) -> list[Sheet]:
        r = self._recipe
        if is_early_layout:
            moves = early_layout(self._bodies, r.layout, r.scene, is_mirror=r.mirror)
            sheets = self._sheets(is_early_manner=is_early_manner, is_early_layout=False)
            return [sheet if move is None else moved(sheet, move, r.size) for sheet, move in zip(sheets, moves, strict=True)]
        hand: Hand = self._hand.towards(FOREIGN[r.foreign], r.manner) if is_early_manner else self._hand
        return [paint_body(body, hand, self._look) for body in self._bodies]


def early_layout(bodies: tuple[Body, ...], share: float, seed: int, *, is_mirror: bool) -> list[Move | None]:
    """Where each body stands before it takes its place; None for those that stand there from the beginning."""
    rng = np.random.default_rng([seed, 6])
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
        moves[number] = Move(side * share * reach, 0.06 * share * sinks, float(np.exp(0.4 * share * grows)))
    return moves
