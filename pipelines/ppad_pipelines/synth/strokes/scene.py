"""A picture to paint from a prompt, without any model: words choose a time, a place and things, a seed draws them.

It stands for a painter's motif, not for an understanding of the prompt; what is made of it says so.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from ppad.signals.raster import Picture

Color = tuple[int, int, int]
_DRAWN_LARGER = 2


@dataclass(frozen=True, slots=True)
class Light:
    """Colours of the sky from top to horizon, of the sun or moon, and the tint of everything else."""

    zenith: Color
    horizon: Color
    disc: Color
    tint: tuple[float, float, float]


LIGHTS: dict[str, Light] = {
    "day": Light((92, 148, 206), (206, 224, 232), (252, 240, 190), (1.0, 1.0, 1.0)),
    "sunset": Light((84, 76, 132), (246, 160, 96), (255, 214, 130), (1.06, 0.88, 0.80)),
    "dawn": Light((140, 164, 206), (248, 214, 200), (255, 236, 200), (1.03, 0.96, 0.95)),
    "night": Light((18, 24, 58), (52, 66, 108), (240, 238, 214), (0.42, 0.48, 0.66)),
    "storm": Light((74, 82, 94), (150, 156, 158), (200, 200, 196), (0.72, 0.76, 0.80)),
}
LIGHT_WORDS = {
    "sunset": "sunset evening dusk autumn golden",
    "dawn": "dawn morning sunrise spring",
    "night": "night moon stars starry midnight dark",
    "storm": "storm rain clouds cloudy grey gray winter fog",
}
PLACES = {
    "town": "town city street village houses roofs castle church tower",
    "sea": "sea ocean coast beach lake river water harbour harbor boat ship island",
    "mountains": "mountain mountains hill hills alps valley rock rocks",
    "forest": "forest wood woods trees garden park",
    "desert": "desert dunes sand",
    "table": "still life vase bowl fruit apple apples bottle table flowers bouquet",
    "portrait": "portrait face woman man girl boy self person head",
}
THINGS = {"house": "house cottage cabin barn hut castle church", "tree": "tree trees palm pine", "boat": "boat ship sail"}


def draw_scene(prompt: str, width: int, height: int, seed: int) -> Picture:
    """(height, width, 3) float32, sRGB 0–1: a drawn motif for a prompt. The same words and seed give the same picture."""
    words = set(re.findall(r"\w+", prompt.casefold()))
    rng = np.random.default_rng([seed, zlib.crc32(" ".join(sorted(words)).encode())])
    light = LIGHTS[next((name for name, group in LIGHT_WORDS.items() if words & set(group.split())), "day")]
    place = next((name for name, group in PLACES.items() if words & set(group.split())), "field")
    canvas = _Canvas(width * _DRAWN_LARGER, height * _DRAWN_LARGER, light, rng)
    {"table": _still_life, "portrait": _portrait}.get(place, _landscape)(canvas, place, words)
    small = canvas.image.filter(ImageFilter.GaussianBlur(1.2)).resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(small, dtype=np.float32) / np.float32(255)


class _Canvas:
    """Drawing in shares of the picture, under one light."""

    def __init__(self, width: int, height: int, light: Light, rng: np.random.Generator) -> None:
        self.image = Image.new("RGB", (width, height))
        self.light = light
        self.rng = rng
        self._draw = ImageDraw.Draw(self.image)

    def lit(self, color: Color, shade: float = 1.0) -> Color:
        r, g, b = (int(np.clip(c * t * shade, 0, 255)) for c, t in zip(color, self.light.tint, strict=True))
        return r, g, b

    def area(self, points: list[tuple[float, float]], color: Color, shade: float = 1.0) -> None:
        width, height = self.image.size
        self._draw.polygon([(x * width, y * height) for x, y in points], fill=self.lit(color, shade))

    def disc(self, x: float, y: float, radius: float, color: Color, shade: float = 1.0, squeeze: float = 1.0) -> None:
        width, height = self.image.size
        rx, ry = radius * width, radius * width * squeeze
        self._draw.ellipse([x * width - rx, y * height - ry, x * width + rx, y * height + ry], fill=self.lit(color, shade))

    def gradient(self, top: float, bottom: float, upper: Color, lower: Color) -> None:
        width, height = self.image.size
        rows = np.linspace(0, 1, max(1, round((bottom - top) * height)))[:, None, None]
        band = np.array(upper) * (1 - rows) + np.array(lower) * rows
        pixels: NDArray[np.uint8] = np.broadcast_to(band, (len(rows), width, 3)).astype(np.uint8)
        self.image.paste(Image.fromarray(np.ascontiguousarray(pixels)), (0, round(top * height)))

    def ridge(self, level: float, rise: float, color: Color, peaks: float, bottom: float = 1.0) -> None:
        x = np.linspace(0, 1, 80)
        waves = np.zeros_like(x)
        for k in (1, 2, 3, 5):
            waves += self.rng.uniform(0.3, 1) * np.sin(2 * np.pi * (peaks * k * x + self.rng.random())) / k
        y = level - rise * (waves - np.min(waves)) / np.ptp(waves)
        self.area([(0.0, bottom), *zip(x.tolist(), y.tolist(), strict=True), (1.0, bottom)], color)
        self.area(
            [(0.0, bottom), *[(a, b + 0.25 * rise) for a, b in zip(x.tolist(), y.tolist(), strict=True)], (1.0, bottom)],
            color,
            0.9,
        )


def _landscape(c: _Canvas, place: str, words: set[str]) -> None:
    rng, horizon = c.rng, float(c.rng.uniform(0.45, 0.6))
    c.gradient(0, horizon + 0.02, c.light.zenith, c.light.horizon)
    if c.light is not LIGHTS["storm"]:
        c.image.paste(_disc_layer(c, (rng.uniform(0.15, 0.85), horizon * rng.uniform(0.3, 0.75))))
    _clouds(c, horizon)
    if place in ("mountains", "forest", "field", "town"):
        c.ridge(horizon + 0.02, 0.22 if place == "mountains" else 0.10, (122, 136, 168), 1.5)
        c.ridge(horizon + 0.05, 0.12, (96, 118, 122), 2.5)
    lower: tuple[Color, Color] = {
        "sea": ((92, 140, 164), (38, 84, 112)),
        "desert": ((226, 190, 134), (186, 136, 84)),
        "town": ((156, 148, 132), (112, 104, 96)),
    }.get(place, ((142, 164, 92), (74, 104, 52)))
    c.gradient(horizon, 1.0, c.lit(lower[0]), c.lit(lower[1]))
    if place == "sea":
        _waves(c, horizon)
    elif place == "desert":
        for step in range(3):
            c.ridge(horizon + 0.14 + 0.2 * step, 0.10, (216 - 14 * step, 172 - 14 * step, 112 - 10 * step), 0.8)
    else:
        _path(c, horizon)
    _things(c, place, words, horizon)


def _disc_layer(c: _Canvas, centre: tuple[float, float]) -> Image.Image:
    """The sun or moon with its glow."""
    width, height = c.image.size
    y, x = np.mgrid[0:height, 0:width]
    distance = np.hypot(x - centre[0] * width, y - centre[1] * height) / width
    glow = np.clip(1 - distance / 0.35, 0, 1)[..., None] ** 2 * 0.55 + (distance < 0.045)[..., None]
    base = np.asarray(c.image, dtype=np.float32)
    blended = base + np.clip(glow, 0, 1) * (np.array(c.light.disc, dtype=np.float32) - base)
    return Image.fromarray(blended.astype(np.uint8))


def _clouds(c: _Canvas, horizon: float) -> None:
    for _ in range(int(c.rng.integers(2, 6))):
        x, y = c.rng.uniform(0, 1), c.rng.uniform(0.05, horizon * 0.7)
        for _ in range(7):
            shade = c.rng.uniform(0.92, 1.06)
            color: Color = tuple(int(0.55 * a + 0.45 * 250) for a in c.light.horizon)  # type: ignore[assignment]
            c.disc(x + c.rng.normal(0, 0.06), y + c.rng.normal(0, 0.012), c.rng.uniform(0.02, 0.05), color, shade, squeeze=0.45)


def _waves(c: _Canvas, horizon: float) -> None:
    for row in np.linspace(horizon + 0.01, 0.98, 26):
        depth = (row - horizon) / (1 - horizon)
        for _ in range(5):
            x, length = c.rng.uniform(-0.1, 1), c.rng.uniform(0.05, 0.2) * (0.4 + depth)
            light = c.rng.random() < 0.35
            color: Color = (196, 216, 220) if light else (44, 92, 122)
            c.area(
                [(x, row), (x + length / 2, row - 0.006 * depth), (x + length, row), (x + length / 2, row + 0.01 * depth)], color
            )


def _path(c: _Canvas, horizon: float) -> None:
    left = c.rng.uniform(0.3, 0.6)
    bend = c.rng.uniform(-0.2, 0.2)
    c.area(
        [
            (left, horizon + 0.06),
            (left + 0.02, horizon + 0.06),
            (left + 0.16 + bend, 0.72),
            (left + 0.34, 1.0),
            (left - 0.06, 1.0),
            (left + bend, 0.72),
        ],
        (206, 184, 144),
    )


def _things(c: _Canvas, place: str, words: set[str], horizon: float) -> None:
    wanted = {name for name, group in THINGS.items() if words & set(group.split())}
    if place == "town" or "house" in wanted:
        for _ in range(int(c.rng.integers(5, 9)) if place == "town" else 1):
            _house(c, c.rng.uniform(0.05, 0.75), horizon + c.rng.uniform(0.10, 0.26), c.rng.uniform(0.10, 0.2))
    if place == "forest" or "tree" in wanted or place == "field":
        for x in sorted(c.rng.uniform(0.02, 0.98, 9 if place == "forest" else 3)):
            _tree(c, x, horizon + c.rng.uniform(0.10, 0.34), c.rng.uniform(0.2, 0.4))
    if place == "sea" and ("boat" in wanted or c.rng.random() < 0.6):
        _boat(c, c.rng.uniform(0.25, 0.7), horizon + c.rng.uniform(0.12, 0.25), c.rng.uniform(0.10, 0.16))
    if place in ("field", "forest"):
        for _ in range(70):
            color: Color = [(214, 84, 76), (240, 206, 92), (238, 236, 240), (168, 110, 180)][int(c.rng.integers(4))]
            c.disc(c.rng.random(), c.rng.uniform(horizon + 0.3, 1), 0.006, color)


def _house(c: _Canvas, x: float, foot: float, size: float) -> None:
    tall = size * c.rng.uniform(0.7, 1.1)
    wall: Color = [(232, 220, 198), (214, 196, 172), (200, 206, 210)][int(c.rng.integers(3))]
    roof: Color = [(168, 78, 58), (124, 70, 60), (96, 92, 104)][int(c.rng.integers(3))]
    c.area([(x, foot), (x, foot - tall), (x + 0.62 * size, foot - tall), (x + 0.62 * size, foot)], wall)
    c.area([(x + 0.62 * size, foot), (x + 0.62 * size, foot - tall), (x + size, foot - tall), (x + size, foot)], wall, 0.78)
    c.area([(x - 0.05 * size, foot - tall), (x + 0.3 * size, foot - 1.5 * tall), (x + 0.68 * size, foot - tall)], roof)
    c.area(
        [
            (x + 0.3 * size, foot - 1.5 * tall),
            (x + 0.85 * size, foot - 1.5 * tall),
            (x + 1.05 * size, foot - tall),
            (x + 0.66 * size, foot - tall),
        ],
        roof,
        0.85,
    )
    c.area(
        [
            (x + 0.25 * size, foot),
            (x + 0.25 * size, foot - 0.4 * tall),
            (x + 0.38 * size, foot - 0.4 * tall),
            (x + 0.38 * size, foot),
        ],
        (88, 64, 52),
    )
    for left in (0.08, 0.46):
        c.area(
            [
                (x + left * size, foot - 0.55 * tall),
                (x + left * size, foot - 0.8 * tall),
                (x + (left + 0.12) * size, foot - 0.8 * tall),
                (x + (left + 0.12) * size, foot - 0.55 * tall),
            ],
            (96, 122, 140),
        )


def _tree(c: _Canvas, x: float, foot: float, tall: float) -> None:
    c.area([(x - 0.012, foot), (x - 0.006, foot - 0.7 * tall), (x + 0.008, foot - 0.7 * tall), (x + 0.014, foot)], (92, 70, 54))
    for shade, spread, count in (((52, 84, 50), 0.06, 22), ((84, 122, 62), 0.045, 16), ((136, 164, 88), 0.03, 9)):
        for _ in range(count):
            c.disc(
                x + c.rng.normal(-0.008, spread * tall * 2.2),
                foot - tall * c.rng.uniform(0.5, 1.05),
                0.02 + 0.03 * tall,
                shade,
                c.rng.uniform(0.92, 1.1),
            )


def _boat(c: _Canvas, x: float, y: float, size: float) -> None:
    c.area([(x, y), (x + size, y), (x + 0.8 * size, y + 0.2 * size), (x + 0.18 * size, y + 0.2 * size)], (116, 66, 50))
    c.area([(x + 0.48 * size, y - 0.02), (x + 0.48 * size, y - 1.1 * size), (x + 0.95 * size, y - 0.05)], (240, 234, 220))
    c.area([(x + 0.44 * size, y - 0.02), (x + 0.44 * size, y - 0.95 * size), (x + 0.1 * size, y - 0.05)], (222, 208, 186))


def _still_life(c: _Canvas, _place: str, words: set[str]) -> None:
    wall: Color = [(150, 134, 122), (110, 122, 128), (172, 150, 120)][int(c.rng.integers(3))]
    c.gradient(0, 0.66, c.lit(wall, 0.7), c.lit(wall))
    c.gradient(0.62, 1.0, c.lit((146, 104, 72)), c.lit((98, 66, 46)))
    if words & {"vase", "flowers", "bouquet"} or c.rng.random() < 0.5:
        c.disc(0.5, 0.62, 0.10, (82, 108, 138), squeeze=1.3)
        c.area([(0.45, 0.58), (0.47, 0.42), (0.53, 0.42), (0.55, 0.58)], (96, 124, 154))
        for _ in range(26):
            x, y = 0.5 + c.rng.normal(0, 0.12), 0.28 + c.rng.normal(0, 0.08)
            c.disc(
                x,
                y,
                c.rng.uniform(0.025, 0.05),
                [(206, 82, 88), (238, 200, 96), (236, 232, 238), (150, 110, 176), (92, 128, 76)][int(c.rng.integers(5))],
                c.rng.uniform(0.85, 1.1),
            )
    for _ in range(int(c.rng.integers(3, 7))):
        x, y = c.rng.uniform(0.12, 0.88), c.rng.uniform(0.70, 0.86)
        color: Color = [(186, 58, 48), (222, 150, 56), (150, 160, 66), (206, 186, 80)][int(c.rng.integers(4))]
        c.disc(x + 0.015, y + 0.055, 0.075, (60, 42, 34), squeeze=0.3)
        c.disc(x, y, 0.065, color, 0.85)
        c.disc(x - 0.012, y - 0.012, 0.045, color, 1.1)
        c.disc(x - 0.025, y - 0.028, 0.012, (250, 240, 226))


def _portrait(c: _Canvas, _place: str, _words: set[str]) -> None:
    back: Color = [(70, 84, 92), (112, 86, 70), (62, 70, 56)][int(c.rng.integers(3))]
    c.gradient(0, 1, c.lit(back, 1.15), c.lit(back, 0.75))
    skin: Color = [(228, 188, 160), (196, 148, 116), (138, 96, 74)][int(c.rng.integers(3))]
    hair: Color = [(62, 44, 36), (126, 84, 48), (40, 38, 42)][int(c.rng.integers(3))]
    cloth: Color = [(120, 54, 56), (54, 74, 108), (92, 98, 70)][int(c.rng.integers(3))]
    c.disc(0.5, 0.38, 0.215, hair, squeeze=1.25)
    c.area([(0.12, 1.0), (0.24, 0.76), (0.42, 0.68), (0.58, 0.68), (0.76, 0.76), (0.88, 1.0)], cloth)
    c.area([(0.44, 0.55), (0.56, 0.55), (0.585, 0.72), (0.5, 0.77), (0.415, 0.72)], skin, 0.82)
    c.disc(0.5, 0.43, 0.155, skin, squeeze=1.32)
    c.disc(0.545, 0.45, 0.105, skin, 1.07, squeeze=1.5)
    c.area([(0.345, 0.40), (0.36, 0.25), (0.5, 0.19), (0.64, 0.25), (0.655, 0.40), (0.6, 0.30), (0.42, 0.29)], hair)
    for x in (0.44, 0.56):
        c.disc(x, 0.41, 0.023, (244, 238, 230), squeeze=0.6)
        c.disc(x, 0.41, 0.011, (62, 52, 48))
        c.area([(x - 0.035, 0.375), (x, 0.36), (x + 0.035, 0.375), (x, 0.37)], hair)
    c.area([(0.495, 0.42), (0.478, 0.50), (0.52, 0.505)], skin, 0.82)
    c.area([(0.455, 0.555), (0.5, 0.545), (0.545, 0.555), (0.5, 0.578)], (176, 84, 80))
