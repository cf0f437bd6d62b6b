"""ITU recommendations, against what their demonstrations print."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from ppad.agreement.itu import alternating_projection, rejected_by_bt500
from tests.unit.agreement.published import columns_of, numbered, scored


@pytest.fixture(scope="module")
def nflx(real_data: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """79 stimuli, 26 raters, one score missing."""
    with (real_data / "ratings" / "sureal" / "nflx_public_79x26_bt500.csv").open() as file:
        return scored(np.array([[float(cell) for cell in row] for row in csv.reader(file)]))


def test_alternating_projection_gives_the_published_scores_biases_and_inconsistencies(
    real_data: Path, nflx: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    published = json.loads((real_data / "ratings" / "sureal" / "expected_bt500.json").read_text())[0]
    found = alternating_projection(*nflx)
    assert found.scores == pytest.approx(published["mos_j"], abs=1e-9)
    assert found.errors == pytest.approx(published["sos_j"], abs=1e-9)
    assert found.bias == pytest.approx(published["bias_i"], abs=1e-9)
    assert found.inconsistency == pytest.approx(published["inconsistency_i"], abs=1e-9)


def test_screening_rejects_raters_who_were_made_outliers(real_data: Path) -> None:
    columns = columns_of(real_data / "ratings" / "sureal" / "nflx_last4outliers_long.csv")
    raters = np.array(columns["rater"], np.int64)
    rejected = rejected_by_bt500(numbered(columns["stimulus"]), raters, np.array(columns["score"], np.float64))
    assert not rejected[:26].any()
    assert rejected[26:].sum() == 3  # of the four that were appended


def test_a_rater_who_is_only_severe_is_not_rejected() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(6, 1, (60, 1)) + rng.normal(0, 0.5, (60, 20))
    table[:, 0] -= 3
    assert not rejected_by_bt500(*scored(table))[0]


def test_items_on_which_all_agree_reject_nobody() -> None:
    table = np.repeat(np.arange(1.0, 9).reshape(8, 1), 3, axis=1)
    table[0] = [1, 2, 3]
    assert not rejected_by_bt500(*scored(table)).any()


def test_on_a_sparse_design_a_rater_takes_all_weight() -> None:
    """Why it is no basis for scores here: with three raters an item, one of them ends up hardly wrong at all."""
    rng = np.random.default_rng(1)
    items = np.repeat(np.arange(600), 3)
    raters = np.concatenate([rng.choice(15, 3, replace=False) for _ in range(600)])
    scores = rng.normal(6, 1, 600)[items] + rng.normal(0, 0.8, 15)[raters] + rng.normal(0, 1, 1800)
    found = alternating_projection(items, raters, scores)
    assert found.inconsistency.min() < 0.05
    assert np.median(found.inconsistency) > 0.7
