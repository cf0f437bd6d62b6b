"""From single ratings to the scores of a process: the mean over raters, their spread, and the bias-adjusted score."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ppad.agreement.bias import fit
from ppad_pipelines.build.ratings import Rating
from ppad_pipelines.build.splits import Groups

SCORED_KINDS = ("main", "extra", "calibration")
"""Kinds of rating that count towards a score; repeats and gold items measure the rater."""

Given = tuple[str, str, int]
"""A score that was given: process id, rater id, score."""


def scores_by_process(
    ratings: Iterable[Rating], scales: Mapping[str, tuple[int, int]]
) -> dict[str, dict[str, float | int | None]]:
    """The score columns of each process that was rated, by process id.

    Each rater counts once a process: the current rating of the first time they saw it.

    Args:
        scales: lowest and highest score of each attribute.
    """
    counted = [row for row in ratings if row["kind"] in SCORED_KINDS and row["replicate"] == 0]
    result: dict[str, dict[str, float | int | None]] = {row["process_id"]: {} for row in counted}
    raters: dict[str, set[str]] = defaultdict(set)
    for name, (low, high) in scales.items():
        given = [(row["process_id"], row["rater_id"], row[name]) for row in counted if row[name] is not None]
        by_process: dict[str, list[int]] = defaultdict(list)
        for process_id, rater_id, score in given:
            by_process[process_id].append(score)
            raters[process_id].add(rater_id)
        adjusted = adjusted_scores(given)
        for process_id, columns in result.items():
            columns.update(_score_columns(name, by_process[process_id]))
            bare = adjusted.get(process_id)
            columns[f"{name}_adjusted"] = None if bare is None else min(max(bare, low), high)
    for process_id, columns in result.items():
        columns["n_raters"] = len(raters[process_id])
    return result


def adjusted_scores(given: Sequence[Given]) -> dict[str, float]:
    """The bias-adjusted score of each process, where raters can be compared.

    Raters who share no process, not even through others, cannot be compared, so each connected part of the design is
    fitted by itself. A part with no more scores than the model has effects says nothing of bias and is left out, and so
    is a process with one rater.
    """
    processes = {name: number for number, name in enumerate(sorted({process for process, _, _ in given}))}
    raters = {name: len(processes) + number for number, name in enumerate(sorted({rater for _, rater, _ in given}))}
    groups = Groups(len(processes) + len(raters))
    for process, rater, _ in given:
        groups.join(processes[process], raters[rater])
    parts: dict[int, list[Given]] = defaultdict(list)
    for one in given:
        parts[groups.root(processes[one[0]])].append(one)
    return {process: score for part in parts.values() for process, score in _adjust_part(part).items()}


def _adjust_part(given: Sequence[Given]) -> dict[str, float]:
    names, items, counts = np.unique([process for process, _, _ in given], return_inverse=True, return_counts=True)
    people, raters = np.unique([rater for _, rater, _ in given], return_inverse=True)
    scores = np.array([score for _, _, score in given], np.float64)
    if len(scores) < len(names) + len(people):
        return {}
    if np.ptp(scores) == 0:
        adjusted = np.full(len(names), scores[0])
    else:
        fitted = fit(items, raters, scores)
        adjusted = fitted.mean + fitted.items
    return {str(name): float(score) for name, score, count in zip(names, adjusted, counts, strict=True) if count > 1}


def _score_columns(name: str, scores: Sequence[int]) -> dict[str, float | int | None]:
    return {
        name: float(np.mean(scores)) if scores else None,
        f"{name}_std": float(np.std(scores, ddof=1)) if len(scores) > 1 else None,
    }
