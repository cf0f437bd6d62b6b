"""Reliability on a sparse design: G(q,k)."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ppad.agreement.icc import intraclass_correlations
from ppad.agreement.reliability import g_coefficient, overlap_of, raters_for, reliability
from tests.unit.agreement.published import SHROUT_FLEISS, scored, sparse


def test_on_a_crossed_table_it_is_the_intraclass_correlation() -> None:
    found = reliability(*scored(SHROUT_FLEISS), draws=2)
    icc = intraclass_correlations(SHROUT_FLEISS)
    assert found.single.value == pytest.approx(icc["ICC(2,1)"].value, abs=1e-4)
    assert found.adjusted.value == pytest.approx(icc["ICC(3,k)"].value, abs=1e-4)
    # With the same raters for all items, severity leaves the differences between items alone: q is 0.
    assert (found.overlap.q, found.overlap.k) == pytest.approx((0, 4))
    assert found.mean.value == pytest.approx(found.adjusted.value)


def test_where_no_two_items_share_a_rater_all_severity_stays_in_the_mean() -> None:
    items, raters = np.repeat(np.arange(10), 2), np.arange(20)
    assert (overlap_of(items, raters).q, overlap_of(items, raters).k) == pytest.approx((0.5, 2))


def test_the_overlap_is_that_of_its_definition() -> None:
    (items, raters, _), _ = sparse(seed=0, count=15)
    kept = np.arange(len(items)) % 7 != 0  # unequal numbers of raters
    items, raters = np.unique(items[kept], return_inverse=True)[1], raters[kept]
    who = [set(raters[items == item]) for item in range(items.max() + 1)]
    shared = [len(a & b) / (len(a) * len(b)) for a, b in itertools.permutations(who, 2)]
    found = overlap_of(items, raters)
    assert found.k == pytest.approx(1 / np.mean([1 / len(one) for one in who]))
    assert found.q == pytest.approx(1 / found.k - np.mean(shared))


def test_the_mean_correlates_with_the_truth_as_the_coefficient_says() -> None:
    (items, raters, scores), truth = sparse(seed=1, count=4000, panel=30, rater=0.7)
    found = reliability(items, raters, scores, draws=2)
    means = np.bincount(items, scores) / np.bincount(items)
    assert np.corrcoef(means, truth)[0, 1] ** 2 == pytest.approx(found.mean.value, abs=0.02)


def test_the_variances_are_recovered() -> None:
    (items, raters, scores), _ = sparse(seed=2, count=3000, panel=60, item=1.2, rater=0.5, error=0.9)
    found = reliability(items, raters, scores, draws=50)
    for estimate, truth in ((found.item, 1.44), (found.rater, 0.25), (found.error, 0.81)):
        assert estimate.low < truth < estimate.high
        assert estimate.value == pytest.approx(truth, rel=0.35)


@pytest.mark.slow
def test_intervals_cover_the_truth_in_about_95_of_100_campaigns() -> None:
    hits = np.zeros(3)
    for seed in range(100):
        (items, raters, scores), _ = sparse(seed, count=150, panel=12, error=1.0, rater=0.8)
        found = reliability(items, raters, scores, draws=100, seed=seed)
        variances = np.array([1.0, 0.64, 1.0])
        k, q = found.overlap.k, found.overlap.q
        truths = [g_coefficient(variances, *design) for design in ((1, 1), (q, k), (0, k))]
        estimates = (found.single, found.mean, found.adjusted)
        hits += [one.low <= truth <= one.high for one, truth in zip(estimates, truths, strict=True)]
    assert (hits >= 87).all()
    assert (hits <= 100).all()


def test_how_many_raters_a_reliability_needs() -> None:
    # item 1, rater 1, error 1: one rater alone 1/3, k raters k / (k + 2)
    assert raters_for(0.8, np.array([1.0, 1.0, 1.0])) == 8
    assert raters_for(0.8, np.array([1.0, 1.0, 1.0]), adjusted=True) == 4
    assert raters_for(0.5, np.array([1.0, 0.0, 0.1])) == 1
    assert raters_for(0.8, np.array([1e-9, 1.0, 1.0])) is None
