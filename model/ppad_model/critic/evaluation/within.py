"""Within-group correlations: are works of one group told apart, once it is known how good the group is?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ppad.agreement.estimates import Estimate, percentiles
from ppad_model.evaluation.metrics import FEWEST_ROWS, mid_ranks

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def within_groups(predicted: Floats, rated: Floats, groups: Sequence[str], counts: Floats) -> tuple[Estimate, Estimate]:
    """Pooled within-group Pearson and Spearman correlation, with intervals.

    Pearson's is that of the departures from the group's means (the pooled within-group correlation of an analysis of
    covariance); Spearman's that of the departures of ranks within each group. Groups with one work say nothing.

    Args:
        predicted, rated: (n,); rows with NaN are left out.
        groups: (n,); an empty name is no group.
        counts: (D, n) resamples.
    """
    named = np.array([bool(name) for name in groups])
    kept = np.flatnonzero(np.isfinite(predicted) & np.isfinite(rated) & named)
    members = _members([groups[int(row)] for row in kept])
    one, other = predicted[kept], rated[kept]
    everything = np.vstack([np.ones((1, len(kept))), counts[:, kept]])
    ranks = _ranked(one, members, everything), _ranked(other, members, everything)
    found = [_pooled(left, right, members, everything) for left, right in ((one[None], other[None]), ranks)]
    pearson, spearman = (
        percentiles(float(values[0]), values[1:]) if np.isfinite(values[0]) else percentiles(float("nan"), []) for values in found
    )
    return pearson, spearman


def _members(groups: Sequence[str]) -> list[Ints]:
    """The rows of each group that has two or more."""
    names, place = np.unique(np.asarray(groups, np.str_), return_inverse=True)
    found = [np.flatnonzero(place == number) for number in range(len(names))]
    return [rows for rows in found if len(rows) > 1]


def _ranked(values: Floats, members: Sequence[Ints], counts: Floats) -> Floats:
    ranks = np.zeros((len(counts), len(values)))
    for rows in members:
        ranks[:, rows] = mid_ranks(values[rows], counts[:, rows])
    return ranks


def _pooled(one: Floats, other: Floats, members: Sequence[Ints], counts: Floats) -> Floats:
    """(D,) correlation of departures from the group's means; NaN where nothing departs, or too few rows do."""
    sums, rows_there = np.zeros((3, len(counts))), np.zeros(len(counts))
    for rows in members:
        weights = counts[:, rows]
        total = np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
        left, right = (side[:, rows] - (side[:, rows] * weights).sum(axis=1, keepdims=True) / total for side in (one, other))
        sums += np.stack([(left * right * weights).sum(1), (left**2 * weights).sum(1), (right**2 * weights).sum(1)])
        rows_there += np.where((weights > 0).sum(axis=1) > 1, (weights > 0).sum(axis=1), 0)
    scale = np.sqrt(sums[1] * sums[2])
    sound = (scale > 1e-12) & (rows_there >= FEWEST_ROWS)
    return np.where(sound, np.clip(sums[0] / np.where(sound, scale, 1), -1, 1), np.nan)
