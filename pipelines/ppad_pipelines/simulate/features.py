"""Plain features of a process, for baselines that say what can be read from where: its last frame, or all its frames."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ppad.media.images import Pixels
from ppad.signals.raster import blurred, gradients, scaled
from ppad_pipelines.simulate.colors import Floats, oklab_from_srgb

Features = NDArray[np.float64]
_LAST_SIDE, _HISTORY_SIDE, _COARSE = 128, 64, (8, 6)


def last_frame_features(frame: Pixels) -> Features:
    """(61,) colours as a whole, by place and by hue, and edges at three scales.

    Args:
        frame: (H, W, 3) uint8.
    """
    lab = oklab_from_srgb(_small(frame, _LAST_SIDE))
    places = scaled(lab, 4, 3).reshape(-1)
    chroma, hue = np.hypot(lab[..., 1], lab[..., 2]), np.arctan2(lab[..., 2], lab[..., 1])
    hues, _ = np.histogram(hue, bins=12, range=(-np.pi, np.pi), weights=chroma)
    edges = [_edges(lab[..., 0], sigma) for sigma in (0.0, 1.0, 2.0)]
    spread = [lab.reshape(-1, 3).mean(axis=0), lab.reshape(-1, 3).std(axis=0), [chroma.mean(), chroma.std()]]
    return np.concatenate([places, hues / max(1e-9, hues.sum()), edges, [_distinct(lab)], *spread]).astype(np.float64)


def history_features(frames: Sequence[Pixels]) -> Features:
    """(24,) how far each step goes, turns hues and leads away from the end: the largest, the second and the mean.

    Args:
        frames: (H, W, 3) uint8 each, in painting order; at least two.
    """
    labs = [oklab_from_srgb(_small(frame, _HISTORY_SIDE)) for frame in frames]
    steps = []
    for before, after in pairwise(labs):
        light, color = np.abs(after - before)[..., 0], np.abs(after - before)[..., 1:]
        away = max(0.0, _distance(after, labs[-1]) - _distance(before, labs[-1]))
        fine = abs(_edges(after[..., 0], 0.0) - _edges(before[..., 0], 0.0))
        coarse = np.abs(scaled(after, *_COARSE) - scaled(before, *_COARSE)).mean()
        means = [light.mean(), (light > 0.06).mean(), color.mean(), (color > 0.04).mean()]
        steps.append([*means, coarse, _turn(before, after), away, fine])
    ordered = np.sort(np.array(steps), axis=0)
    return np.concatenate([ordered[-1], ordered[-2] if len(ordered) > 1 else ordered[-1], ordered.mean(axis=0)])


def _small(frame: Pixels, side: int) -> Floats:
    height, width = frame.shape[:2]
    share = min(1.0, side / max(height, width))
    return scaled(frame.astype(np.float32) / np.float32(255), max(4, round(width * share)), max(3, round(height * share)))


def _edges(lightness: Floats, sigma: float) -> float:
    gx, gy = gradients(blurred(np.ascontiguousarray(lightness), sigma))
    return float(np.hypot(gx, gy).mean())


def _distinct(lab: Floats) -> float:
    """How many colours there are, counted in cells of OKLab, as a logarithm."""
    cells = np.round(lab.reshape(-1, 3) / (0.08, 0.04, 0.04)).astype(int)
    return float(np.log(len(np.unique(cells, axis=0))))


def _distance(one: Floats, other: Floats) -> float:
    return float(np.sqrt(np.mean((one - other) ** 2)))


def _turn(before: Floats, after: Floats) -> float:
    """Mean turn of hues in radians, where there is colour."""
    one, other = before[..., 1] + 1j * before[..., 2], after[..., 1] + 1j * after[..., 2]
    return float(abs(np.angle(np.sum(other * np.conj(one)) + 1e-12)))
