"""Tables by source: lines on the same rows, paired differences, and sources kept apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ppad_model.evaluation.rows import Rows
from ppad_model.evaluation.tables import Predictions, Table, make_table

NAMES = ("consistency", "detail_depth")


def rows(count: int = 60, **changes: Any) -> Rows:
    """Rated rows of which each has a cluster of its own; ratings rise with the number of the row."""
    rated = np.stack([np.linspace(1, 10, count), np.linspace(10, 1, count)], axis=1)
    values: dict[str, Any] = {
        "attributes": NAMES, "ids": tuple(f"p{n}" for n in range(count)), "origins": ("real",) * count, "held": ("",) * count,
        "clusters": tuple(f"p{n}" for n in range(count)), "rated": rated, "true": None, "left_out": 0,
    }  # fmt: skip
    return Rows(**(values | changes))


def noisy(found: Rows, spread: float, seed: int = 0) -> np.ndarray:
    return found.rated + np.random.default_rng(seed).normal(0, spread, found.rated.shape)


def table(found: Rows, *lines: Predictions, **options: Any) -> Table:
    return make_table(found, found.sources()[0], lines, draws=200, **options)


def test_a_perfect_judge_has_correlation_one_and_a_constant_has_none() -> None:
    found = rows()
    perfect = Predictions("perfect", "run", found.rated)
    constant = Predictions("constant", "constant", np.full_like(found.rated, 5.5))
    one, other = table(found, perfect, constant).lines
    assert [estimate.value for estimate in one.figures["srcc"]] == pytest.approx([1, 1, 1])
    assert one.figures["mse"][0].value == 0
    assert all(np.isnan([e.value, e.low, e.high]).all() for e in other.figures["srcc"])
    # the variance of 60 even steps from 1 to 10
    assert other.figures["mse"][0].value == pytest.approx(np.var(np.linspace(1, 10, 60)))


def test_the_last_figure_is_the_mean_over_attributes_and_has_an_interval_of_its_own() -> None:
    found = rows()
    (line,) = table(found, Predictions("run", "run", noisy(found, 2))).lines
    first, second, mean = line.figures["pcc"]
    assert mean.value == pytest.approx((first.value + second.value) / 2)
    assert mean.low < mean.value < mean.high
    assert mean.high - mean.low < max(first.high - first.low, second.high - second.low)


def test_differences_of_runs_are_paired_so_that_what_both_miss_does_not_blur_them() -> None:
    found = rows()
    common = noisy(found, 2)
    better = Predictions("better", "run", common)
    worse = Predictions("worse", "run", found.rated + 1.1 * (common - found.rated))
    made = table(found, better, worse)
    (difference,) = [one for one in made.differences if one.metric == "mse"]
    alone = [line.figures["mse"][0] for line in made.lines]
    assert alone[0].high > alone[1].low  # the intervals overlap
    assert difference.estimates[2].high < 0  # and yet the difference is clear
    assert difference.p[2] < 0.05
    assert difference.holm[0] >= difference.p[0]


def test_a_run_is_compared_with_itself_on_the_final_frames() -> None:
    found = rows()
    run = Predictions("run", "run", noisy(found, 1))
    final = Predictions("run, final frame", "final frame", noisy(found, 3), of="run")
    pairs = {(one.first, one.second) for one in table(found, run, final).differences}
    assert pairs == {("run", "run, final frame")}


def test_a_rating_that_is_missing_leaves_out_its_row_for_its_attribute_alone() -> None:
    found = rows()
    found.rated[:10, 0] = np.nan
    wrong = found.rated.copy()
    wrong[:10, 0] = 1.0  # would count if the rows were not left out
    (line,) = table(found, Predictions("run", "run", wrong)).lines
    assert line.figures["mse"][0].value == 0
    assert line.figures["acc"][1].value == 1


def test_an_attribute_that_nobody_rated_says_nothing_and_nor_does_the_mean() -> None:
    found = rows()
    found.rated[:, 1] = np.nan
    (line,) = table(found, Predictions("run", "run", np.full_like(found.rated, 4.0) + found.rated[:, :1])).lines
    assert line.figures["pcc"][0].value == pytest.approx(1)
    for metric in ("srcc", "pcc", "mse", "acc"):
        assert np.isnan([line.figures[metric][1].value, line.figures[metric][2].value]).all()


def test_few_clusters_give_figures_without_intervals() -> None:
    found = rows(12, clusters=tuple("aaabbbcccddd"))
    made = table(found, Predictions("run", "run", noisy(found, 1)))
    estimate = made.lines[0].figures["srcc"][0]
    assert made.clusters == 4
    assert np.isfinite(estimate.value)
    assert np.isnan([estimate.low, estimate.high]).all()


def test_origins_and_what_was_held_out_stand_apart_and_all_holds_only_what_is_like_the_training() -> None:
    origins = ("real",) * 3 + ("prompt",) * 3 + ("simulated",) * 3
    held = ("",) * 6 + ("medium",) * 3
    sources = {source.name: source.rows.tolist() for source in rows(9, origins=origins, held=held).sources()}
    assert sources == {
        "all": [0, 1, 2, 3, 4, 5], "prompt": [3, 4, 5], "real": [0, 1, 2], "simulated, held out: medium": [6, 7, 8],
    }  # fmt: skip


def test_a_single_origin_has_a_single_table() -> None:
    assert [source.name for source in rows().sources()] == ["real"]


def test_against_the_truth_the_ratings_themselves_are_measured_too() -> None:
    found = rows()
    found = rows(true=found.rated + 0.5)
    (line,) = table(found, Predictions("raters", "truth", found.rated), target="true").lines
    assert line.figures["mse"][2].value == pytest.approx(0.25)


def test_the_same_rows_and_seed_give_the_same_table() -> None:
    found = rows()
    line = Predictions("run", "run", noisy(found, 1))
    assert table(found, line) == table(found, line)
    assert table(found, line, seed=1) != table(found, line)
