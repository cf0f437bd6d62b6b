"""What a painter sees before the first stroke: the parts of the picture, and which of them lies behind which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.signals.raster import Labels, Map, Picture, blurred, box_mean, gradients, kmeans, luminance, scaled, to_lab

_GRID = 112
"""Longer side of the small picture in which regions are found, pixels."""
_PLACE_WEIGHT = 28.0
"""How much the place counts beside the colour, in units of L*a*b* a picture's width."""
ORDER_NOISE = 0.12
"""Scale of the Gumbel noise on the order: 0 would give every painter the same habits (Plackett–Luce)."""


@dataclass(frozen=True, slots=True)
class Regions:
    """The parts of a picture, numbered from the background to the foreground.

    Attributes:
        labels: (H, W) number of the region of each pixel.
        count: number of regions.
    """

    labels: Labels
    count: int

    def flattened(self, picture: Picture) -> Picture:
        """(H, W, 3) the picture with each region in its mean colour."""
        flat = self.labels.ravel()
        sizes = np.maximum(1, np.bincount(flat, minlength=self.count))
        sums = [np.bincount(flat, picture[..., channel].ravel(), self.count) for channel in range(3)]
        return (np.stack(sums, axis=1) / sizes[:, None]).astype(np.float32)[self.labels]


def find_regions(picture: Picture, count: int, seed: int, order_noise: float = ORDER_NOISE) -> Regions:
    """Cut a picture into parts of like colour and place, in the order in which they are painted.

    Background first: parts that touch the border, are large, plain, and high in the picture come before others; seeded
    noise swaps what is nearly equal.

    Args:
        order_noise: scale of that noise.
    """
    height, width = picture.shape[:2]
    scale = _GRID / max(height, width)
    small = scaled(blurred(picture, 1.0 / scale / 2), max(4, round(width * scale)), max(4, round(height * scale)))
    rows, columns = small.shape[:2]
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    place = np.stack([x, y], axis=-1) * (_PLACE_WEIGHT / max(rows, columns))
    features = np.concatenate([to_lab(small), place], axis=-1).reshape(-1, 5).astype(np.float32)
    labels, _ = kmeans(features, min(count, len(features)), seed)
    grid = _smoothed(labels.reshape(rows, columns), int(labels.max()) + 1)
    order = _painting_order(grid, luminance(small), seed, order_noise)
    ranks = np.empty(len(order), dtype=np.int32)
    ranks[order] = np.arange(len(order), dtype=np.int32)
    return Regions(_enlarged(ranks[grid], len(order), width, height), len(order))


def _smoothed(grid: Labels, count: int) -> Labels:
    """Each cell takes the label that most of its neighbours have: no crumbs."""
    votes = np.stack([box_mean((grid == label).astype(np.float32), 5) for label in range(count)])
    return votes.argmax(axis=0).astype(np.int32)


def _enlarged(grid: Labels, count: int, width: int, height: int) -> Labels:
    """Labels at full size, with smooth borders between regions."""
    best = np.full((height, width), -1.0, dtype=np.float32)
    labels = np.zeros((height, width), dtype=np.int32)
    for label in range(count):
        share = scaled((grid == label).astype(np.float32), width, height)
        wins = share > best
        labels[wins], best[wins] = label, share[wins]
    return labels


def _painting_order(grid: Labels, grey: Map, seed: int, order_noise: float) -> NDArray[np.int64]:
    count = int(grid.max()) + 1
    gx, gy = gradients(grey)
    detail = np.hypot(gx, gy)
    border = np.zeros(grid.shape, dtype=bool)
    border[[0, -1], :] = border[:, [0, -1]] = True
    rows = np.linspace(0, 1, grid.shape[0])[:, None] * np.ones(grid.shape)
    scores = np.full(count, np.inf)
    for label in range(count):
        inside = grid == label
        if inside.any():
            touching = (inside & border).sum() / border.sum()
            scores[label] = -1.6 * touching - 0.8 * inside.mean() + 6.0 * detail[inside].mean() + 0.7 * rows[inside].mean()
    noise = np.random.default_rng(seed).gumbel(0, order_noise, count)
    return np.argsort(scores - noise, kind="stable")
