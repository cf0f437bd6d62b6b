"""What single raters do, on panels whose habits are known."""

from __future__ import annotations

import numpy as np
import pytest

from ppad.agreement.bias import fit
from ppad.agreement.raters import Habits, consensus, correlation, drift_curve, habits, order_of
from tests.unit.agreement.published import sparse

SEVERITY = np.linspace(-1, 1, 10)
TIMID, BOLD, DRIFTER, ERRATIC = 0, 1, 2, 9


def panel(seed: int = 5) -> list[Habits]:
    """Ten raters from severe to lenient: one timid, one bold, one who becomes milder by 1.5 points, one erratic."""
    rng = np.random.default_rng(seed)
    slope, noise, drift = np.ones(10), np.full(10, 0.8), np.zeros(10)
    slope[TIMID], slope[BOLD], drift[DRIFTER], noise[ERRATIC] = 0.5, 1.5, 1.5, 2.0
    items = np.repeat(np.arange(4000), 3)
    raters = np.concatenate([rng.choice(10, 3, replace=False) for _ in range(4000)])
    when, truth = rng.random(len(items)), rng.normal(0, 1.2, 4000)
    scores = 6 + SEVERITY[raters] + slope[raters] * truth[items] + drift[raters] * (when - 0.5)
    scores += noise[raters] * rng.normal(size=len(items))
    return habits(items, raters, scores, when, fit(items, raters, scores))


@pytest.fixture(scope="module")
def found() -> list[Habits]:
    return panel()


def test_severities_are_recovered(found: list[Habits]) -> None:
    assert [one.severity.value for one in found] == pytest.approx(SEVERITY, abs=0.1)
    assert found[0].severity.high < -0.8
    assert found[9].severity.low > 0.8


def test_the_use_of_the_scale_is_recovered_although_the_others_are_uncertain(found: list[Habits]) -> None:
    assert found[TIMID].slope.value == pytest.approx(0.5, abs=0.08)
    assert found[BOLD].slope.value == pytest.approx(1.5, abs=0.1)
    assert np.mean([one.slope.value for one in found[3:9]]) == pytest.approx(1, abs=0.06)


def test_the_raters_own_noise_is_told_from_that_of_the_others(found: list[Habits]) -> None:
    assert found[ERRATIC].noise.value == pytest.approx(2, abs=0.12)
    assert np.mean([one.noise.value for one in found[3:9]]) == pytest.approx(0.8, abs=0.06)


def test_an_erratic_rater_agrees_less_with_the_others(found: list[Habits]) -> None:
    assert found[ERRATIC].agreement.high < min(one.agreement.low for one in found[3:9])


def test_a_drift_is_found_in_points_from_first_to_last(found: list[Habits]) -> None:
    assert found[DRIFTER].drift.value == pytest.approx(1.5, abs=0.25)
    assert sum(one.drift.low <= 0 <= one.drift.high for one in found) >= 8


def test_what_the_others_say_leaves_the_rater_out() -> None:
    (items, raters, scores), _ = sparse(seed=0)
    fitted = fit(items, raters, scores)
    said = consensus(items, raters, scores, fitted)
    others = (items == items[0]) & (np.arange(len(items)) > 0)
    weight = 2 + fitted.variances[2] / fitted.variances[0]
    expected = fitted.mean + np.sum(scores[others] - fitted.mean - fitted.raters[raters[others]]) / weight
    assert said.predicted[0] == pytest.approx(expected)
    assert said.variance[0] == pytest.approx(fitted.variances[2] / weight)


def test_predictions_are_off_as_far_as_they_say() -> None:
    (items, raters, scores), truth = sparse(seed=1, count=3000, panel=40)
    said = consensus(items, raters, scores, fit(items, raters, scores))
    assert np.mean((said.predicted - truth[items]) ** 2) == pytest.approx(said.variance.mean(), rel=0.1)


def test_an_item_that_nobody_else_rated_says_nothing() -> None:
    (items, raters, scores), _ = sparse(seed=0)
    alone = np.r_[items, items.max() + 1], np.r_[raters, 0], np.r_[scores, 5.0]
    assert np.isnan(consensus(*alone, fit(*alone)).predicted[-1])


def test_a_rater_with_few_ratings_has_no_habits_yet() -> None:
    (items, raters, scores), _ = sparse(seed=0, count=12, panel=6)
    first = habits(items, raters, scores, np.zeros(len(items)), fit(items, raters, scores))[0]
    assert first.count == np.sum(raters == 0) < 8
    assert all(np.isnan(one.value) for one in (first.slope, first.noise, first.agreement, first.drift))


def test_without_times_there_is_no_drift() -> None:
    (items, raters, scores), _ = sparse(seed=0, count=100)
    for when in (np.full(len(items), np.nan), np.zeros(len(items))):
        assert all(np.isnan(one.drift.value) for one in habits(items, raters, scores, when, fit(items, raters, scores)))


def test_the_order_of_the_work_runs_from_0_to_1_and_ties_stand_together() -> None:
    assert order_of(np.array([50.0, 10, 10, 90])).tolist() == [0.5, 0, 0, 1]


def test_a_drift_curve_shows_the_level_in_equal_stretches() -> None:
    when = np.linspace(0, 1, 100)
    middles, means, errors = drift_curve(when, 2.0 + (when > 0.5), bins=4)
    assert means.tolist() == [-0.5, -0.5, 0.5, 0.5]
    assert np.round(middles, 3).tolist() == [0.121, 0.374, 0.626, 0.879]
    assert errors.tolist() == [0, 0, 0, 0]
    assert len(drift_curve(when[:9], when[:9], bins=10)[0]) == 1


def test_a_correlation_has_the_interval_of_fishers_z() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=103)
    found = correlation(x, x + rng.normal(size=103))
    assert np.arctanh(found.high) - np.arctanh(found.low) == pytest.approx(2 * 1.96 / 10)
    assert np.isnan(correlation(np.zeros(50), x[:50]).value)
