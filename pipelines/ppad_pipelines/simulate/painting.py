"""The paint of one body, stage by stage: flat tones, light, broken hues, parts, textures, accents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.signals.raster import Labels, filled
from ppad_pipelines.simulate.hands import Hand
from ppad_pipelines.simulate.layers import SUPERSAMPLED, Layer, Stage, layer_of
from ppad_pipelines.simulate.scene import Body, Piece
from ppad_pipelines.simulate.strokes import Lines, Strokes, edge_runs, laid, marks, scattered
from ppad_pipelines.simulate.things import Points, library

_BRUSH = 0.048
"""Usual width of a brush as a share of the picture's longer side."""
_MARK, _ACCENT, _PENCIL = 0.0066, 0.0056, 0.004
"""Width of the marks of textures, of accents, and of the line drawing, likewise."""
_PENCIL_TONE = np.array([0.50, 0.01, 0.01], dtype=np.float32)
_LIT = np.array([0.085, 0.010, 0.030], dtype=np.float32)
"""What full light adds to a colour, and full shade takes, in OKLab: lighter and warmer, darker and cooler."""
_RISING = {"upper": 1.0, "far_plane": 0.7, "lower": -0.8, "near_plane": -0.7}
"""How far planes are lighter at their lower edge than at their upper one: the sky at the horizon, the land far away."""

Colors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Look:
    """How richly a picture is painted, and under which light.

    Attributes:
        size: longer side, pixels.
        brush: width of brushes, in usual widths.
        light: direction that light comes from, degrees, 0 from the right, 90 from above.
        colors: how far light, shade and broken hues are worked out, 0–1.
        details: how many of the three bands of detail are there, 0–1 for none to all.
        outlined: whether a line drawing lies below.
    """

    size: int
    brush: float
    light: float
    colors: float
    details: float
    outlined: bool

    def band(self, number: int) -> float:
        """Share of the marks of a band of detail, 0 broad to 2 fine, that are made."""
        return float(np.clip(3 * self.details - number, 0, 1))


@dataclass(frozen=True, slots=True)
class Sheet:
    """The layers of a body, and the corner of their box: x and y in the picture, pixels."""

    body: Body
    left: int
    top: int
    layers: tuple[Layer, ...]


def paint_body(body: Body, hand: Hand, look: Look) -> Sheet:
    """All layers of a body in one manner."""
    return _BodyPainter(body, hand, look).sheet()


