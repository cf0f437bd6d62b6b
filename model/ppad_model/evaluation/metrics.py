"""The metrics of the paper's Table 1, for many resamples at once.

Notation: n rows, D resamples. A resample says how often it holds each row, (D, n); every metric is what it would be on the rows
written out that often. NaN stands for "says nothing": a correlation with a constant, or of fewer than three rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

FEWEST_ROWS = 3
"""Two points always lie on a line."""
_CONSTANT = 1e-6
"""Points of the scale within which scores count as equal: what float32 leaves of a constant is no ranking."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric and how to read it.

    Attributes:
        name: key in files.
        title: as tables head it.
        meaning: one line.
        low, high: its range; MSE has no upper end short of the scale's.
        higher_is_better: its direction.
        measure: from predicted (n,), rated (n,) and counts (D, n) to (D,).
    """

    name: str
    title: str
    meaning: str
    low: float
    high: float
    higher_is_better: bool
    measure: Callable[[Floats, Floats, Floats], Floats]

    def __call__(self, predicted: ArrayLike, rated: ArrayLike) -> float:
        """The metric of all rows, each once; NaN where it says nothing."""
        one, other = np.asarray(predicted, np.float64), np.asarray(rated, np.float64)
        return float(self.measure(one, other, np.ones((1, len(one))))[0])


def spearman(predicted: Floats, rated: Floats, counts: Floats) -> Floats:
    """SRCC, Spearman's rank correlation: Pearson's of mid-ranks."""
    differ = _differ(predicted, counts) & _differ(rated, counts)
    return np.where(differ, _correlation(mid_ranks(predicted, counts), mid_ranks(rated, counts), counts), np.nan)


def pearson(predicted: Floats, rated: Floats, counts: Floats) -> Floats:
    """PCC, Pearson's correlation, without any fit before it."""
    differ = _differ(predicted, counts) & _differ(rated, counts)
    return np.where(differ, _correlation(predicted[None], rated[None], counts), np.nan)


def mean_squared_error(predicted: Floats, rated: Floats, counts: Floats) -> Floats:
    """MSE, in squared points of the scale."""
    return _mean((predicted - rated)[None] ** 2, counts)[:, 0]


def mean_absolute_error(predicted: Floats, rated: Floats, counts: Floats) -> Floats:
    """MAE, in points of the scale."""
    return _mean(np.abs(predicted - rated)[None], counts)[:, 0]


def rounded_accuracy(predicted: Floats, rated: Floats, counts: Floats) -> Floats:
    """Share of rows whose prediction and rating are the same whole number, halves rounded up."""
    return _mean((round_half_up(predicted) == round_half_up(rated)).astype(np.float64)[None], counts)[:, 0]


def round_half_up(scores: Floats) -> Floats:
    """Whole numbers; a half goes up: rounding to even would take 6.5 down and 7.5 up."""
    return np.floor(scores + 0.5)


METRICS = (
    Metric("srcc", "SRCC", "rank correlation with the raters' mean", -1, 1, True, spearman),
    Metric("pcc", "PCC", "linear correlation with the raters' mean, nothing fitted", -1, 1, True, pearson),
    Metric("mse", "MSE", "mean squared error, squared points of the scale", 0, np.inf, False, mean_squared_error),
    Metric("acc", "rounded ACC", "share of predictions that round to the raters' whole number", 0, 1, True, rounded_accuracy),
)  # fmt: skip


def _mean(values: Floats, counts: Floats) -> Floats:
    """(D, 1) of values (1 or D, n); NaN of no rows."""
    total = counts.sum(axis=1, keepdims=True)
    sums = (values * counts).sum(axis=1, keepdims=True)
    return np.divide(sums, total, out=np.full_like(total, np.nan), where=total > 0)


def _correlation(one: Floats, other: Floats, counts: Floats) -> Floats:
    left, right = one - _mean(one, counts), other - _mean(other, counts)
    together = (left * right * counts).sum(axis=1)
    alone = np.sqrt((left**2 * counts).sum(axis=1) * (right**2 * counts).sum(axis=1))
    found = np.divide(together, alone, out=np.full_like(together, np.nan), where=alone > 0)
    return np.clip(found, -1, 1)


def _differ(values: Floats, counts: Floats) -> NDArray[np.bool_]:
    """(D,) whether a resample holds enough rows, and values that are not all equal."""
    there = counts > 0
    low = np.where(there, values, np.inf).min(axis=1, initial=np.inf)
    high = np.where(there, values, -np.inf).max(axis=1, initial=-np.inf)
    return np.asarray((there.sum(axis=1) >= FEWEST_ROWS) & (high - low > _CONSTANT))


def mid_ranks(values: Floats, counts: Floats) -> Floats:
    """(D, n) mid-ranks among the rows written out: those before, and the middle of the ties."""
    _, tied = np.unique(values, return_inverse=True)
    order = np.argsort(tied, kind="stable")
    starts = np.flatnonzero(np.diff(tied[order], prepend=-1))
    sizes = np.add.reduceat(counts[:, order], starts, axis=1)
    middles = np.cumsum(sizes, axis=1) - sizes + (sizes + 1) / 2
    return np.asarray(middles[:, tied])
