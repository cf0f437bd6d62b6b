"""Painting a simulated artwork: a ground, a group of discs and stars, brushwork over all of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.media.images import Pixels
from ppad_pipelines.simulate.artworks.recipe import Artwork
from ppad_pipelines.simulate.colors import Floats, oklab, srgb_from_oklab

_FINE = 2
"""Pixels are averaged over this many each way, so that edges are smooth."""
_RADIUS, _SPACING, _AWAY = 0.09, 0.108, 0.3
"""Radius of a thing, distance between things, and how far the group leaves the middle at most; in picture widths."""
_GOLDEN_ANGLE = 2.399963
_NARROW, _WIDE = 24.0, 360.0
"""Degrees of hue that the things spread over at a harmony of 1 and of 0."""
_MUDDY, _PURE = 0.02, 0.16
"""Chroma of the things at a harmony of 0 and of 1."""
_STROKE, _RELIEF, _RIDGE = 9, 0.05, 0.5
"""Length of a stroke, fine pixels; most change of lightness by strokes (standard deviation); height above which paint shines."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing of the picture: its middle as shares of the picture, its hue in degrees, whether it is a star."""

    x: float
    y: float
    hue: float
    is_star: bool

    @property
    def box(self) -> Box:
        """Left, top, width, height as shares, cut at the picture's edge."""
        left, top = max(0.0, self.x - _RADIUS), max(0.0, self.y - _RADIUS)
        return left, top, min(1.0, self.x + _RADIUS) - left, min(1.0, self.y + _RADIUS) - top


def things_of(artwork: Artwork) -> list[Thing]:
    """The things in the order in which they are painted, stars at random among them."""
    rng = np.random.default_rng(artwork.scene)
    away = _AWAY * (1 - artwork.balance)
    middle = 0.5 + away * np.cos(np.radians(artwork.lean)), 0.5 + away * np.sin(np.radians(artwork.lean))
    turn, stars = rng.uniform(0, 2 * np.pi), set(rng.permutation(artwork.things)[: artwork.stars].tolist())
    spread = _WIDE + (_NARROW - _WIDE) * artwork.harmony
    hues = artwork.hue + 180 + spread * (rng.permutation(artwork.things) + rng.uniform()) / artwork.things - spread / 2
    found = []
    for number in range(artwork.things):
        radius, angle = _SPACING * np.sqrt(number), turn + _GOLDEN_ANGLE * number
        x, y = middle[0] + radius * np.cos(angle), middle[1] + radius * np.sin(angle)
        found.append(Thing(float(x), float(y), float(hues[number] % 360), number in stars))
    return found


def paint(artwork: Artwork) -> Pixels:
    """The picture: (size, size, 3) uint8, sRGB."""
    side = _FINE * artwork.size
    y, x = (np.mgrid[0:side, 0:side].astype(np.float32) + 0.5) / side
    lab = np.broadcast_to(oklab(0.7, 0.035, artwork.hue), (side, side, 3)).copy()
    lab[..., 0] -= 0.05 * y
    chroma = _MUDDY + (_PURE - _MUDDY) * artwork.harmony
    for thing in things_of(artwork):
        away, angle = np.hypot(x - thing.x, y - thing.y) / _RADIUS, np.arctan2(y - thing.y, x - thing.x)
        edge = 0.7 + 0.3 * np.cos(5 * angle) if thing.is_star else 1.0
        lab[away <= edge] = oklab(0.42, chroma, thing.hue)
        if thing.is_star:
            lab[away <= 0.34] = oklab(0.97, 0.01, thing.hue)
    relief = _strokes(side, artwork.scene)
    lab[..., 0] += _RELIEF * artwork.brushwork * relief
    shine = artwork.brushwork * np.clip(relief - _RIDGE, 0, 1)[..., None]
    lab += shine * (oklab(1.0, 0.0, 0.0) - lab)
    fine = srgb_from_oklab(lab).reshape(artwork.size, _FINE, artwork.size, _FINE, 3).mean(axis=(1, 3))
    return np.round(255 * fine).astype(np.uint8)


def _strokes(side: int, seed: int) -> Floats:
    """(side, side) a surface of strokes in one direction, with mean 0 and standard deviation 1."""
    rng = np.random.default_rng([seed, 1])
    grain: NDArray[np.float32] = rng.standard_normal((side // _FINE, side // _FINE), np.float32).repeat(_FINE, 0).repeat(_FINE, 1)
    angle = rng.uniform(0, np.pi)
    steps = [(round(step * np.sin(angle)), round(step * np.cos(angle))) for step in range(-(_STROKE // 2), _STROKE // 2 + 1)]
    laid = np.mean([np.roll(grain, step, axis=(0, 1)) for step in steps], axis=0)
    return (laid - laid.mean()) / laid.std()
