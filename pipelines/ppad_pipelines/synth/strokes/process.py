"""From strokes to a process: the canvas looked at often while it grows, and the key frames cut from what was seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ppad.media.images import Pixels
from ppad.signals import select_keyframes
from ppad.signals.raster import Picture, blurred, shrunk
from ppad_pipelines.synth.strokes.habits import USUAL, Habits
from ppad_pipelines.synth.strokes.media import Manner
from ppad_pipelines.synth.strokes.painter import Painter, Stroke

_LOOKS_PER_ROUND = 12
_SAMPLE_SIDE = 160
_DETAIL_BLUR = 2.0
_DETAIL_GAIN = 4.0


@dataclass(frozen=True, slots=True)
class PaintedProcess:
    """A painting process whose every stroke is known.

    Attributes:
        frames: (H, W, 3) uint8 each, the empty ground first, the finished painting last.
        progress: share of the painting time that has passed at each frame, 0–1.
        strokes: the log, in painting order.
        strokes_done: strokes laid at each frame.
        residual: RMS difference of the finished painting to the picture, 0–1.
    """

    frames: list[Pixels]
    progress: list[float]
    strokes: list[Stroke]
    strokes_done: list[int]
    residual: float


@dataclass(frozen=True, slots=True)
class Look:
    """The canvas at a moment, the strokes done and the share of the painting time that has passed."""

    pixels: Pixels
    strokes_done: int
    time: float


def paint_process(
    picture: Picture,
    manner: Manner,
    seed: int,
    frames: int,
    progress: Callable[[float], None] = lambda _share: None,
    habits: Habits = USUAL,
    begun: Picture | None = None,
) -> PaintedProcess:
    """Paint a picture and keep `frames` key frames, about equally far from one another (fewer if less happens).

    Args:
        picture: (H, W, 3) float32, sRGB 0–1.
        seed: another seed is another hand: ground, order, strokes.
        progress: told the share that is done after each round.
        habits: how this painter goes about it.
        begun: the canvas that it begins with, instead of an empty ground.
    """
    painter = Painter(picture, manner, seed, habits, begun)
    looks, log, time = [Look(as_pixels(painter.canvas), 0, 0.0)], list[Stroke](), 0.0
    for strokes, share in zip(painter.rounds(), painter.time_shares(), strict=True):
        stops = look_stops(strokes)
        for position, stroke in enumerate(strokes):
            painter.lay(stroke)
            if position in stops:
                passed = time + share * (position + 1) / len(strokes)
                looks.append(Look(as_pixels(painter.canvas), len(log) + position + 1, passed))
        log.extend(strokes)
        time += share
        progress(min(1.0, time))
    if len(looks) == 1:  # nothing was left to paint: a process still has a beginning and an end
        looks.append(Look(as_pixels(painter.canvas), len(log), 1.0))
    samples = [_sample(look.pixels) for look in looks]
    chosen = select_keyframes(samples, max(2, min(frames, len(looks))), frames, is_noisy=False).positions
    kept = [looks[position] for position in chosen]
    times = [*(look.time for look in kept[:-1]), 1.0]
    return PaintedProcess([look.pixels for look in kept], times, log, [look.strokes_done for look in kept], painter.residual())


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
    """What key frames are chosen by: the colours made small and, below them, the drawing made visible.

    By colour alone nearly all frames would show how the first broad strokes cover the ground, and none the details.
    """
    small = shrunk(look, _SAMPLE_SIDE)
    values = small.astype(np.float32)
    drawing = 128 + _DETAIL_GAIN * (values - blurred(values, _DETAIL_BLUR))
    return np.concatenate([small, np.clip(drawing, 0, 255).astype(np.uint8)])
