"""A recording of a stroke painting, as a camera would have taken it: pauses, a hand, a camera that drifts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ppad.media.images import Pixels
from ppad.signals.geometry import shifted
from ppad.signals.raster import Picture
from ppad_pipelines.synth.strokes.habits import USUAL, Habits
from ppad_pipelines.synth.strokes.media import Manner
from ppad_pipelines.synth.strokes.painter import Painter
from ppad_pipelines.synth.strokes.process import as_pixels

RATE = 30
"""Frames a second."""

_SKIN = (196, 148, 122)
_SLEEVE = (66, 74, 98)


@dataclass(frozen=True, slots=True)
class Take:
    """How the recording is made.

    Attributes:
        seconds: length of the painting time, without pauses.
        pause_s: pause after each round, in which the hand leaves the picture.
        hand: whether a hand covers part of the canvas while it paints.
        drift: whether the camera moves a little.
    """

    seconds: float = 20.0
    pause_s: float = 0.8
    hand: bool = False
    drift: bool = False


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame of the recording, and what is known about it.

    Attributes:
        pixels: (H, W, 3) uint8.
        phase: the round that is being painted.
        strokes_done: strokes laid so far.
        has_hand: whether the hand is in the picture.
    """

    pixels: Pixels
    phase: str
    strokes_done: int
    has_hand: bool


def record(
    picture: Picture, manner: Manner, seed: int, take: Take, habits: Habits = USUAL, begun: Picture | None = None
) -> Iterator[Shot]:
    """Paint a picture before the camera; each round takes the painter's share of the time for it."""
    painter = Painter(picture, manner, seed, habits, begun)
    pause = round(take.pause_s * RATE)
    drift = _drift(seed) if take.drift else None
    frame = 0

    def shot(phase: str, done: int, tip: NDArray[np.float32] | None) -> Shot:
        nonlocal frame
        canvas = as_pixels(painter.canvas)
        pixels = with_hand(canvas, tip) if tip is not None and take.hand else canvas
        has_hand = pixels is not canvas and not np.array_equal(pixels, canvas)  # it may be beside the picture
        if drift is not None:
            pixels = shifted(pixels, *drift(frame / RATE))
        frame += 1
        return Shot(pixels, phase, done, has_hand)

    for _ in range(pause):
        yield shot("ground", 0, None)
    done = 0
    for share, strokes in zip(painter.time_shares(), painter.rounds(), strict=True):
        if not strokes:
            continue
        stops = np.linspace(0, len(strokes), max(1, round(share * take.seconds * RATE)) + 1)[1:].astype(int)
        laid = 0
        for stop in stops:
            for stroke in strokes[laid:stop]:
                painter.lay(stroke)
            laid = int(stop)
            yield shot(strokes[0].phase, done + laid, strokes[max(0, laid - 1)].points[-1])
        done += len(strokes)
        for _ in range(pause):
            yield shot(strokes[0].phase, done, None)


def with_hand(pixels: Pixels, tip: NDArray[np.float32]) -> Pixels:
    """A hand with a brush whose tip is at a place, the arm coming from below right."""
    height, width = pixels.shape[:2]
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    unit = max(height, width) / 100
    x, y = float(tip[0]), float(tip[1])
    grip = (x + 9 * unit, y + 8 * unit)
    wrist, elbow = (x + 22 * unit, y + 24 * unit), (x + 62 * unit, y + 90 * unit)
    draw.line([(x, y), (x + 20 * unit, y - 6 * unit + 8 * unit)], fill=(90, 62, 40), width=max(1, round(1.2 * unit)))
    draw.line([wrist, elbow], fill=_SLEEVE, width=max(1, round(17 * unit)))
    draw.line([grip, wrist], fill=_SKIN, width=max(1, round(11 * unit)))
    for centre, radius in ((grip, 6.0), (wrist, 6.5)):
        r = radius * unit
        draw.ellipse([centre[0] - r, centre[1] - r, centre[0] + r, centre[1] + r], fill=_SKIN)
    return np.asarray(image)


def _drift(seed: int) -> Callable[[float], tuple[float, float, float]]:
    """Where the camera stands at each second: slow waves of about a pixel, and a tenth of a degree."""
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, 3)

    def at(seconds: float) -> tuple[float, float, float]:
        dx, dy, turn = np.sin(seconds * np.array([0.31, 0.23, 0.17]) + phases)
        return 1.2 * float(dx), 1.0 * float(dy), 0.08 * float(turn)

    return at
