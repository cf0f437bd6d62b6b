"""The lines of a drawing: edges followed along their ridges in both directions, the large shapes first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ppad.signals.raster import Map, blurred, brush_footprint, gradients, scaled
from ppad_pipelines.synth.strokes.tracing import Cells, Points, unit

_SIDE = 256
"""Longer side of the picture in which lines are followed, pixels: a drawing does not follow every pixel."""
_COARSE, _FINE = 0.016, 0.007
"""Blur before the edges of large shapes and of what is within them are looked for, shares of the longer side."""
_REACH = 90
"""Most steps in each direction."""
_FEWEST = 5
"""Points below which a line is a speck."""


def drawing(grey: Map, rng: np.random.Generator, *, is_fine: bool = True) -> list[Points]:
    """Lines along the edges of a picture: those of large shapes, then, if wanted, those within them.

    Args:
        grey: (H, W) 0–1.

    Returns:
        (N, 2) x and y each, pixels.
    """
    height, width = grey.shape
    scale = min(1.0, _SIDE / max(height, width))
    small = scaled(grey, max(2, round(width * scale)), max(2, round(height * scale))) if scale < 1 else grey
    taken = np.zeros(small.shape, dtype=bool)
    lines: list[Points] = []
    for blur, least in ((_COARSE, 0.70), (_FINE, 0.78))[: 2 if is_fine else 1]:
        lines += _new_lines(blurred(small, blur * max(small.shape)), least, taken, rng)
    return [line / np.float32(scale) for line in lines]


def _new_lines(grey: Map, least: float, taken: NDArray[np.bool_], rng: np.random.Generator) -> list[Points]:
    """Lines along ridges of the gradient that are not drawn yet, the longest first; marks where they run."""
    gx, gy = gradients(grey)
    strength = np.hypot(gx, gy)
    limit = max(float(np.quantile(strength, least)), 0.004)
    seeds = _ridge(strength, gx, gy, limit)
    seeds = seeds[~taken[seeds[:, 0], seeds[:, 1]]]
    seeds = _thinned(seeds, strength, max(2, max(grey.shape) // 48))
    ahead, behind = (_along(seeds, strength, gx, gy, sign, 0.6 * limit) for sign in (1, -1))
    lines = [np.concatenate([back[:0:-1], front]) for front, back in zip(ahead, behind, strict=True)]
    kept = []
    for line in sorted(lines, key=len, reverse=True):
        rows, columns = line[:, 1].astype(int), line[:, 0].astype(int)
        if len(line) >= _FEWEST and taken[rows, columns].mean() < 0.35:
            kept.append(_wavering(line, rng))
            box = (0, 0, grey.shape[1], grey.shape[0])
            taken |= brush_footprint(line, 4, box) > 0
    return kept


def _ridge(strength: Map, gx: Map, gy: Map, limit: float) -> Cells:
    """(N, 2) rows and columns where the gradient is stronger than on either side of it."""
    height, width = strength.shape
    nx, ny = unit(gx, gy)
    y, x = np.mgrid[0:height, 0:width]
    is_ridge = strength > limit
    for sign in (1, -1):
        rows = np.clip(np.round(y + sign * ny), 0, height - 1).astype(int)
        columns = np.clip(np.round(x + sign * nx), 0, width - 1).astype(int)
        is_ridge &= strength >= strength[rows, columns]
    return np.argwhere(is_ridge)


def _thinned(seeds: Cells, strength: Map, spacing: int) -> Cells:
    """The strongest seed of each cell of a grid."""
    order = np.argsort(-strength[seeds[:, 0], seeds[:, 1]], kind="stable")
    cells = seeds[order] // spacing
    _, first = np.unique(cells, axis=0, return_index=True)
    return seeds[order][np.sort(first)]


def _along(seeds: Cells, strength: Map, gx: Map, gy: Map, sign: int, limit: float) -> list[Points]:
    """Follow ridges from seeds in one direction, until they fade or turn sharply."""
    height, width = strength.shape
    count = len(seeds)
    places = np.zeros((count, _REACH + 1, 2), dtype=np.float32)
    places[:, 0] = seeds[:, ::-1]
    lengths, goes_on = np.ones(count, dtype=np.int64), np.ones(count, dtype=bool)
    y, x = seeds[:, 0].copy(), seeds[:, 1].copy()
    dx, dy = unit(-gy[y, x] * sign, gx[y, x] * sign)
    for number in range(1, _REACH + 1):
        place = places[:, number - 1] + 1.5 * np.stack([dx, dy], axis=1)
        place = _snapped(place, strength, dx, dy)
        inside = (place[:, 0] >= 0) & (place[:, 0] < width) & (place[:, 1] >= 0) & (place[:, 1] < height)
        x = np.clip(place[:, 0], 0, width - 1).astype(np.int64)
        y = np.clip(place[:, 1], 0, height - 1).astype(np.int64)
        nx, ny = unit(-gy[y, x], gx[y, x])
        same = nx * dx + ny * dy
        turn = np.where(same < 0, np.float32(-1), np.float32(1))
        goes_on &= inside & (strength[y, x] > limit) & (np.abs(same) > 0.5)
        dx, dy = unit(0.5 * nx * turn + 0.5 * dx, 0.5 * ny * turn + 0.5 * dy)
        places[:, number] = place
        lengths += goes_on
    return [places[number, :length] for number, length in enumerate(lengths)]


def _snapped(place: Points, strength: Map, dx: Map, dy: Map) -> Points:
    """Places moved onto the ridge beside them, by at most half a pixel."""
    best, value = place, np.full(len(place), -1.0, dtype=np.float32)
    for shift in (0.0, 0.5, -0.5):
        moved = place + np.float32(shift) * np.stack([-dy, dx], axis=1)
        rows = np.clip(np.round(moved[:, 1]), 0, strength.shape[0] - 1).astype(int)
        columns = np.clip(np.round(moved[:, 0]), 0, strength.shape[1] - 1).astype(int)
        here = strength[rows, columns]
        better = here > value
        best = np.where(better[:, None], moved, best)
        value = np.where(better, here, value)
    return best.astype(np.float32)


def _wavering(line: Points, rng: np.random.Generator) -> Points:
    """Every third point of a line, a little off: a hand's, not a machine's."""
    kept = line[np.unique(np.append(np.arange(0, len(line), 3), len(line) - 1))]
    return (kept + rng.normal(0, 0.22, kept.shape)).astype(np.float32)
