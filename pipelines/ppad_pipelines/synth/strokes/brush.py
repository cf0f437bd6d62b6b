"""The mark of a brush: its footprint, the traces of its bristles, and how paint meets what is there."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from ppad.signals.raster import Picture, blurred, brush_footprint
from ppad_pipelines.synth.strokes.media import Manner

_ANGLES = 12
_TILE = 640
"""Side of the tiles from which bristle marks are cut, pixels."""


class Brush:
    """Lays strokes onto a canvas in one manner."""

    def __init__(self, manner: Manner, rng: np.random.Generator) -> None:
        self._manner = manner
        self._rng = rng

    def lay(
        self, canvas: Picture, points: NDArray[np.float32], width: float, color: tuple[float, float, float], opacity: float
    ) -> None:
        """Change the canvas by one stroke.

        Args:
            points: (N, 2) x and y, pixels, at least 2.
        """
        box = _box(points, width * (1 + 2 * self._manner.soft), canvas.shape)
        left, top, right, bottom = box
        if left >= right or top >= bottom:
            return
        body = brush_footprint(points[: max(2, int(np.ceil(0.75 * len(points))))], width, box)
        mask = np.maximum(body, brush_footprint(points, width * 0.62, box)).astype(np.float32) * (opacity / 255)
        if self._manner.soft:
            mask = blurred(mask, max(0.6, width * self._manner.soft))
        if self._manner.bristle:
            mask *= self._bristles(points, mask.shape[0], mask.shape[1])
        paint = np.asarray(color, dtype=np.float32)
        area = canvas[top:bottom, left:right]
        if self._manner.glazes:
            area *= 1 - mask[..., None] * (1 - paint)
        else:
            area += mask[..., None] * (paint - area)

    def _bristles(self, points: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
        """Streaks along the stroke, 0–1."""
        dx, dy = points[-1] - points[0]
        angle = round(float(np.arctan2(dy, dx)) % np.pi / np.pi * _ANGLES) % _ANGLES
        tile = bristle_tile(angle)
        top = int(self._rng.integers(max(1, _TILE - rows)))
        left = int(self._rng.integers(max(1, _TILE - columns)))
        cut = tile[top : top + rows, left : left + columns]
        if cut.shape != (rows, columns):
            cut = np.resize(tile, (rows, columns))
        return 1 - self._manner.bristle * cut


@functools.cache
def bristle_tile(angle: int) -> NDArray[np.float32]:
    """(640, 640) noise drawn out along one of 12 directions, 0–1."""
    noise = np.random.default_rng(angle).random((_TILE, _TILE)).astype(np.float32)
    direction = angle / _ANGLES * np.pi
    streaks = np.zeros_like(noise)
    reach = 14
    for step in range(-reach, reach + 1):
        streaks += np.roll(noise, (round(step * np.sin(direction)), round(step * np.cos(direction))), axis=(0, 1))
    streaks -= streaks.min()
    return streaks / streaks.max()


def _box(points: NDArray[np.float32], width: float, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    margin = width / 2 + 2
    left, top = np.floor(points.min(axis=0) - margin).astype(int)
    right, bottom = np.ceil(points.max(axis=0) + margin).astype(int)
    return max(0, left), max(0, top), min(shape[1], right), min(shape[0], bottom)
