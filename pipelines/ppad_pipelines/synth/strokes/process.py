"""From strokes to a process: the canvas looked at often while it grows, and the key frames cut from what was seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ppad.media.images import Pixels
from ppad.signals import select_keyframes
from ppad.signals.raster import Picture, scaled
from ppad_pipelines.synth.strokes.media import Manner
from ppad_pipelines.synth.strokes.painter import Painter, Stroke

_LOOKS_PER_ROUND = 12
_SAMPLE_SIDE = 160


@dataclass(frozen=True, slots=True)
class PaintedProcess:
    """A painting process whose every stroke is known.

    Attributes:
        frames: (H, W, 3) uint8 each, the empty ground first, the finished painting last.
        progress: share of all change that is done at each frame, 0–1.
        strokes: the log, in painting order.
        strokes_done: strokes laid at each frame.
        residual: RMS difference of the finished painting to the picture, 0–1.
    """

    frames: list[Pixels]
    progress: list[float]
    strokes: list[Stroke]
    strokes_done: list[int]
    residual: float


def paint_process(
    picture: Picture, manner: Manner, seed: int, frames: int, progress: Callable[[float], None] = lambda _share: None
) -> PaintedProcess:
    """Paint a picture and keep `frames` key frames, about equally far from one another (fewer if less happens).

    Args:
        picture: (H, W, 3) float32, sRGB 0–1.
        seed: another seed is another hand: ground, order, strokes.
        progress: told the share that is done after each look.
    """
    painter = Painter(picture, manner, seed)
    looks, counts, log = [as_pixels(painter.canvas)], [0], list[Stroke]()
    rounds = len(manner.passes) + manner.has_sketch
    for number, strokes in enumerate(painter.rounds()):
        stops = look_stops(strokes)
        for position, stroke in enumerate(strokes):
            painter.lay(stroke)
            if position in stops:
                looks.append(as_pixels(painter.canvas))
                counts.append(len(log) + position + 1)
        log.extend(strokes)
        progress((number + 1) / rounds)
    if len(looks) == 1:  # nothing was left to paint: a process still has a beginning and an end
        looks, counts = [*looks, as_pixels(painter.canvas)], [0, len(log)]
    chosen = select_keyframes([_sample(look) for look in looks], max(2, min(frames, len(looks))), frames, is_noisy=False)
    energy = np.cumsum(np.square(chosen.change))
    shares = [float(value) for value in energy / max(energy[-1], 1e-12)]
    kept = chosen.positions
    return PaintedProcess([looks[i] for i in kept], shares, log, [counts[i] for i in kept], painter.residual())


def look_stops(strokes: list[Stroke]) -> set[int]:
    """After which strokes of a round to look: evenly by painted area, and after the last."""
    if not strokes:
        return set()
    area = np.cumsum([stroke.width * (stroke.width + _length(stroke)) for stroke in strokes])
    marks = np.linspace(0, area[-1], _LOOKS_PER_ROUND + 1)[1:]
    return {min(int(place), len(strokes) - 1) for place in np.searchsorted(area, marks)} | {len(strokes) - 1}


def as_pixels(canvas: Picture) -> Pixels:
    """The canvas in 8 bits."""
    return np.round(np.clip(canvas, 0, 1) * 255).astype(np.uint8)


def _length(stroke: Stroke) -> float:
    return float(np.hypot(*np.diff(stroke.points, axis=0).T).sum())


def _sample(look: Pixels) -> Pixels:
    height, width = look.shape[:2]
    scale = min(1.0, _SAMPLE_SIDE / max(height, width))
    small = scaled(look.astype(np.float32), max(1, round(width * scale)), max(1, round(height * scale)))
    return np.clip(small, 0, 255).astype(np.uint8)
