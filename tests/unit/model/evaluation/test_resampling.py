"""Resampling of clusters, p-values and Holm's correction."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from ppad_model.evaluation.resampling import cluster_counts, holm, two_sided_p


def test_rows_of_one_cluster_are_drawn_together() -> None:
    clusters = ["a", "a", "b", "c", "d", "e", "e", "e"]
    counts = cluster_counts(clusters, draws=100)
    assert counts.shape == (100, 8)
    assert (counts[:, 0] == counts[:, 1]).all()
    assert (counts[:, 5] == counts[:, 7]).all()
    assert (counts[:, [0, 2, 3, 4, 5]].sum(axis=1) == 5).all()  # five clusters each time
    assert len(np.unique(counts, axis=0)) > 50


def test_the_same_clusters_and_seed_give_the_same_resamples() -> None:
    clusters = list("abcdefgh")
    assert (cluster_counts(clusters, 20, seed=3) == cluster_counts(clusters, 20, seed=3)).all()
    assert (cluster_counts(clusters, 20, seed=3) != cluster_counts(clusters, 20, seed=4)).any()


def test_four_clusters_are_too_few_for_any_resample() -> None:
    assert cluster_counts(list("abcd"), 50).shape == (0, 4)


def test_clusters_widen_an_interval_of_rows_that_say_the_same_twice() -> None:
    rng = np.random.default_rng(0)
    values = np.repeat(rng.normal(size=60), 4)
    alone = cluster_counts([str(row) for row in range(240)], 400)
    together = cluster_counts([str(row // 4) for row in range(240)], 400)
    spread = [np.std((counts * values).sum(1) / counts.sum(1)) for counts in (alone, together)]
    assert spread[1] == pytest.approx(2 * spread[0], rel=0.2)  # √4: each value is there four times


def test_a_p_value_is_twice_the_smaller_side_and_never_zero() -> None:
    assert two_sided_p([1.0] * 99) == pytest.approx(2 / 100)
    assert two_sided_p([-1.0] * 10 + [1.0] * 89) == pytest.approx(2 * 11 / 100)
    assert two_sided_p([0.0] * 50) == 1.0
    assert np.isnan(two_sided_p([]))
    assert two_sided_p([float("nan"), 1.0, 1.0]) == pytest.approx(2 / 3)


def test_holm_agrees_with_statsmodels_and_passes_over_what_is_no_test() -> None:
    p_values = [0.01, 0.04, 0.03, 0.005, 0.5, 0.2, 0.04, 0.9]
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])
    adjusted = holm([0.01, float("nan"), 0.03])
    assert adjusted[0] == pytest.approx(0.02)
    assert adjusted[2] == pytest.approx(0.03)
    assert np.isnan(adjusted[1])
