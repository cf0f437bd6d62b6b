"""Simulated raters, their ceiling, and an audit that notices what is wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from ppad.rubric import load_rubric
from ppad_pipelines.simulate.audit import Seen, audit, ceilings
from ppad_pipelines.simulate.colors import hue_turned, oklab, oklab_from_srgb, srgb_from_oklab
from ppad_pipelines.simulate.design import ATTRIBUTES, Process, design
from ppad_pipelines.simulate.raters import draw_raters, rating_rows
from ppad_pipelines.simulate.statistics import chance_bound, cross_predicted, pearson, relabelled, spearman
from ppad_pipelines.simulate.truth import severities, true_score

RUBRIC = load_rubric("ppad-8")


def truths(processes: list[Process]) -> dict[str, dict[str, float]]:
    return {one.id: {name: true_score(value) for name, value in severities(one.recipe).items()} for one in processes}


def rated(processes: list[Process], amount: float, each: int = 3) -> list[dict[str, object]]:
    return list(rating_rows(truths(processes), draw_raters(0, 15, amount), each, 0, RUBRIC))


def seen(processes: list[Process], rng: np.random.Generator) -> dict[str, Seen]:
    """Pictures that say nothing: twins share their last frame, and the frames if they claim so."""
    found = {}
    for process in processes:
        numbers = process.recipe.order or range(process.recipe.frames)
        names = [f"{process.unit}-{number}" for number in numbers]
        if process.part != "same-frames":
            names = [f"{name}-{process.member}" for name in names[:-1]] + names[-1:]
        found[process.id] = Seen(tuple(names), rng.normal(size=6), rng.normal(size=4))
    return found


def test_every_process_has_three_different_raters_out_of_fifteen_and_whole_scores_on_the_scale() -> None:
    processes = design(60, 0, 64)
    rows = rated(processes, amount=1.0)
    assert len(rows) == 180
    assert len({(row["process_id"], row["rater_id"]) for row in rows}) == 180
    assert len({row["rater_id"] for row in rows}) == 15
    assert all(isinstance(row[name], int) and 1 <= row[name] <= 10 for row in rows for name in ATTRIBUTES)  # type: ignore[operator]


def test_raters_without_bias_and_noise_say_the_true_score_rounded() -> None:
    processes = design(40, 0, 64)
    known = truths(processes)
    for row in rated(processes, amount=0.0):
        assert [row[name] for name in ATTRIBUTES] == [round(known[str(row["process_id"])][name]) for name in ATTRIBUTES]


def test_what_raters_say_of_a_process_does_not_depend_on_the_other_processes() -> None:
    few, many = design(20, 0, 64), design(80, 0, 64)
    assert rated(few, 1.0) == [row for row in rated(many, 1.0) if row["process_id"] in {one.id for one in few}]


def test_the_ceiling_falls_with_noise_and_is_that_of_scipy() -> None:
    processes = design(200, 0, 64)
    rows, known = rated(processes, 1.0), truths(processes)
    noisy, clean = (list(ceilings(processes, found)) for found in (rows, rated(processes, 0.0)))
    assert all(one.pcc < 0.98 < other.pcc for one, other in zip(noisy, clean, strict=True))
    name = "detail_depth"
    means = [np.mean([row[name] for row in rows if row["process_id"] == one.id]) for one in processes]  # type: ignore[misc]
    ceiling = next(one for one in noisy if one.attribute == name)
    true = [known[one.id][name] for one in processes]
    assert ceiling.srcc == pytest.approx(stats.spearmanr(means, true).statistic)
    assert ceiling.pcc == pytest.approx(stats.pearsonr(means, true).statistic)
    assert ceiling.mse == pytest.approx(np.mean((np.array(means) - true) ** 2))
    assert ceiling.single < ceiling.reliability < 1


def test_the_audit_of_a_sound_benchmark_holds() -> None:
    processes = design(400, 0, 64)
    found = audit(processes, seen(processes, np.random.default_rng(0)), rated(processes, 1.0))
    assert [check.statement for check in found.checks if not check.holds] == []
    assert found.baselines is not None
    assert len(found.baselines.last) == len(found.ceilings) == 8


def test_the_audit_notices_a_last_frame_that_gives_a_fault_away() -> None:
    processes = design(400, 0, 64)
    leaking = seen(processes, np.random.default_rng(0))
    for process in processes:
        leak = severities(process.recipe)["style_stability"]
        leaking[process.id] = replace(leaking[process.id], last=np.append(leaking[process.id].last, leak))
    found = audit(processes, leaking, rated(processes, 1.0))
    assert [check.statement for check in found.checks if not check.holds] == ["style_stability from the last frame: SRCC"]


def test_the_audit_notices_a_nuisance_that_goes_with_a_fault() -> None:
    processes = [
        replace(one, recipe=replace(one.recipe, brush=1.0 + severities(one.recipe)["color_depth"])) for one in design(400, 0, 64)
    ]
    found = audit(processes, seen(processes, np.random.default_rng(0)), rated(processes, 1.0))
    assert [check.statement for check in found.checks if not check.holds] == [
        "nuisances: largest r with a severity (brush, color_depth)"
    ]


def test_the_audit_notices_twins_that_do_not_end_alike() -> None:
    processes = design(80, 0, 64)
    pictures = seen(processes, np.random.default_rng(0))
    twin = next(process for process in processes if process.part == "same-end")
    pictures[twin.id] = replace(pictures[twin.id], digests=(*pictures[twin.id].digests[:-1], "another"))
    found = audit(processes, pictures, rated(processes, 1.0))
    assert [check.found for check in found.checks if not check.holds] == ["3 of 4"]


def test_correlations_are_those_of_scipy_and_zero_where_nothing_varies() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.integers(0, 5, 50).astype(float), rng.normal(size=50)
    assert spearman(one, other) == pytest.approx(stats.spearmanr(one, other).statistic)
    assert pearson(one, other) == pytest.approx(stats.pearsonr(one, other).statistic)
    assert pearson(np.ones(5), other[:5]) == 0.0


def test_chance_bounds_hold_in_about_99_of_100_unrelated_samples() -> None:
    rng = np.random.default_rng(2)
    largest = [max(abs(pearson(*rng.normal(size=(2, 60)))) for _ in range(10)) for _ in range(300)]
    assert 0.97 < np.mean(np.array(largest) <= chance_bound(60, 10)) <= 1.0


def test_labels_of_other_rows_are_not_predicted_whatever_the_features_know() -> None:
    rng = np.random.default_rng(4)
    features = rng.normal(size=(150, 5))
    found = relabelled(features, features[:, :2], range(150), tries=100, seed=0)
    assert found.shape == (100, 2)
    assert abs(found.mean()) < 0.06
    assert np.quantile(np.abs(found), 0.95) < 0.3


def test_predictions_over_folds_find_a_linear_truth_and_nothing_in_noise() -> None:
    rng = np.random.default_rng(3)
    features = rng.normal(size=(200, 5))
    targets = np.stack([features @ [1, 2, 0, 0, 1], rng.normal(size=200)], axis=1)
    predicted = cross_predicted(features, targets, range(200))
    assert pearson(predicted[:, 0], targets[:, 0]) > 0.98
    assert abs(pearson(predicted[:, 1], targets[:, 1])) < 0.25


def test_oklab_gives_the_published_values_and_turning_hues_keeps_lightness() -> None:
    red = np.array([1.0, 0.0, 0.0], dtype=np.float32)
    assert oklab_from_srgb(red) == pytest.approx([0.628, 0.2249, 0.1258], abs=1e-3)
    color = srgb_from_oklab(oklab(0.6, 0.08, 40.0))
    turned = oklab_from_srgb(hue_turned(color, 120.0))
    assert turned[0] == pytest.approx(0.6, abs=1e-3)
    assert np.degrees(np.arctan2(turned[2], turned[1])) == pytest.approx(160.0, abs=0.5)
