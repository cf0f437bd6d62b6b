"""The mark of a brush: its footprint, the traces of its bristles, and how paint meets what is there."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from ppad.signals.raster import Map, Picture, blurred, brush_footprint
from ppad_pipelines.synth.strokes.media import Manner
from ppad_pipelines.synth.strokes.tracing import Points, unit

_ANGLES = 12
_TILE = 640
"""Side of the tiles from which bristle marks and paper grain are cut, pixels."""
_FLAT_FROM = 6.0
"""Width in pixels from which on a bristle brush leaves a flat mark with ragged ends."""


class Brush:
    """Lays strokes onto a canvas in one manner."""

    def __init__(self, manner: Manner, rng: np.random.Generator) -> None:
        self._manner = manner
        self._rng = rng

    def lay(
        self,
        canvas: Picture,
        points: Points,
        width: float,
        color: tuple[float, float, float],
        opacity: float,
        soft: float = 0.0,
        stencil: NDArray[np.bool_] | None = None,
    ) -> None:
        """Change the canvas by one stroke.

        Args:
            points: (N, 2) x and y, pixels, at least 2.
            soft: blur of its edge, in widths of the brush.
            stencil: (H, W) where paint may go; everywhere without one.
        """
        box = _box(points, width * (1 + 2 * soft), canvas.shape)
        left, top, right, bottom = box
        if left >= right or top >= bottom:
            return
        mask = self._footprint(points, width, box).astype(np.float32) * np.float32(opacity / 255)
        if soft:
            mask = blurred(mask, max(0.6, width * soft))
        if self._manner.rim and width > 4:
            mask = _with_rim(mask, width, self._manner.rim)
        if self._manner.bristle:
            mask *= self._bristles(points, mask.shape[0], mask.shape[1])
        if self._manner.grain:
            mask *= 1 - self._manner.grain * _cut(grain_tile(), top, left, mask.shape)
        if stencil is not None:
            mask *= stencil[top:bottom, left:right]
        paint = np.asarray(color, dtype=np.float32)
        area = canvas[top:bottom, left:right]
        if self._manner.glazes:
            area *= 1 - mask[..., None] * (1 - paint)
        else:
            area += mask[..., None] * (paint - area)

    def _footprint(self, points: Points, width: float, box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
        """Coverage, 0–255: a bundle of bristles, or a round tip that lifts towards the end."""
        if self._manner.bristle and width >= _FLAT_FROM:
            lines = self._bundle(points, width)
            return brush_footprint(lines, max(2.0, 1.7 * width / len(lines)), box)
        body = brush_footprint(points[: max(2, int(np.ceil(0.75 * len(points))))], width, box)
        return np.maximum(body, brush_footprint(points, width * 0.62, box))

    def _bundle(self, points: Points, width: float) -> Points:
        """(K, N, 2): the paths of some tufts side by side, each beginning and ending a little sooner or later."""
        count = int(np.clip(width / 2.5, 3, 9))
        along = np.gradient(points, axis=0)
        dx, dy = unit(along[:, 0], along[:, 1])
        offsets = (np.linspace(-0.5, 0.5, count) * width * 0.86).astype(np.float32)
        lines = points[None] + offsets[:, None, None] * np.stack([-dy, dx], axis=1)[None]
        starts, ends = self._rng.uniform(-0.10, 0.45, (2, count, 1)) * width
        lines[:, 0] += starts * np.array([dx[0], dy[0]])
        lines[:, -1] -= ends * np.array([dx[-1], dy[-1]])
        return lines.astype(np.float32)

    def _bristles(self, points: Points, rows: int, columns: int) -> Map:
        """Streaks along the stroke, 0–1."""
        dx, dy = points[-1] - points[0]
        angle = round(float(np.arctan2(dy, dx)) % np.pi / np.pi * _ANGLES) % _ANGLES
        top = int(self._rng.integers(max(1, _TILE - rows)))
        left = int(self._rng.integers(max(1, _TILE - columns)))
        return 1 - self._manner.bristle * _cut(bristle_tile(angle), top, left, (rows, columns))


def _with_rim(mask: Map, width: float, rim: float) -> Map:
    """A wash dries darker at its edge and lighter within."""
    inside = blurred(mask, max(1.0, 0.10 * width))
    return np.minimum(1.0, mask * (1 - 0.3 * rim) + rim * np.maximum(0, mask - inside))


def _cut(tile: Map, top: int, left: int, shape: tuple[int, ...]) -> Map:
    """A piece of a tile that repeats."""
    rows, columns = shape[:2]
    top, left = top % _TILE, left % _TILE
    if top + rows <= _TILE and left + columns <= _TILE:
        return tile[top : top + rows, left : left + columns]
    return tile.take(np.arange(top, top + rows) % _TILE, axis=0).take(np.arange(left, left + columns) % _TILE, axis=1)


@functools.cache
def bristle_tile(angle: int) -> Map:
    """(640, 640) noise drawn out along one of 12 directions, 0–1."""
    noise = np.random.default_rng(angle).random((_TILE, _TILE)).astype(np.float32)
    direction = angle / _ANGLES * np.pi
    streaks = np.zeros_like(noise)
    reach = 14
    for step in range(-reach, reach + 1):
        streaks += np.roll(noise, (round(step * np.sin(direction)), round(step * np.cos(direction))), axis=(0, 1))
    streaks -= streaks.min()
    return streaks / streaks.max()


@functools.cache
def grain_tile() -> Map:
    """(640, 640) the tooth of paper, 0–1: where it is high, paint stays off."""
    noise = np.random.default_rng(0).random((_TILE, _TILE)).astype(np.float32)
    tooth = blurred(noise, 1.0) - 0.5 * blurred(noise, 3.0)
    low, high = np.quantile(tooth, (0.05, 0.95))
    return np.clip((tooth - low) / (high - low), 0, 1).astype(np.float32)


def _box(points: Points, width: float, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    margin = width / 2 + 2
    left, top = np.floor(points.min(axis=0) - margin).astype(int)
    right, bottom = np.ceil(points.max(axis=0) + margin).astype(int)
    return max(0, left), max(0, top), min(shape[1], right), min(shape[0], bottom)
