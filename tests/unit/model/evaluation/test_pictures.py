"""Bins of the calibration, and the choice of examples."""

from __future__ import annotations

import numpy as np
import pytest

from ppad_model.evaluation.examples import choose_examples
from ppad_model.evaluation.plots import binned
from ppad_model.evaluation.rows import Rows


def test_a_bin_holds_rows_of_like_predictions_and_its_mean_rating() -> None:
    predicted = np.arange(40.0)
    rated = np.where(predicted < 20, 3.0, 7.0)
    points = list(binned(predicted, rated, [str(row) for row in range(40)]))
    assert [point.count for point in points] == [10, 10, 10, 10]
    assert [point.rated for point in points] == [3, 3, 7, 7]
    assert points[0].predicted == pytest.approx(4.5)
    assert (points[0].low, points[0].high) == (3, 3)


def test_few_rows_make_one_bin_and_unrated_rows_none() -> None:
    (point,) = binned(np.arange(6.0), np.array([1, 2, np.nan, 4, 5, 6.0]), list("abcdef"))
    assert point.count == 5
    assert point.rated == pytest.approx(18 / 5)
    assert list(binned(np.arange(3.0), np.full(3, np.nan), list("abc"))) == []


def test_examples_are_the_nearest_and_the_farthest_and_no_process_is_both() -> None:
    rated = np.array([[5.0, np.nan], [5.0, 5.0], [5.0, 5.0], [5.0, 5.0]])
    rows = Rows(("a", "b"), tuple("wxyz"), ("real",) * 4, ("",) * 4, tuple("wxyz"), rated, None, 0)
    predicted = np.array([[5.5, 9.0], [5.0, 5.2], [1.0, 9.0], [5.0, 8.0]])
    best, worst = choose_examples(rows, predicted, each=4)
    assert [one.process_id for one in best] == ["x", "w"]
    assert [one.process_id for one in worst] == ["y", "z"]
    assert best[1].error == pytest.approx(0.5)  # what nobody rated does not count
