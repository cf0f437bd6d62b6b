"""Paint as layers of pixels that show how far each has come.

Notation: a layer is (H, W) pixels of a box of its own. A pixel appears when its last stroke is laid.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.signals.raster import Labels, Map, Picture, blurred, last_strokes
from ppad_pipelines.simulate.colors import srgb_from_oklab
from ppad_pipelines.simulate.hands import Hand
from ppad_pipelines.simulate.strokes import Strokes
from ppad_pipelines.synth.strokes.brush import bristle_tile

SUPERSAMPLED = 2


class Stage(enum.IntEnum):
    """What is painted of a body, in the order in which paint lies."""

    SKETCH = 0
    FLAT = 1
    LIGHT = 2
    HUES = 3
    PARTS = 4
    TEXTURE = 5
    ACCENTS = 6


POINTED = (Stage.SKETCH, Stage.PARTS, Stage.TEXTURE, Stage.ACCENTS)
"""Drawn with a pointed tool: without marks of bristles and soft edges."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One stage of one body.

    Attributes:
        color: (H, W, 3) sRGB 0–1.
        alpha: (H, W) opacity when it is done.
        birth: (H, W) share of the stage, 0–1, at which a pixel appears.
        strokes: how many strokes it takes.
    """

    stage: Stage
    color: Picture
    alpha: Map
    birth: Map
    strokes: int


def layer_of(
    stage: Stage, strokes: Strokes, labels: Labels, hand: Hand, brush: float, turn: float, rng: np.random.Generator
) -> Layer | None:
    """Strokes as a layer; None without any.

    Args:
        labels: supersampled, the piece that is seen at each pixel, from 1: a stroke is seen on its own piece only.
        brush: width of the brush that softens edges, supersampled pixels.
        turn: direction of the marks of bristles, degrees.
    """
    count = len(strokes.lines)
    if not count:
        return None
    numbers = _numbers(strokes, labels)
    covered = numbers > 0
    colors = np.concatenate([np.zeros((1, 3), np.float32), srgb_from_oklab(strokes.colors)])
    births = (np.arange(count + 1) / count).astype(np.float32)
    alpha, color, birth = _halved(covered.astype(np.float32)), _halved(colors[numbers]), _halved(births[numbers])
    birth /= np.maximum(alpha, np.float32(1e-6))
    if stage not in POINTED and hand.soft:
        sigma = hand.soft * brush / SUPERSAMPLED
        alpha, color = blurred(alpha, sigma), blurred(color, sigma)
    color /= np.maximum(alpha, np.float32(1e-6))[..., None]
    alpha *= np.float32(hand.cover)
    if stage not in POINTED and hand.bristle:
        alpha *= 1 - np.float32(hand.bristle) * _tooth(alpha.shape, turn, rng)
    return Layer(stage, color, alpha, birth, count)


def _numbers(strokes: Strokes, labels: Labels) -> Labels:
    """The number, from 1, of the stroke that is seen at each pixel."""
    height, width = labels.shape
    numbers = np.zeros((height, width), dtype=np.int32)
    for piece in np.unique(strokes.piece):
        mine = np.flatnonzero(strokes.piece == piece)
        drawn = last_strokes(strokes.lines[mine], strokes.width[mine], width, height)
        seen = (drawn > 0) & (labels == piece) if piece else drawn > 0
        numbers[seen] = mine[drawn[seen] - 1] + 1
    return numbers


def _tooth(shape: tuple[int, ...], turn: float, rng: np.random.Generator) -> Map:
    tile = bristle_tile(round((-turn % 180) / 180 * 12) % 12)
    top, left = (int(rng.integers(max(1, len(tile) - side))) for side in shape)
    cut = tile[top : top + shape[0], left : left + shape[1]]
    return cut if cut.shape == shape else np.resize(tile, shape)


def _halved(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of each square of 2 × 2 pixels."""
    return (values[::2, ::2] + values[1::2, ::2] + values[::2, 1::2] + values[1::2, 1::2]) * np.float32(0.25)
