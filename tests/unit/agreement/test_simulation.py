"""Simulated campaigns, and what they say of the raters that a campaign needs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppad.agreement.bias import fit
from ppad.agreement.icc import intraclass_correlations
from ppad.agreement.power import (
    detectable_between_groups,
    detectable_difference,
    interval_width,
    noise_uncertainty,
    precision,
)
from ppad.agreement.raters import order_of
from ppad.agreement.simulation import Panel, allocate, simulate

ONE = {"score": (1, 10)}
WIDE = {"score": (0, 9000)}
"""A scale so fine that rounding and ends do not matter: a point of 1–10 is 1000 of it."""


@given(
    items=st.integers(1, 40),
    raters=st.integers(1, 9),
    each=st.integers(1, 9),
    calibration=st.integers(0, 10),
    seed=st.integers(0, 99),
)
def test_a_plan_gives_every_item_its_raters_and_every_rater_the_same_work(
    items: int, raters: int, each: int, calibration: int, seed: int
) -> None:
    each, calibration = min(each, raters), min(calibration, items)
    plan = allocate(items, raters, each, calibration=calibration, repeats=0.2, rng=np.random.default_rng(seed))
    first = plan.replicates == 0
    counts = np.bincount(plan.items[first], minlength=items)
    assert (counts[:calibration] == raters).all()
    assert (counts[calibration:] == each).all()
    assert np.ptp(np.bincount(plan.raters[first], minlength=raters)) <= 1
    assert len(set(zip(plan.items, plan.raters, plan.replicates, strict=True))) == len(plan.items)
    again = {(i, j): t for i, j, t in zip(plan.items[~first], plan.raters[~first], plan.places[~first], strict=True)}
    before = {(i, j): t for i, j, t in zip(plan.items[first], plan.raters[first], plan.places[first], strict=True)}
    assert all(before[pair] < place for pair, place in again.items())


def test_calibration_comes_first_and_repeats_are_as_many_as_asked_for() -> None:
    plan = allocate(200, 8, 3, calibration=20, repeats=0.05, rng=np.random.default_rng(0))
    for rater in range(8):
        kinds = plan.kinds[plan.raters == rater]
        assert (kinds[:20] == "calibration").all()
        assert "calibration" not in kinds[20:]
    assert np.sum(plan.kinds == "repeat") == round(0.05 * 180 * 3)


def test_simulated_scores_have_the_variances_that_were_asked_for() -> None:
    panel = Panel(item=1.2, rater=0.8, taste=0.6, residual=0.5)
    rng = np.random.default_rng(0)
    plan = allocate(3000, 60, 3, rng=rng)
    scores, truth = simulate(plan, panel, WIDE, rng)
    found = np.sqrt(fit(plan.items, plan.raters, scores[:, 0]).variances) / 1000
    assert found == pytest.approx([1.2, 0.8, (0.36 + 0.25) ** 0.5], rel=0.12)
    assert truth.std() / 1000 == pytest.approx(1.2, rel=0.05)


def test_a_rater_who_sees_an_item_again_keeps_their_taste() -> None:
    rng = np.random.default_rng(1)
    plan = allocate(400, 10, 3, repeats=1.0, rng=rng)
    scores, _ = simulate(plan, Panel(taste=1.0, residual=0.0), WIDE, rng)
    order = np.lexsort((plan.replicates, plan.items, plan.raters))
    first, again = scores[order[::2], 0], scores[order[1::2], 0]
    assert np.array_equal(first, again)


def test_scores_are_whole_and_on_the_scale_and_some_are_missing() -> None:
    rng = np.random.default_rng(2)
    plan = allocate(500, 10, 3, rng=rng)
    scores, _ = simulate(plan, Panel(item=3.0, cannot_judge=0.1), {"a": (1, 10), "b": (1, 100)}, rng)
    known = scores[np.isfinite(scores[:, 0]), 0]
    assert set(known) == set(range(1, 11))
    assert np.isnan(scores).mean() == pytest.approx(0.1, abs=0.02)
    assert np.nanmax(scores[:, 1]) == 100


def test_attributes_share_what_is_general_in_works_and_in_tastes() -> None:
    rng = np.random.default_rng(3)
    plan = allocate(4000, 10, 1, rng=rng)
    panel = Panel(general=0.5, halo=0.8, rater=0.0, residual=0.0)
    scores, truth = simulate(plan, panel, {"a": (0, 9000), "b": (0, 9000)}, rng)
    assert np.corrcoef(truth.T)[0, 1] == pytest.approx(0.5, abs=0.05)
    assert np.corrcoef((scores - truth[plan.items]).T)[0, 1] == pytest.approx(0.8, abs=0.05)


def test_a_drift_moves_a_rater_over_their_work() -> None:
    rng = np.random.default_rng(4)
    plan = allocate(500, 2, 2, rng=rng)
    scores, truth = simulate(plan, replace(Panel(item=0.8, rater=0.0, taste=0.0, residual=0.0), drift=2.0), WIDE, rng)
    for rater in range(2):
        own = plan.raters == rater
        departures = (scores - truth[plan.items])[own, 0]
        assert abs(np.corrcoef(order_of(plan.places[own]), departures)[0, 1]) > 0.999


def test_more_raters_give_more_reliable_scores_as_the_formula_says() -> None:
    found = precision(Panel(), (1, 10), items=400, raters=12, each=(1, 3, 6), draws=5, seed=0)
    assert [one.reliability.value for one in found] == sorted(one.reliability.value for one in found)
    for one in found[1:]:
        # Rounding to whole points, and severities that are estimated, cost a little.
        assert one.expected - 0.05 < one.adjusted_reliability.value < one.expected
        assert one.adjusted_error.value < one.error.value


def test_one_rater_an_item_leaves_severity_in() -> None:
    (found,) = precision(Panel(), (1, 10), items=400, raters=12, each=(1,), draws=3, seed=0)
    assert found.adjusted_error == found.error


def test_differences_that_chance_hardly_makes() -> None:
    assert detectable_difference(0.5) == pytest.approx(1.96 * 2**0.5 * 0.5)
    rng = np.random.default_rng(5)
    size, item, error = 50, 1.0, 0.6
    difference = detectable_between_groups(item, error, size)
    spread = (item**2 + error**2) ** 0.5
    one = rng.normal(0, spread, (4000, size)).mean(axis=1)
    other = rng.normal(difference, spread, (4000, size)).mean(axis=1)
    found = (other - one) / (spread * (2 / size) ** 0.5) > 1.96
    assert found.mean() == pytest.approx(0.8, abs=0.02)


def test_the_interval_of_a_correlation_is_as_wide_as_expected() -> None:
    widths = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        table = rng.normal(size=(50, 1)) + rng.normal(size=(50, 4))
        found = intraclass_correlations(table)["ICC(3,1)"]
        widths.append(found.high - found.low)
    assert interval_width(0.5, raters=4, items=50) == pytest.approx(np.mean(widths), rel=0.08)


def test_fifty_repeats_give_the_spread_to_ten_percent() -> None:
    assert noise_uncertainty(50) == 0.1
