"""The mixed model of processes and raters, against closed forms and a second implementation."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ppad.agreement.bias import Fit, fit

Design = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]

# Shrout & Fleiss 1979, table 2: six targets, four judges.
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], np.float64)


def crossed(table: NDArray[np.float64]) -> Design:
    items, raters = np.indices(table.shape)
    return items.ravel(), raters.ravel(), table.ravel()


def sparse(seed: int, count: int = 60, panel: int = 8, each: int = 3) -> tuple[Design, NDArray[np.float64]]:
    """Every process rated by a few of the panel; true values beside."""
    rng = np.random.default_rng(seed)
    truth, severity = rng.normal(6, 1, count), rng.normal(0, 1, panel)
    items = np.repeat(np.arange(count), each)
    raters = np.concatenate([rng.choice(panel, each, replace=False) for _ in range(count)])
    return (items, raters, truth[items] + severity[raters] + rng.normal(0, 0.7, len(items))), truth


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
    found = fit(*crossed(SHROUT_FLEISS))
    # Mean squares as published: between targets 11.24, between judges 32.49, residual 1.02.
    expected = ((11.24 - 1.02) / 4, (32.49 - 1.02) / 6, 1.02)
    assert found.variances == pytest.approx(expected, abs=0.01)


def test_on_a_balanced_table_the_adjusted_score_is_the_shrunken_mean() -> None:
    found = fit(*crossed(SHROUT_FLEISS))
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


def test_adjusted_scores_are_nearer_the_truth_than_means() -> None:
    design, truth = sparse(seed=4, count=300)
    found: Fit = fit(*design)
    means = np.bincount(design[0], design[2]) / np.bincount(design[0])
    error_of_means = np.sqrt(np.mean((means - truth) ** 2))
    error_adjusted = np.sqrt(np.mean((found.mean + found.items - truth) ** 2))
    assert error_adjusted < 0.85 * error_of_means


def test_raters_who_agree_in_everything_have_no_effects() -> None:
    found = fit(*crossed(np.array([[3.0, 3.0], [5.0, 5.0], [8.0, 8.0]])))
    assert found.raters == pytest.approx([0, 0], abs=1e-3)
    assert found.mean + found.items == pytest.approx([3, 5, 8], abs=1e-3)
