"""The score of an item: mean, adjusted score, standard error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ppad.agreement.scores import connected_parts, item_scores, moderated_variances
from tests.unit.agreement.published import columns_of, numbered, sparse


def test_the_published_mean_opinion_scores_and_their_standard_errors(real_data: Path) -> None:
    """NFLX Public: mean of the 79 scores 3.54479, of their standard errors 0.12987 (sureal's own tests)."""
    columns = columns_of(real_data / "ratings" / "sureal" / "nflx_public_long.csv")
    found = item_scores(numbered(columns["stimulus"]), numbered(columns["rater"]), np.array(columns["score"], np.float64))
    assert found.mean.mean() == pytest.approx(3.54479, abs=5e-6)
    assert (found.std / np.sqrt(found.count)).mean() == pytest.approx(0.12987, abs=5e-6)


def test_adjusted_scores_are_nearer_the_truth_than_means() -> None:
    design, truth = sparse(seed=4, count=300)
    found = item_scores(*design)
    assert np.sqrt(np.mean((found.adjusted - truth) ** 2)) < 0.85 * np.sqrt(np.mean((found.mean - truth) ** 2))


def test_standard_errors_say_how_far_scores_are_from_the_truth() -> None:
    for seed in range(3):
        design, truth = sparse(seed, count=2000, panel=80, each=3)
        found = item_scores(*design)
        assert np.sqrt(np.mean((found.mean - truth) ** 2)) == pytest.approx(np.sqrt(np.mean(found.error**2)), rel=0.15)
        assert np.sqrt(np.mean((found.adjusted - truth) ** 2)) == pytest.approx(
            np.sqrt(np.mean(found.adjusted_error**2)), rel=0.15
        )


def test_an_item_with_more_raters_has_a_smaller_error() -> None:
    (items, raters, scores), _ = sparse(seed=0)
    kept = ~((items == 0) & (np.arange(len(items)) > 0))  # one rater left for the first item
    found = item_scores(items[kept], raters[kept], scores[kept])
    assert found.error[0] > 1.2 * found.error[1:].mean()


def test_an_item_whose_raters_disagree_has_a_larger_error_but_is_not_believed_outright() -> None:
    rng = np.random.default_rng(0)
    items, spread = np.repeat(np.arange(2000), 3), np.repeat(np.exp(rng.normal(0, 0.6, 2000)), 3)
    found = moderated_variances(items, spread * rng.normal(size=6000))
    assert np.corrcoef(np.log(found), np.log(spread[::3] ** 2))[0, 1] > 0.6
    assert found.min() > 0.1 * found.mean()
    assert found.max() > 3 * found.mean()


def test_items_that_disagree_no_more_than_chance_share_one_variance() -> None:
    values = np.random.default_rng(1).uniform(-1, 1, 900)  # flatter than normal: their variances differ less
    assert np.ptp(moderated_variances(np.repeat(np.arange(300), 3), values)) == 0


def test_raters_who_share_no_item_are_not_compared() -> None:
    one = (np.array([0, 0, 1, 1, 2, 2, 3, 3]), np.tile([0, 1], 4), np.array([3.0, 4, 4, 5, 5, 6, 6, 7]))
    other = (one[0], one[1], np.array([2.0, 6, 3, 7, 4, 8, 5, 9]))
    both = item_scores(*(np.concatenate(pair) for pair in ((one[0], other[0] + 4), (one[1], other[1] + 2), (one[2], other[2]))))
    assert both.adjusted == pytest.approx(np.concatenate([item_scores(*one).adjusted, item_scores(*other).adjusted]))


def test_parts_are_tied_through_raters_and_items_however_far() -> None:
    chain = (np.array([0, 1, 1, 2, 2, 3, 4, 5]), np.array([0, 0, 1, 1, 2, 2, 9, 9]))
    assert connected_parts(*chain).tolist() == [0, 0, 0, 0, 0, 0, 4, 4]


def test_without_overlap_nothing_is_adjusted() -> None:
    found = item_scores(np.array([0, 1, 2]), np.array([0, 1, 2]), np.array([3.0, 5, 7]))
    assert np.isnan(found.adjusted).all()
    assert found.mean.tolist() == [3, 5, 7]


def test_an_item_with_one_rater_has_no_adjusted_score() -> None:
    (items, raters, scores), _ = sparse(seed=0)
    kept = ~((items == 0) & (np.arange(len(items)) > 0))
    found = item_scores(items[kept], raters[kept], scores[kept])
    assert np.isnan(found.adjusted[0])
    assert np.isfinite(found.adjusted[1:]).all()


def test_when_all_say_the_same_the_adjusted_score_is_that() -> None:
    found = item_scores(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.full(4, 7.0))
    assert found.adjusted.tolist() == [7, 7]
    assert found.error.tolist() == [0, 0]


def test_no_scores_give_no_items() -> None:
    found = item_scores(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    assert len(found.mean) == 0
