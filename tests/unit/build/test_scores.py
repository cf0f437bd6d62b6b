"""From single ratings to the scores of a process."""

from __future__ import annotations

from typing import Any

import pytest

from ppad_pipelines.build.scores import scores_by_process
from tests.unit.build.samples import RUBRIC, process_id, rating

SCALES = RUBRIC.scales


def scores(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return scores_by_process(rows, SCALES)[process_id("a")]


def test_the_score_is_the_mean_over_raters_with_its_sample_deviation() -> None:
    found = scores([rating("a", "r1", 4), rating("a", "r2", 7), rating("a", "r3", 7)])
    assert found["consistency"] == 6.0
    assert found["consistency_std"] == pytest.approx(3**0.5)
    assert found["n_raters"] == 3


def test_one_rater_gives_a_score_without_deviation_or_adjustment() -> None:
    found = scores([rating("a", "r1", 4)])
    assert (found["consistency"], found["consistency_std"], found["consistency_adjusted"]) == (4.0, None, None)


def test_repeats_gold_items_and_later_replicates_do_not_count() -> None:
    rows = [
        rating("a", "r1", 4),
        rating("a", "r2", 10, kind="gold"),
        rating("a", "r1", 10, kind="repeat", replicate=1),
        rating("a", "r3", 6, kind="extra"),
        rating("a", "r4", 5, kind="calibration"),
    ]
    found = scores(rows)
    assert (found["consistency"], found["n_raters"]) == (5.0, 3)


def test_an_attribute_that_a_rater_could_not_judge_is_left_out_of_its_mean_only() -> None:
    found = scores([rating("a", "r1", 4, consistency=None), rating("a", "r2", 8)])
    assert (found["consistency"], found["color_depth"], found["n_raters"]) == (8.0, 6.0, 2)


def test_a_process_that_nobody_could_judge_has_no_raters() -> None:
    found = scores([rating("a", "r1", None)])
    assert (found["consistency"], found["n_raters"]) == (None, 0)


def test_a_process_rated_by_severe_people_is_adjusted_upwards() -> None:
    severity = {"mild-1": 0, "mild-2": 0, "severe-1": 2, "severe-2": 2}
    rows = [rating(name, rater, 3 + n - severity[rater]) for n, name in enumerate("bcdefg") for rater in severity]
    rows += [rating("a", "severe-1", 4), rating("a", "severe-2", 5)]
    found = scores(rows)
    assert found["consistency"] == 4.5
    assert 5.2 < found["consistency_adjusted"] < 5.8  # half way between mild and severe


def test_adjusted_scores_stay_on_the_scale() -> None:
    rows = [rating(name, rater, max(1, 10 - severe)) for name in "abc" for rater, severe in (("r1", 0), ("r2", 9), ("r3", 9))]
    rows += [rating("d", "r2", 10), rating("d", "r3", 10)]
    # Without bounds it would be 13: the two severe raters give 9 less than the third elsewhere.
    assert scores_by_process(rows, SCALES)[process_id("d")]["consistency_adjusted"] == 10
