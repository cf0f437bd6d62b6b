"""Distances between collections: zero between equals, the shift between shifted ones, and scipy's in general."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from ppad_pipelines.stats.distances import apart, wasserstein
from ppad_pipelines.stats.measures import CURVES, GRID, NUMBERS, Profile

S, G, K = len(CURVES), len(GRID), len(NUMBERS)


def profile(name: str, count: int, seed: int, shift: float = 0.0) -> Profile:
    """A collection whose every value is normally spread by 0.1 around a level."""
    rng = np.random.default_rng(seed)
    curves, numbers = rng.normal(0.5 + shift, 0.1, (count, S, G)), rng.normal(0.5 + shift, 0.1, (count, K))
    return Profile(name, [f"{name}-{number}" for number in range(count)], curves, numbers, 0)


def test_a_collection_is_no_distance_from_itself() -> None:
    one = profile("a", 30, 0)
    for found in apart(one, one, rounds=20):
        assert (found.distance, found.rms, found.relative) == (0, 0, 0)


def test_a_collection_that_is_shifted_is_as_far_as_the_shift() -> None:
    one = profile("a", 30, 0)
    moved = Profile("b", one.ids, one.curves + 0.3, one.numbers + 0.3, 0)
    for found in apart(one, moved, rounds=20):
        assert found.distance == pytest.approx(0.3)
        assert found.rms == pytest.approx(0.3)
        assert found.relative == pytest.approx(3, rel=0.5)


def test_the_distance_is_the_one_that_scipy_gives() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.gamma(2, 1, (400, S * G + K)), rng.normal(1, 2, (300, S * G + K))
    ours = wasserstein(a, b)
    theirs = [wasserstein_distance(a[:, place], b[:, place]) for place in range(S * G + K)]
    assert ours[S:] == pytest.approx(theirs[S * G :], rel=0.05)
    assert ours[:S] == pytest.approx(np.reshape(theirs[: S * G], (S, G)).mean(axis=1), rel=0.05)


def test_what_differs_lies_above_chance_and_what_is_alike_below() -> None:
    reference = profile("a", 60, 0)
    alike, other = apart(reference, profile("b", 60, 1), rounds=60), apart(reference, profile("c", 60, 2, 0.15), rounds=60)
    assert np.mean([found.distance <= found.chance for found in alike]) > 0.8
    assert all(found.distance > found.chance for found in other)
    assert all(found.low <= found.distance <= found.high for found in other)


def test_the_same_collections_give_the_same_numbers() -> None:
    a, b = profile("a", 10, 0), profile("b", 12, 1)
    assert apart(a, b, rounds=20) == apart(a, b, rounds=20)
