"""Paths of strokes: followed along a field of directions, all at once, point by point."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ppad.signals.raster import Map

Points = NDArray[np.float32]
Cells = NDArray[np.int64]
MayGoOn = Callable[[int, Cells, Cells], NDArray[np.bool_]]
"""Told the number of the point and its rows and columns: whether each stroke may reach so far."""


def strongest_places(values: Map, spacing: int, least: float, rng: np.random.Generator) -> Cells:
    """(N, 2) rows and columns: the strongest place of each cell of a grid whose mean is above `least`, about."""
    height, width = values.shape
    rows, columns = height // spacing, width // spacing
    if rows == 0 or columns == 0:
        return np.zeros((0, 2), dtype=np.int64)
    top, left = (height - rows * spacing) // 2, (width - columns * spacing) // 2
    cells = values[top : top + rows * spacing, left : left + columns * spacing]
    cells = cells.reshape(rows, spacing, columns, spacing).swapaxes(1, 2).reshape(rows * columns, -1)
    best = (cells * rng.uniform(0.85, 1.0, cells.shape)).argmax(axis=1)
    place = np.arange(rows * columns)
    y = top + (place // columns) * spacing + best // spacing
    x = left + (place % columns) * spacing + best % spacing
    return np.stack([y, x], axis=1)[cells.mean(axis=1) > least]


def follow(seeds: Cells, gx: Map, gy: Map, length: int, stride: float, may_go_on: MayGoOn) -> tuple[Points, Cells]:
    """Follow strokes from their seeds, normal to a gradient, as far as they may go.

    Args:
        seeds: (N, 2) rows and columns.
        length: most steps.
        stride: pixels a step.

    Returns:
        (N, length + 1, 2) points as x and y, and how many of them each stroke has, at least 1.
    """
    height, width = gx.shape
    count = len(seeds)
    points = np.zeros((count, length + 1, 2), dtype=np.float32)
    points[:, 0] = seeds[:, ::-1]
    lengths = np.ones(count, dtype=np.int64)
    goes_on = np.ones(count, dtype=bool)
    y, x = seeds[:, 0].copy(), seeds[:, 1].copy()
    dx: Map = np.zeros(count, dtype=np.float32)
    dy: Map = np.zeros(count, dtype=np.float32)
    for number in range(1, length + 1):
        nx, ny = unit(-gy[y, x], gx[y, x])
        if number == 1:
            turn = _away_from_the_edge(seeds, nx, ny, stride, may_go_on)
        else:
            turn = np.where(nx * dx + ny * dy < 0, np.float32(-1), np.float32(1))
        dx, dy = unit(0.65 * nx * turn + 0.35 * dx, 0.65 * ny * turn + 0.35 * dy)
        place = points[:, number - 1] + stride * np.stack([dx, dy], axis=1)
        inside = (place[:, 0] >= 0) & (place[:, 0] < width) & (place[:, 1] >= 0) & (place[:, 1] < height)
        x = np.clip(place[:, 0], 0, width - 1).astype(np.int64)
        y = np.clip(place[:, 1], 0, height - 1).astype(np.int64)
        goes_on &= inside & may_go_on(number, y, x)
        points[:, number] = place
        lengths += goes_on
    return points, lengths


def _away_from_the_edge(seeds: Cells, nx: Map, ny: Map, stride: float, may_go_on: MayGoOn) -> Map:
    """−1 where a stroke may not go ahead, so that it goes the other way: strokes at an edge are drawn along or inwards."""
    places = np.maximum(0, seeds + np.round(stride * np.stack([ny, nx], axis=1))).astype(np.int64)
    limits = seeds.max(axis=0, initial=0)
    y, x = np.minimum(places, limits).T
    return np.where(may_go_on(1, y, x), np.float32(1), np.float32(-1))


def unit(x: Map, y: Map) -> tuple[Map, Map]:
    """Vectors of length 1 with these directions."""
    norm = np.maximum(np.hypot(x, y), np.float32(1e-6))
    return (x / norm).astype(np.float32), (y / norm).astype(np.float32)
