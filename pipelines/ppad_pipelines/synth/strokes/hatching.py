"""Tone by lines: parallel lines, each drawn where the tone is dark enough for it, so that they lie evenly at every tone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.signals.raster import Labels, Map
from ppad_pipelines.synth.strokes.tracing import Points

_STEP = 2.0
"""Pixels between two looks along a line."""
_BOW = 0.035
"""How far a line bows out, as a share of its length: a wrist turns."""


@dataclass(frozen=True, slots=True)
class Hatch:
    """One line of a hatching.

    Attributes:
        points: (3, 2) x and y, pixels.
        part: of the picture.
        rank: 0–1, its place in the order in which a hand lays the lines of a part.
    """

    points: Points
    part: int
    rank: float


def hatching(
    share: Map, labels: Labels, angles: NDArray[np.float64], spacing: float, longest: float, rng: np.random.Generator
) -> list[Hatch]:
    """Lines for every part of a picture, each part hatched in a direction of its own.

    Args:
        share: (H, W) share of all lines that the tone needs at each place, 0–1.
        labels: (H, W) parts, numbered from 0.
        angles: direction of each part, radians.
        spacing: pixels between two lines where all are drawn.
        longest: pixels.
    """
    lines: list[Hatch] = []
    for part, angle in enumerate(angles):
        rows, columns = np.nonzero((labels == part) & (share > 0))
        if len(rows):
            box = (columns.min(), rows.min(), columns.max(), rows.max())
            lines += _of_part(share, labels, part, float(angle), box, spacing, longest, rng)
    return lines


def _of_part(
    share: Map, labels: Labels, part: int, angle: float, box: tuple[int, int, int, int], spacing: float, longest: float,
    rng: np.random.Generator,
) -> list[Hatch]:  # fmt: skip
    along, across = _screen(box, spacing)
    cos, sin = np.cos(angle), np.sin(angle)
    centre_x, centre_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    wander = across[:, None] + rng.normal(0, 0.12 * spacing, len(across))[:, None]
    x = centre_x + along[None] * cos - wander * sin
    y = centre_y + along[None] * sin + wander * cos
    height, width = share.shape
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    columns, rows = np.clip(x, 0, width - 1).astype(int), np.clip(y, 0, height - 1).astype(int)
    limits = _even_thresholds(len(across))[:, None]
    drawn = inside & (labels[rows, columns] == part) & (share[rows, columns] > limits)
    lines = []
    for line, start, end in _pieces(drawn, max(2, round(longest / _STEP)), rng):
        ends = np.array([[x[line, start], y[line, start]], [x[line, end], y[line, end]]], dtype=np.float32)
        lines.append(Hatch(_bowed(ends, rng), part, line / len(across)))
    return lines


def _screen(box: tuple[int, int, int, int], spacing: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places along and across the lines, from the middle of a box, that cover it in every direction."""
    reach = np.hypot(box[2] - box[0], box[3] - box[1]) / 2 + spacing
    return np.arange(-reach, reach, _STEP), np.arange(-reach, reach, spacing)


def _even_thresholds(count: int) -> NDArray[np.float64]:
    """A threshold for each of some lines, so that those below any tone lie evenly: the golden-ratio sequence."""
    return np.mod(np.arange(count, dtype=np.float64) * 0.6180339887498949 + 0.5, 1.0)


def _pieces(drawn: NDArray[np.bool_], longest: int, rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """Line, first and last place of each stretch that is drawn, cut to lengths that a hand makes."""
    padded = np.pad(drawn, ((0, 0), (1, 1)))
    change = np.diff(padded.astype(np.int8), axis=1)
    line, starts = np.nonzero(change == 1)
    _, ends = np.nonzero(change == -1)
    pieces = []
    for number, start, end in zip(line.tolist(), starts.tolist(), ends.tolist(), strict=True):
        while end - start > 1:
            stop = min(end, start + int(longest * rng.uniform(0.6, 1.0)) + 1)
            pieces.append((number, start, stop - 1))
            start = stop + int(rng.integers(0, 2))
    return pieces


def _bowed(ends: Points, rng: np.random.Generator) -> Points:
    way = ends[1] - ends[0]
    middle = ends.mean(axis=0) + np.array([-way[1], way[0]]) * np.float32(rng.normal(_BOW, _BOW / 2))
    return np.stack([ends[0], middle, ends[1]]).astype(np.float32)
