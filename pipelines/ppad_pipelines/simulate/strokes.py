"""Strokes for an area: rows that cover it, marks scattered over it, runs along its edge.

Notation: N strokes of three points each are (N, 3, 2) float32, x and y in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.signals.raster import box_mean
from ppad_pipelines.simulate.hands import Hand

Lines = NDArray[np.float32]
Places = NDArray[np.float64]
Inside = NDArray[np.bool_]

_HATCH_TURN = 52.0
"""Direction of hatching, degrees."""


@dataclass(frozen=True, slots=True)
class Strokes:
    """Strokes in the order in which they are laid.

    Attributes:
        lines: (N, 3, 2).
        width: (N,) of the brush, pixels.
        colors: (N, 3) OKLab.
        piece: (N,) number of the piece that bounds each; 0 for none.
    """

    lines: Lines
    width: NDArray[np.float32]
    colors: NDArray[np.float32]
    piece: NDArray[np.int32]

    @classmethod
    def of(cls, lines: Lines, width: float, colors: NDArray[np.float32], piece: int) -> Strokes:
        """Strokes of one width on one piece; one colour for each, or one for all."""
        count = len(lines)
        return cls(
            lines,
            np.full(count, width, dtype=np.float32),
            np.broadcast_to(colors, (count, 3)).astype(np.float32),
            np.full(count, piece, dtype=np.int32),
        )

    @classmethod
    def joined(cls, parts: list[Strokes]) -> Strokes:
        """All of them, one after the other."""
        if not parts:
            return cls.of(np.zeros((0, 3, 2), np.float32), 1.0, np.zeros((0, 3), np.float32), 0)
        return cls(
            np.concatenate([part.lines for part in parts]),
            np.concatenate([part.width for part in parts]),
            np.concatenate([part.colors for part in parts]),
            np.concatenate([part.piece for part in parts]),
        )


def laid(inside: Inside, width: float, turn: float, hand: Hand, rng: np.random.Generator, share: float = 1.0) -> Lines:
    """Strokes that cover an area: rows in one direction, moved and bent a little, from the top on.

    Args:
        inside: (H, W) the area.
        turn: direction, degrees.
        share: of the strokes that are laid.
    """
    box = _box(inside)
    if box is None:
        return np.zeros((0, 3, 2), dtype=np.float32)
    left, top, right, bottom = box
    angle = np.radians((1 - hand.hatch) * turn + hand.hatch * _HATCH_TURN)
    along, across = np.array([np.cos(angle), -np.sin(angle)]), np.array([np.sin(angle), np.cos(angle)])
    steps = np.array([max(width, 0.72 * max(0.6, hand.length) * width), width * (0.78 + 1.1 * hand.gaps)])
    reach = 0.5 * (np.abs(np.stack([along, across])) @ np.array([right - left, bottom - top]))
    most = np.ceil(reach / steps).astype(int) + 1
    i, j = np.meshgrid(np.arange(-most[0], most[0] + 1), np.arange(-most[1], most[1] + 1))
    grid = np.stack([i.ravel() + 0.5 * (j.ravel() % 2), j.ravel()], axis=1) + rng.normal(0, 0.16, (i.size, 2))
    middles = (0.5 * (left + right), 0.5 * (top + bottom)) + (grid * steps) @ np.stack([along, across])
    middles = middles[_within(inside, middles, 0.45 * width)]
    if not len(middles):  # an area between the rows: one stroke in its middle
        middles = np.array([[0.5 * (left + right), 0.5 * (top + bottom)]])
    if share < 1:
        middles = middles[rng.random(len(middles)) < share]
    order = np.argsort(middles[:, 1] + rng.normal(0, 0.18 * (bottom - top) + 1, len(middles)), kind="stable")
    middles = middles[order]
    turns = angle + rng.normal(0, np.radians(hand.wander), (2, len(middles)))
    half = 0.5 * max(0.05, hand.length - 1) * width
    before, after = (half * np.stack([np.cos(one), -np.sin(one)], axis=1) for one in turns)
    return np.stack([middles - before, middles, middles + after], axis=1).astype(np.float32)


def marks(places: Places, turn: float, spread: float, length: float, rng: np.random.Generator) -> Lines:
    """Short strokes at these places, in about one direction (degrees)."""
    angle = np.radians(turn + rng.normal(0, spread, len(places)))
    reach = 0.5 * length * np.stack([np.cos(angle), -np.sin(angle)], axis=1)
    return np.stack([places - reach, places, places + reach], axis=1).astype(np.float32)


def scattered(inside: Inside, apart: float, share: float, rng: np.random.Generator) -> Places:
    """(N, 2) x and y: places spread over an area at about that distance, a share of them."""
    box = _box(inside)
    if box is None:
        return np.zeros((0, 2))
    left, top, right, bottom = box
    x, y = np.meshgrid(np.arange(left, right + apart, apart), np.arange(top, bottom + apart, apart))
    x = x + 0.5 * apart * (np.arange(len(x)) % 2)[:, None]
    places = np.stack([x.ravel(), y.ravel()], axis=1) + rng.normal(0, 0.22 * apart, (x.size, 2))
    return places[_within(inside, places, 0) & (rng.random(len(places)) < share)]


def edge_runs(corners: NDArray[np.float32], wobble: float, rng: np.random.Generator) -> Lines:
    """The outline of a polygon in runs of three corners, drawn by hand."""
    count = len(corners)
    starts = np.arange(0, count, 2)
    runs = corners[(starts[:, None] + np.arange(3)) % count]
    return (runs + rng.normal(0, wobble, runs.shape)).astype(np.float32)


def _box(inside: Inside) -> tuple[int, int, int, int] | None:
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not len(rows):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


def _within(inside: Inside, places: Places, reach: float) -> Inside:
    """Which places lie inside, or no further than `reach` from it."""
    near = box_mean(inside.astype(np.float32), 2 * round(reach) + 1) > 0 if reach >= 1 else inside
    x, y = np.round(places).astype(int).T
    height, width = inside.shape
    valid = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    found = np.zeros(len(places), dtype=bool)
    found[valid] = near[y[valid], x[valid]]
    return found
