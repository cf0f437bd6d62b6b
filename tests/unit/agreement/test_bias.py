"""The mixed model of processes and raters, against closed forms and a second implementation."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ppad.agreement import bias
from ppad.agreement.bias import Fit, fit
from ppad.agreement.simulation import allocate
from tests.unit.agreement.published import SHROUT_FLEISS, Design, scored, sparse


def log_likelihood(design: Design, variances: NDArray[np.float64]) -> float:
    """The restricted log-likelihood with the covariance matrix written out (Patterson & Thompson 1971), up to a constant."""
    covariance, _ = dense(design, variances)
    ones = np.ones(len(covariance))
    inverse = np.linalg.inv(covariance)
    information = ones @ inverse @ ones
    residual = design[2] - (ones @ inverse @ design[2]) / information
    return float(-0.5 * (np.linalg.slogdet(covariance)[1] + np.log(information) + residual @ inverse @ residual))


def dense(design: Design, variances: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The covariance of all scores, and of the items with the scores."""
    items, raters, _ = design
    same_item = (items[:, None] == items[None]).astype(float)
    same_rater = (raters[:, None] == raters[None]).astype(float)
    covariance = variances[0] * same_item + variances[1] * same_rater + variances[2] * np.eye(len(items))
    return covariance, variances[0] * (np.arange(items.max() + 1)[:, None] == items[None])


def test_on_a_balanced_table_the_variances_are_those_of_the_analysis_of_variance() -> None:
    found = fit(*scored(SHROUT_FLEISS))
    # Mean squares as published: between targets 11.24, between judges 32.49, residual 1.02.
    expected = ((11.24 - 1.02) / 4, (32.49 - 1.02) / 6, 1.02)
    assert found.variances == pytest.approx(expected, abs=0.01)


def test_on_a_balanced_table_the_adjusted_score_is_the_shrunken_mean() -> None:
    found = fit(*scored(SHROUT_FLEISS))
    item, _, error = found.variances
    shrinkage = 4 * item / (4 * item + error)
    grand = SHROUT_FLEISS.mean()
    assert found.mean == pytest.approx(grand)
    assert found.items == pytest.approx(shrinkage * (SHROUT_FLEISS.mean(axis=1) - grand))


def test_on_a_sparse_design_the_variances_maximise_the_restricted_likelihood() -> None:
    design, _ = sparse(seed=1)
    found = np.array(fit(*design).variances)
    best = log_likelihood(design, found)
    for which in range(3):
        for factor in (0.99, 1.01):
            moved = found.copy()
            moved[which] *= factor
            assert log_likelihood(design, moved) < best


def test_the_variances_do_not_depend_on_where_the_search_begins() -> None:
    """Of these 300 campaigns, three once ended with no variance of raters: a long step had jumped over it."""
    rng, truth = np.random.default_rng(5), np.array([1, 0.64, 1])
    plan = allocate(200, 12, 3, rng=rng)
    design = bias.Design(plan.items, plan.raters)
    for _ in range(300):
        effects = rng.normal(0, 1, 200)[plan.items] + rng.normal(0, 0.8, 12)[plan.raters]
        scores = effects + rng.normal(0, 1, 600)
        near = design.variances(scores, start=truth)
        for start in (None, np.array([1, 0.0, 1])):
            assert design.variances(scores, start=start) == pytest.approx(near, rel=1e-3, abs=1e-6)


def test_on_a_sparse_design_the_effects_are_the_best_linear_unbiased_predictions() -> None:
    design, _ = sparse(seed=2)
    found = fit(*design)
    covariance, items_with_scores = dense(design, np.array(found.variances))
    inverse = np.linalg.inv(covariance)
    ones = np.ones(len(covariance))
    mean = (ones @ inverse @ design[2]) / (ones @ inverse @ ones)
    assert found.mean == pytest.approx(mean)
    assert found.items == pytest.approx(items_with_scores @ inverse @ (design[2] - mean), abs=1e-6)


def test_unequal_numbers_of_raters_are_weighed() -> None:
    design, _ = sparse(seed=3)
    few = np.arange(len(design[0])) % 5 != 0
    thinned = (design[0][few], design[1][few], design[2][few])
    found = fit(*thinned)
    covariance, items_with_scores = dense(thinned, np.array(found.variances))
    assert found.items == pytest.approx(items_with_scores @ np.linalg.inv(covariance) @ (thinned[2] - found.mean), abs=1e-6)


def test_the_errors_of_prediction_are_those_of_the_whole_covariance() -> None:
    design, _ = sparse(seed=5, count=12, panel=5)
    few = np.arange(len(design[0])) % 5 != 0
    thinned = (design[0][few], design[1][few], design[2][few])
    found: Fit = fit(*thinned)
    covariance, items_with_scores = dense(thinned, np.array(found.variances))
    raters_with_scores = found.variances[1] * (np.arange(5)[:, None] == thinned[1][None])
    beside = np.eye(5) - 1 / 5
    for effects, prior, weights, mean, errors in (
        (items_with_scores, found.variances[0] * np.eye(12), np.eye(12), 1.0, found.item_errors),
        (raters_with_scores, found.variances[1] * np.eye(5), beside, 0.0, found.rater_errors),
    ):
        assert errors == pytest.approx(prediction_errors(covariance, effects, prior, weights, mean))


def prediction_errors(
    covariance: NDArray[np.float64],
    with_scores: NDArray[np.float64],
    prior: NDArray[np.float64],
    weights: NDArray[np.float64],
    mean: float,
) -> NDArray[np.float64]:
    """Standard errors of predicted combinations of effects, plus `mean` times mu (Searle et al. 1992, section 7.4)."""
    inverse, ones = np.linalg.inv(covariance), np.ones(len(covariance))
    known = weights @ with_scores
    gap = mean - known @ inverse @ ones
    squares = np.diag(weights @ prior @ weights.T - known @ inverse @ known.T) + gap**2 / (ones @ inverse @ ones)
    return np.sqrt(squares)


def test_raters_who_agree_in_everything_have_no_effects() -> None:
    found = fit(*scored(np.array([[3.0, 3.0], [5.0, 5.0], [8.0, 8.0]])))
    assert found.raters == pytest.approx([0, 0], abs=1e-3)
    assert found.mean + found.items == pytest.approx([3, 5, 8], abs=1e-3)
