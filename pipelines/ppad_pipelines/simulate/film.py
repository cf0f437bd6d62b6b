"""From a painting's moments to its frames: the layers of all bodies, laid over the ground as far as they have come."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ppad.media.images import Pixels
from ppad.signals.raster import Map, Picture, scaled
from ppad_pipelines.simulate.colors import hue_turned
from ppad_pipelines.simulate.history import Moment, Schedule
from ppad_pipelines.simulate.layers import Layer
from ppad_pipelines.simulate.painting import Sheet
from ppad_pipelines.simulate.scene import HEIGHT

Ground = tuple[float, float, float]
"""sRGB, 0–1."""


@dataclass(frozen=True, slots=True)
class Move:
    """Where a body stands before it takes its place: shares of the longer side, size times, turned round or not."""

    dx: float = 0.0
    dy: float = 0.0
    size: float = 1.0
    is_mirrored: bool = False


def canvas_shape(size: int) -> tuple[int, int]:
    """Rows and columns of a picture whose longer side is `size` pixels."""
    return round(size * HEIGHT), size


def frame_of(sheets: Sequence[Sheet], plan: Schedule, moment: Moment, ground: Ground, size: int) -> Pixels:
    """(H, W, 3) uint8: the canvas at a moment."""
    rows, columns = canvas_shape(size)
    canvas: Picture = np.empty((rows, columns, 3), dtype=np.float32)
    canvas[:] = np.asarray(ground, dtype=np.float32)
    bare: Map = np.ones((rows, columns), dtype=np.float32)
    for number, sheet in enumerate(sheets):
        for layer in sheet.layers:
            share = plan.share(number, layer.stage, float(moment.done[number]))
            if share > 0:
                _lay(canvas, bare, layer, sheet.left, sheet.top, share)
    if moment.hue:
        canvas = canvas + (1 - bare[..., None]) * (hue_turned(canvas, moment.hue) - canvas)
    return np.round(np.clip(canvas, 0, 1) * 255).astype(np.uint8)


def _lay(canvas: Picture, bare: Map, layer: Layer, left: int, top: int, share: float) -> None:
    height, width = layer.alpha.shape
    y0, y1 = max(0, top), min(canvas.shape[0], top + height)
    x0, x1 = max(0, left), min(canvas.shape[1], left + width)
    if y0 >= y1 or x0 >= x1:
        return
    cut = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    alpha = layer.alpha[cut]
    if share < 1:
        alpha = alpha * (layer.birth[cut] <= share)
    area = canvas[y0:y1, x0:x1]
    area += alpha[..., None] * (layer.color[cut] - area)
    bare[y0:y1, x0:x1] *= 1 - alpha


def moved(sheet: Sheet, move: Move, size: int) -> Sheet:
    """The same paint in another place."""
    left, top, layers = sheet.left, sheet.top, sheet.layers
    if move.is_mirrored:
        width = layers[0].alpha.shape[1]
        return replace(sheet, left=size - left - width, layers=tuple(_changed(layer, _flipped) for layer in layers))
    if move.size != 1.0:
        height, width = layers[0].alpha.shape
        new = (max(2, round(width * move.size)), max(2, round(height * move.size)))
        x, y = sheet.body.foot[0] * size, sheet.body.foot[1] * size
        left, top = round(x + (left - x) * new[0] / width), round(y + (top - y) * new[1] / height)
        layers = tuple(_changed(layer, functools.partial(scaled, width=new[0], height=new[1])) for layer in layers)
    return replace(sheet, left=left + round(move.dx * size), top=top + round(move.dy * size), layers=layers)


def _changed(layer: Layer, change: functools.partial[Map] | object) -> Layer:
    color, alpha, birth = (np.ascontiguousarray(change(values)) for values in (layer.color, layer.alpha, layer.birth))  # type: ignore[operator]
    return Layer(layer.stage, np.clip(color, 0, 1), np.clip(alpha, 0, 1), birth, layer.strokes)


def _flipped(values: Map) -> Map:
    return values[:, ::-1]
