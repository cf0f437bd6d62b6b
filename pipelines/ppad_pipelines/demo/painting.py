"""A small landscape, painted stroke by stroke: a recording whose every stroke is known, made without any data.

It goes from background to foreground and from broad to fine, with pauses, as a painter would: ground, sky, sun, hills,
meadow, path, house, trees, flowers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from ppad.media.images import Pixels, Size

Color = tuple[int, int, int]
Point = tuple[float, float]

GROUND: Color = (238, 231, 217)
_PAUSE_FRAMES = 15


@dataclass(frozen=True, slots=True)
class Stroke:
    """One brush stroke.

    Attributes:
        part: what it belongs to ("sky").
        points: its path, in shares of the canvas: x and y, 0–1.
        width: of the brush, as a share of the canvas's width.
        color: sRGB, 8 bit.
    """

    part: str
    points: tuple[Point, ...]
    width: float
    color: Color


def plan_strokes(seed: int = 0) -> list[Stroke]:
    """All strokes of the landscape, in painting order; another seed gives another landscape."""
    rng = np.random.default_rng(seed)
    horizon = float(rng.uniform(0.48, 0.58))
    return [
        *_band(rng, "sky", 0.0, horizon, (120, 165, 205), (236, 214, 190), 70, 0.07),
        *_disc(rng, "sun", (rng.uniform(0.2, 0.8), horizon * 0.4), 0.06, (250, 220, 140), 14),
        *_ridge(rng, "far hills", horizon - 0.10, horizon + 0.02, (128, 140, 165), 40),
        *_ridge(rng, "near hills", horizon - 0.04, horizon + 0.08, (84, 112, 98), 46),
        *_band(rng, "meadow", horizon + 0.04, 1.0, (128, 152, 84), (86, 118, 56), 90, 0.05),
        *_path(rng, horizon),
        *_house(rng, horizon),
        *_trees(rng, horizon),
        *_flowers(rng, horizon),
    ]


def paint_frames(strokes: list[Stroke], size: Size, strokes_per_frame: int = 1) -> Iterator[Pixels]:
    """The recording: the empty ground, then the growing painting, with a pause between its parts and at the end."""
    canvas = Image.new("RGB", size, GROUND)
    yield from [np.asarray(canvas)] * _PAUSE_FRAMES
    part = strokes[0].part
    for number, stroke in enumerate(strokes):
        if stroke.part != part:
            part = stroke.part
            yield from [np.asarray(canvas)] * _PAUSE_FRAMES
        lay_stroke(canvas, stroke)
        if number % strokes_per_frame == 0:
            yield np.asarray(canvas)
    yield from [np.asarray(canvas)] * _PAUSE_FRAMES


def lay_stroke(canvas: Image.Image, stroke: Stroke) -> None:
    """Draw a stroke onto a canvas: a body, and a few bristles a little lighter and darker."""
    draw = ImageDraw.Draw(canvas)
    width = max(1.0, stroke.width * canvas.width)
    points = [(x * canvas.width, y * canvas.height) for x, y in stroke.points]
    _line(draw, points, width, stroke.color)
    for offset, shade in ((-0.3, 12), (0.05, -9), (0.32, 6)):
        moved = [(x, y + offset * width) for x, y in points]
        r, g, b = (min(255, max(0, channel + shade)) for channel in stroke.color)
        _line(draw, moved, max(1.0, width / 6), (r, g, b))


def _line(draw: ImageDraw.ImageDraw, points: list[Point], width: float, color: Color) -> None:
    draw.line(points, fill=color, width=max(1, round(width)), joint="curve")
    for x, y in (points[0], points[-1]):
        draw.ellipse([x - width / 2, y - width / 2, x + width / 2, y + width / 2], fill=color)


def _jitter(rng: np.random.Generator, color: Color, spread: float = 9) -> Color:
    r, g, b = (int(np.clip(channel + rng.normal(0, spread), 0, 255)) for channel in color)
    return r, g, b


def _between(low: Color, high: Color, share: float) -> Color:
    r, g, b = (round(a + share * (z - a)) for a, z in zip(low, high, strict=True))
    return r, g, b


def _band(
    rng: np.random.Generator, part: str, top: float, bottom: float, upper: Color, lower: Color, count: int, width: float
) -> list[Stroke]:
    """Broad horizontal strokes that fill a band from top to bottom, the colour changing on the way."""
    strokes = []
    for share in np.linspace(0, 1, count):
        x, y = rng.uniform(-0.05, 0.75), top + share * (bottom - top)
        length, sway = rng.uniform(0.25, 0.5), rng.normal(0, 0.008)
        points = ((x, y), (x + length / 2, y + sway), (x + length, y))
        strokes.append(Stroke(part, points, width * rng.uniform(0.7, 1.2), _jitter(rng, _between(upper, lower, share))))
    return strokes


def _ridge(rng: np.random.Generator, part: str, top: float, bottom: float, color: Color, count: int) -> list[Stroke]:
    """A chain of hills from left to right: strokes from a wavy outline down."""
    phase, waves = rng.uniform(0, 6.28), rng.uniform(1.5, 3)
    strokes = []
    for x in np.linspace(0, 1, count):
        outline = top + 0.05 * np.sin(waves * 6.28 * x + phase) + rng.normal(0, 0.004)
        points = ((x, outline), (x + 0.01, (outline + bottom) / 2), (x + rng.normal(0, 0.01), bottom))
        strokes.append(Stroke(part, points, 0.045, _jitter(rng, color)))
    return strokes


def _disc(rng: np.random.Generator, part: str, centre: Point, radius: float, color: Color, count: int) -> list[Stroke]:
    """A round of short strokes."""
    strokes = []
    for angle in np.linspace(0, 2 * np.pi, count, endpoint=False):
        x, y = centre[0] + radius * 0.6 * np.cos(angle), centre[1] + radius * 0.8 * np.sin(angle)
        strokes.append(Stroke(part, ((centre[0], centre[1]), (x, y)), radius * 0.7, _jitter(rng, color)))
    return strokes


def _path(rng: np.random.Generator, horizon: float) -> list[Stroke]:
    """A winding path that widens towards the viewer."""
    strokes, x = [], rng.uniform(0.35, 0.65)
    for share in np.linspace(0, 1, 26):
        y = horizon + 0.09 + share * (0.95 - horizon - 0.09)
        x += 0.035 * np.sin(share * 7) * share
        half = 0.01 + 0.07 * share
        strokes.append(Stroke("path", ((x - half, y), (x + half, y + 0.004)), 0.02 + 0.02 * share, _jitter(rng, (206, 182, 140))))
    return strokes


def _house(rng: np.random.Generator, horizon: float) -> list[Stroke]:
    """Walls, roof, door and windows."""
    left, top = rng.uniform(0.08, 0.22), horizon + 0.02
    wall, roof, dark = (226, 214, 196), (164, 74, 56), (70, 58, 56)
    strokes = [
        Stroke("house", ((left, top + s), (left + 0.16, top + s)), 0.022, _jitter(rng, wall, 5)) for s in np.linspace(0, 0.13, 9)
    ]
    for share in np.linspace(0, 1, 9):
        y = top - 0.09 * (1 - share)
        inset = 0.08 * (1 - share)
        strokes.append(Stroke("house", ((left - 0.015 + inset, y), (left + 0.175 - inset, y)), 0.016, _jitter(rng, roof, 6)))
    strokes += [
        Stroke("house", ((left + dx, top + 0.07), (left + dx, top + 0.13)), 0.012, _jitter(rng, dark, 4))
        for dx in (0.07, 0.08, 0.09)
    ]
    strokes += [
        Stroke("house", ((left + dx, top + 0.04), (left + dx + 0.018, top + 0.04)), 0.018, (150, 176, 190)) for dx in (0.02, 0.12)
    ]
    return strokes


def _trees(rng: np.random.Generator, horizon: float) -> list[Stroke]:
    """Trunks, then foliage from dark to light."""
    strokes = []
    for foot_x in sorted(rng.uniform(0.68, 0.95, 3)):
        foot_y, height = horizon + rng.uniform(0.12, 0.24), rng.uniform(0.22, 0.32)
        strokes.append(Stroke("trees", ((foot_x, foot_y), (foot_x + 0.005, foot_y - height)), 0.016, (92, 70, 52)))
        for shade, count in (((48, 82, 46), 16), ((74, 114, 58), 14), ((122, 156, 82), 10)):
            for _ in range(count):
                x, y = foot_x + rng.normal(0, 0.035), foot_y - height * rng.uniform(0.55, 1.1)
                strokes.append(
                    Stroke("trees", ((x, y), (x + rng.normal(0, 0.02), y + rng.normal(0, 0.02))), 0.026, _jitter(rng, shade))
                )
    return strokes


def _flowers(rng: np.random.Generator, horizon: float) -> list[Stroke]:
    """The finest touches, in the foreground."""
    colors: list[Color] = [(220, 80, 70), (240, 200, 80), (235, 235, 245), (170, 100, 180)]
    strokes = []
    for _ in range(60):
        x, y = rng.uniform(0.02, 0.98), rng.uniform(horizon + 0.25, 0.98)
        strokes.append(Stroke("flowers", ((x, y), (x + 0.004, y - 0.006)), 0.011, colors[int(rng.integers(4))]))
    return strokes