class _BodyPainter:
    def __init__(self, body: Body, hand: Hand, look: Look) -> None:
        self._body, self._hand, self._look = body, hand, look
        self._scale = look.size * SUPERSAMPLED
        corners = np.concatenate([piece.corners for piece in body.pieces]) * look.size
        margin = 2 + round(0.02 * look.size)
        self._left, self._top = (np.floor(corners.min(axis=0)).astype(int) - margin).tolist()
        right, bottom = (np.ceil(corners.max(axis=0)).astype(int) + margin).tolist()
        self._width, self._height = (right - self._left) * SUPERSAMPLED, (bottom - self._top) * SUPERSAMPLED
        self._parts = [piece for piece in body.pieces if not piece.is_detail]
        self._labels = self._numbered(self._parts)
        span = float(np.sqrt(np.count_nonzero(self._labels)))
        self._brush = max(1.0, min(_BRUSH * self._scale, 0.34 * span) * look.brush * hand.width)

    def sheet(self) -> Sheet:
        look = self._look
        wanted = [
            (Stage.SKETCH, look.outlined, self._sketch),
            (Stage.FLAT, True, self._flat),
            (Stage.LIGHT, look.colors > 0, self._light),
            (Stage.HUES, look.colors > 0, self._hues),
            (Stage.TEXTURE, look.band(1) > 0, self._texture),
            (Stage.ACCENTS, look.band(2) > 0, self._accents),
        ]
        layers = []
        for stage, is_wanted, painted in wanted:
            rng = np.random.default_rng([*self._body.seed, 2, int(stage)])
            if is_wanted:
                layers.append(self._layer(stage, list(painted(rng)), self._labels, rng))
        if look.band(0) > 0:
            rng = np.random.default_rng([*self._body.seed, 2, int(Stage.PARTS)])
            details = self._details(rng)
            labels = self._numbered(details)
            layers.append(self._layer(Stage.PARTS, list(self._detailed(details, labels, rng)), labels, rng))
        there = sorted((layer for layer in layers if layer is not None), key=lambda layer: layer.stage)
        return Sheet(self._body, self._left, self._top, tuple(there))

    def _layer(self, stage: Stage, strokes: list[Strokes], labels: Labels, rng: np.random.Generator) -> Layer | None:
        return layer_of(stage, Strokes.joined(strokes), labels, self._hand, self._brush, self._parts[0].turn, rng)

    def _pixels(self, corners: Points) -> Points:
        return corners * np.float32(self._scale) - np.array([self._left, self._top], dtype=np.float32) * SUPERSAMPLED

    def _numbered(self, pieces: Sequence[Piece]) -> Labels:
        """Which piece is seen at each pixel, from 1; 0 for none."""
        labels = np.zeros((self._height, self._width), dtype=np.int32)
        for number, piece in enumerate(pieces, start=1):
            labels[filled(self._pixels(piece.corners), self._width, self._height) > 127] = number
        return labels

    def _color(self, piece: Piece) -> Colors:
        return self._body.colors[piece.paint] + np.array([piece.shade, 0, 0], dtype=np.float32)

    def _jitter(self, count: int, rng: np.random.Generator) -> Colors:
        return (rng.normal(0, self._hand.jitter, (count, 3)) * (1, 0.3, 0.3)).astype(np.float32)

    def _sketch(self, rng: np.random.Generator) -> Iterator[Strokes]:
        for piece in self._parts:
            runs = edge_runs(self._pixels(piece.corners), 0.0018 * self._scale, rng)
            yield Strokes.of(runs, _PENCIL * self._scale, _PENCIL_TONE, 0)

    def _flat(self, rng: np.random.Generator) -> Iterator[Strokes]:
        for number, piece in enumerate(self._parts, start=1):
            lines = laid(self._labels == number, self._brush, piece.turn, self._hand, rng)
            yield Strokes.of(lines, self._brush, self._color(piece) + self._jitter(len(lines), rng), number)

    def _light(self, rng: np.random.Generator) -> Iterator[Strokes]:
        """Light and shade over each part."""
        width = 0.72 * self._brush
        for number, piece in enumerate(self._parts, start=1):
            lines = laid(self._labels == number, width, piece.turn, self._hand, rng)
            colors = self._color(piece) + self._look.colors * self._lit(piece, lines)[:, None] * _LIT
            yield Strokes.of(lines, width, colors + self._jitter(len(lines), rng), number)

    def _lit(self, piece: Piece, lines: Lines) -> NDArray[np.float32]:
        """How much light falls on each stroke, -1 to 1, by its place within the piece."""
        corners = self._pixels(piece.corners)
        low, high = corners.min(axis=0), corners.max(axis=0)
        u, v = (2 * (lines[:, 1] - low) / np.maximum(high - low, 1) - 1).T
        if not self._body.is_thing:
            return np.clip(_RISING[self._body.name] * v, -1, 1)
        angle = np.radians(self._look.light)
        return np.clip(u * np.float32(np.cos(angle)) - v * np.float32(np.sin(angle)), -1, 1)

    def _hues(self, rng: np.random.Generator) -> Iterator[Strokes]:
        """Broken colour: scattered strokes whose hue and chroma go to either side of what is there."""
        width, share = 0.5 * self._brush, self._look.colors
        for number, piece in enumerate(self._parts, start=1):
            lines = laid(self._labels == number, width, piece.turn, self._hand, rng, share=0.42)
            base, count = self._color(piece), len(lines)
            turn = np.radians(rng.normal(0, 32 if self._body.is_thing else 22, count) * share)
            stretch = 1 + share * rng.uniform(-0.1, 0.5, count)
            lightness = base[0] + share * (0.085 * self._lit(piece, lines) + rng.normal(0, 0.03, count))
            a = stretch * (np.cos(turn) * base[1] - np.sin(turn) * base[2])
            b = stretch * (np.sin(turn) * base[1] + np.cos(turn) * base[2])
            yield Strokes.of(lines, width, np.stack([lightness, a, b], axis=1).astype(np.float32), number)

    def _details(self, rng: np.random.Generator) -> list[Piece]:
        """Parts that make a thing what it is: the first of them where not all are made."""
        details = [piece for piece in self._body.pieces if piece.is_detail]
        return details[: int(self._look.band(0) * len(details) + rng.random())]

    def _detailed(self, details: Sequence[Piece], labels: Labels, rng: np.random.Generator) -> Iterator[Strokes]:
        for number, piece in enumerate(details, start=1):
            inside = labels == number
            width = max(0.012 * self._scale, min(0.4 * float(np.sqrt(np.count_nonzero(inside))), self._brush))
            lines = laid(inside, width, piece.turn, self._hand, rng)
            yield Strokes.of(lines, width, self._color(piece) + self._jitter(len(lines), rng), number)

    def _texture(self, rng: np.random.Generator) -> Iterator[Strokes]:
        for number, piece in enumerate(self._parts, start=1):
            if piece.grain is None:
                continue
            grain = library().grains[piece.grain]
            places = scattered(self._labels == number, grain.apart * self._scale, self._look.band(1), rng)
            lines = marks(places, grain.turn, grain.spread, grain.length * self._scale, rng)
            yield Strokes.of(lines, _MARK * self._scale, self._touched(piece, len(lines), (-0.13, -0.09, 0.08), rng), number)

    def _accents(self, rng: np.random.Generator) -> Iterator[Strokes]:
        """The finest band: lines along edges, small dark and light touches."""
        band, width = self._look.band(2), _ACCENT * self._scale
        for number, piece in enumerate(self._parts, start=1):
            if self._body.is_thing:
                runs = edge_runs(self._pixels(piece.corners), 0.0014 * self._scale, rng)
                runs = runs[rng.random(len(runs)) < 0.8 * band]
                yield Strokes.of(runs, width, self._color(piece) - np.array([0.2, 0, 0], np.float32), number)
            apart = (0.030 if self._body.is_thing else 0.050) * self._scale
            places = scattered(self._labels == number, apart, band, rng)
            lines = marks(places, 0, 90, 0.007 * self._scale, rng)
            yield Strokes.of(lines, width, self._touched(piece, len(lines), (-0.18, 0.14), rng), number)

    def _touched(self, piece: Piece, count: int, shades: Sequence[float], rng: np.random.Generator) -> Colors:
        """The colour of a piece, darker or lighter; planes, which lie behind, less so."""
        shade = rng.choice(shades, count) * (1.0 if self._body.is_thing else 0.42)
        return (self._color(piece) + np.stack([shade, 0 * shade, 0 * shade], axis=1)).astype(np.float32)
