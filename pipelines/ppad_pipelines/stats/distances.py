"""How far two collections are apart, statistic by statistic, and how far they would be by chance.

Everything is drawn from a seed, so that the same collections give the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ppad_pipelines.stats.measures import CURVES, GRID, NUMBERS, Array, Profile

_LEVELS = (np.arange(200) + 0.5) / 200
"""Levels at which quantile functions are compared."""


@dataclass(frozen=True, slots=True)
class Apart:
    """How far two collections are apart in one statistic.

    Attributes:
        statistic: its id.
        distance: Wasserstein-1 distance in the statistic's own units; of a curve, the mean over its places.
        low, high: 95 % interval of it over resampled processes.
        chance: the distance that 95 % of random divisions of all processes stay below: at or below it, a difference shows
            nothing. It shrinks as processes are added; a distance between small samples is never 0.
        rms: RMS difference of the mean curves, or difference of the means.
        relative: the distance in units of the spread among processes of one collection.
    """

    statistic: str
    distance: float
    low: float
    high: float
    chance: float
    rms: float
    relative: float


def apart(reference: Profile, other: Profile, *, rounds: int = 200, seed: int = 0) -> list[Apart]:
    """Compare two collections in every statistic.

    Args:
        rounds: resamplings behind each interval and chance level.
    """
    a, b = reference.values, other.values
    rng = np.random.default_rng(seed)
    distances = wasserstein(a, b)
    resampled = _repeat(rounds, lambda: wasserstein(a[rng.integers(0, len(a), len(a))], b[rng.integers(0, len(b), len(b))]))
    both = np.concatenate([a, b])

    def divided() -> Array:
        order = rng.permutation(len(both))
        return wasserstein(both[order[: len(a)]], both[order[len(a) :]])

    chance = np.quantile(_repeat(rounds, divided), 0.95, axis=0)
    low, high = np.quantile(resampled, (0.025, 0.975), axis=0)
    shift = _per_statistic(np.square(a.mean(axis=0) - b.mean(axis=0)))
    rms = np.sqrt(shift)
    relative = distances / np.maximum(spread(a, b), 1e-9)
    columns = (distances, low, high, chance, rms, relative)
    names = [statistic.id for statistic in (*CURVES, *NUMBERS)]
    return [Apart(name, *(float(column[place]) for column in columns)) for place, name in enumerate(names)]


def wasserstein(a: Array, b: Array) -> Array:
    """(S + K,) Wasserstein-1 distances between the processes of two collections; of curves, the means over their places.

    The distance of two quantile functions, at 200 levels.

    Args:
        a, b: (P, S · G + K), as `Profile.values`.
    """
    return _per_statistic(np.abs(np.quantile(a, _LEVELS, axis=0) - np.quantile(b, _LEVELS, axis=0)).mean(axis=0))


def spread(a: Array, b: Array) -> Array:
    """(S + K,) standard deviation among the processes of one collection, the two pooled; of curves, RMS over their places."""
    pooled = (len(a) * a.var(axis=0) + len(b) * b.var(axis=0)) / (len(a) + len(b))
    return np.sqrt(_per_statistic(pooled))


def _per_statistic(values: Array) -> Array:
    """(S + K,): the mean over the places of each curve, then the numbers as they are."""
    curves = values[: len(CURVES) * len(GRID)].reshape(len(CURVES), len(GRID))
    return np.concatenate([curves.mean(axis=1), values[curves.size :]])


def _repeat(rounds: int, draw: Callable[[], Array]) -> Array:
    return np.stack([draw() for _ in range(rounds)])
