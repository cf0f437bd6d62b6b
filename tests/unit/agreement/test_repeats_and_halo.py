"""Blind repeats, and general impressions that colour every attribute."""

from __future__ import annotations

import numpy as np
import pytest

from ppad.agreement.estimates import mean_of
from ppad.agreement.halo import correlations, halo
from ppad.agreement.repeats import pairs, repeats


def test_the_spread_of_repeated_scores_is_recovered() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(6, 1.5, 400)
    found = repeats(true + rng.normal(0, 0.6, 400), true + 0.3 + rng.normal(0, 0.6, 400))
    # A shift counts as unsteadiness too: 0.6² + 0.3²/2.
    assert found.noise.value == pytest.approx((0.36 + 0.045) ** 0.5, rel=0.06)
    assert found.shift.low < 0.3 < found.shift.high
    assert found.reliability.value == pytest.approx(2.25 / (2.25 + 0.36 + 0.045), abs=0.02)


def test_shares_of_equal_and_close_scores_are_counted() -> None:
    found = repeats(np.array([5.0, 5, 5, 5]), np.array([5.0, 6, 8, 4]))
    assert (found.count, found.same, found.close) == (4, 0.25, 0.75)
    assert found.noise.value == pytest.approx((11 / 8) ** 0.5)


def test_the_interval_of_the_spread_covers_it_in_about_95_of_100_trials() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(200):
        found = repeats(rng.normal(size=20), rng.normal(size=20)).noise
        hits += found.low <= 1 <= found.high
    assert 181 <= hits <= 198


def test_without_repeats_nothing_is_known() -> None:
    found = repeats(np.empty(0), np.empty(0))
    assert found.count == 0
    assert np.isnan([found.noise.value, found.shift.value, found.same]).all()
    assert np.isnan(mean_of(np.array([2.0])).low)


def test_each_replicate_is_paired_with_the_one_before() -> None:
    items, raters = np.array([7, 7, 3, 7, 3]), np.array([1, 1, 1, 2, 1])
    first, again = pairs(items, raters, np.array([1, 0, 0, 0, 1]))
    assert sorted(zip(first.tolist(), again.tolist(), strict=True)) == [(1, 0), (2, 4)]
    first, again = pairs(np.zeros(3, int), np.zeros(3, int), np.array([2, 0, 1]))
    assert sorted(zip(first.tolist(), again.tolist(), strict=True)) == [(1, 2), (2, 0)]


def drawn(impression: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Six raters; the last lets a general impression of this weight colour all attributes. Raters, scores, departures."""
    rng = np.random.default_rng(2)
    raters = np.repeat(np.arange(6), 300)
    works = 0.6 * rng.normal(size=(1800, 1)) + rng.normal(size=(1800, 8))
    departures = rng.normal(0, 0.7, (1800, 8)) + impression * (raters == 5)[:, None] * rng.normal(size=(1800, 1))
    return raters, works + departures, departures


def test_a_rater_with_a_halo_departs_in_all_attributes_alike() -> None:
    found = halo(*drawn(impression=0.9))
    assert found[5].departures.value == pytest.approx(0.81 / (0.81 + 0.49), abs=0.05)
    assert found[5].departures.low > 0.5
    assert all(one.departures.low < 0.02 for one in found[:5])


def test_a_halo_stands_beside_what_the_others_show() -> None:
    found = halo(*drawn(impression=0.9))
    assert found[5].scores.value > found[5].others + 0.2
    assert found[0].others == pytest.approx(np.mean([one.scores.value for one in found[1:]]))


def test_works_whose_attributes_go_together_are_no_halo() -> None:
    for one in halo(*drawn(impression=0.0)):
        assert one.scores.value > 0.1
        assert abs(one.departures.value) < 0.04


def test_ratings_with_gaps_are_left_out_and_few_ratings_say_nothing() -> None:
    raters, scores, departures = drawn(impression=0.9)
    scores[raters == 5, 3] = np.nan
    departures[(raters == 4).nonzero()[0][10:]] = np.nan
    found = halo(raters, scores, departures)
    assert np.isnan(found[5].scores.value)
    assert np.isnan(found[4].departures.value)
    assert np.isfinite(found[4].scores.value)


def test_a_column_that_does_not_vary_correlates_with_nothing() -> None:
    table = np.stack([np.arange(10.0), np.arange(10.0) ** 2, np.ones(10)], axis=1)
    found = correlations(table)
    assert found[0, 1] == pytest.approx(np.corrcoef(table[:, 0], table[:, 1])[0, 1])
    assert np.isnan(found[2]).all()
