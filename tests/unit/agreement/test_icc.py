"""Intraclass correlations, against published values and a second implementation."""

from __future__ import annotations

import numpy as np
import pytest

from ppad.agreement.icc import NAMES, crossed_block, intraclass_correlations, stepped_up
from tests.unit.agreement.published import SHROUT_FLEISS, scored


def test_the_table_of_shrout_and_fleiss_gives_their_six_correlations() -> None:
    found = intraclass_correlations(SHROUT_FLEISS)
    assert [round(found[name].value, 2) for name in NAMES] == [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]


@pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")  # pingouin 0.7 with pandas 3.1
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_values_and_intervals_are_those_of_pingouin(seed: int) -> None:
    pandas, pingouin = pytest.importorskip("pandas"), pytest.importorskip("pingouin")
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(25, 5)) + rng.normal(size=(25, 1)) + rng.normal(size=(1, 5))
    items, raters, scores = scored(table)
    frame = pandas.DataFrame({"item": items, "rater": raters, "score": scores})
    theirs = pingouin.intraclass_corr(frame, "item", "rater", "score")
    for ours, name, (_, row) in zip(intraclass_correlations(table).values(), NAMES, theirs.iterrows(), strict=True):
        assert ours.value == pytest.approx(row["ICC"]), name
        assert (ours.low, ours.high) == pytest.approx(tuple(row["CI95"]), abs=0.006), name  # rounded to two digits


def test_the_interval_covers_the_truth_in_about_95_of_100_blocks() -> None:
    hits = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        table = rng.normal(size=(40, 1)) + rng.normal(0, 0.8, (1, 12)) + rng.normal(size=(40, 12))
        found = intraclass_correlations(table)["ICC(2,1)"]
        hits += found.low <= 1 / (1 + 0.64 + 1) <= found.high
    assert 184 <= hits <= 198


def test_raters_who_agree_in_everything_have_a_correlation_of_1() -> None:
    table = np.repeat(np.array([[3.0], [5.0], [8.0]]), 4, axis=1)
    assert {name: found.value for name, found in intraclass_correlations(table).items()} == dict.fromkeys(NAMES, 1.0)


def test_a_rater_who_gives_two_points_less_lowers_agreement_but_not_consistency() -> None:
    table = np.array([[3.0, 1.0], [5.0, 3.0], [8.0, 6.0]])
    found = intraclass_correlations(table)
    assert found["ICC(3,1)"].value == 1.0
    assert found["ICC(2,1)"].value < 0.8


@pytest.mark.parametrize("table", [np.ones((5, 1)), np.ones((1, 5)), np.ones((4, 3)), np.empty((0, 0))])
def test_without_two_raters_two_items_or_any_difference_they_are_unknown(table: np.ndarray) -> None:
    assert all(np.isnan(found.value) for found in intraclass_correlations(table).values())


def test_the_mean_of_four_raters_by_spearman_and_brown() -> None:
    single = intraclass_correlations(SHROUT_FLEISS)["ICC(3,1)"]
    assert stepped_up(single, 4).value == pytest.approx(4 * single.value / (1 + 3 * single.value))


def test_the_crossed_block_leaves_out_who_and_what_is_missing_most() -> None:
    table = np.arange(40.0).reshape(8, 5)
    table[:, 4] = np.nan
    table[0, 4] = 1.0  # this rater rated one item only
    table[6, :3] = np.nan  # this item was rated by one of the others
    assert np.array_equal(crossed_block(*scored(table)), np.delete(table[:, :4], 6, axis=0))


def test_a_sparse_design_has_no_crossed_block() -> None:
    table = np.full((30, 10), np.nan)
    table[np.arange(30), np.arange(30) % 10] = 5
    assert crossed_block(*scored(table)).shape == (0, 0)
