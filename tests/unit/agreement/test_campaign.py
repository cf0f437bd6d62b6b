"""Ratings as arrays."""

from __future__ import annotations

import numpy as np

from ppad.agreement.campaign import Campaign
from tests.unit.build.samples import RUBRIC, rating

ROWS = [
    rating("a", "r2", 4, consistency=None, active_ms=None),
    rating("b", "r1", 7, created_at="2026-01-01T00:01:00Z"),
    rating("a", "r1", 6),
    rating("a", "r1", 9, kind="repeat", replicate=1),
    rating("c", "r3", 2, kind="gold", created_at="yesterday"),
]


def test_rows_become_arrays_that_number_processes_and_raters() -> None:
    found = Campaign.of(ROWS, RUBRIC.scales)
    assert [name[0] for name in found.processes] == ["a", "b", "c"]
    assert found.raters == ("r1", "r2", "r3")
    assert (found.item.tolist(), found.rater.tolist()) == ([0, 1, 0, 0, 2], [1, 0, 0, 0, 2])
    assert found.column("detail_depth").tolist() == [4, 7, 6, 9, 2]
    assert found.scores.shape == (5, 8)


def test_times_that_cannot_be_read_are_unknown() -> None:
    found = Campaign.of(ROWS, RUBRIC.scales)
    assert found.when[1] - found.when[0] == 60
    assert np.isnan(found.when[4])
    assert np.isnan(found.active_s[0])
    assert found.active_s[1] == 30


def test_a_sample_holds_the_first_scores_of_the_kinds_that_count() -> None:
    sample = Campaign.of(ROWS, RUBRIC.scales).sample("detail_depth")
    assert (sample.items.tolist(), sample.raters.tolist(), sample.scores.tolist()) == ([0, 1, 0], [1, 0, 0], [4, 7, 6])
    assert (sample.processes.tolist(), sample.people.tolist()) == ([0, 1], [0, 1])


def test_cannot_judge_is_no_score() -> None:
    sample = Campaign.of(ROWS, RUBRIC.scales).sample("consistency")
    assert sample.rows.tolist() == [1, 2]
    assert not sample.can_be_fitted


def test_no_ratings_make_an_empty_campaign() -> None:
    found = Campaign.of([], RUBRIC.scales)
    assert (found.processes, found.scores.shape) == ((), (0, 8))
    assert not found.sample("consistency").can_be_fitted
