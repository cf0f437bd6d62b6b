"""Intraclass correlations of a crossed block: every item rated once by each of the same raters.

Names and formulas are those of Shrout & Fleiss (Psychological Bulletin 86, 1979), intervals those of McGraw & Wong (Psychological
Methods 1, 1996, tables 7 and 8). With the mean squares of a two-way analysis of variance of n items and k raters (MSR between
items, MSC between raters, MSE residual; MSW within items):

    ICC(1,1) = (MSR - MSW) / (MSR + (k-1) MSW)                         each item has raters of its own
    ICC(2,1) = (MSR - MSE) / (MSR + (k-1) MSE + k (MSC - MSE) / n)      a sample of raters, who should agree in level
    ICC(3,1) = (MSR - MSE) / (MSR + (k-1) MSE)                          just these raters, or levels taken out

and ICC(·,k), the reliability of the mean over the k raters, by the Spearman–Brown formula.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.agreement.estimates import LEVEL, UNKNOWN, Estimate

Floats = NDArray[np.float64]

NAMES = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)")


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """A two-way analysis of variance with one score a cell, in squared points.

    Attributes:
        n, k: items and raters.
        items, raters, residual: MSR, MSC, MSE.
    """

    n: int
    k: int
    items: float
    raters: float
    residual: float

    @property
    def within(self) -> float:
        """MSW: within items, raters and residual together."""
        return (self.raters + (self.n - 1) * self.residual) / self.n


def mean_squares(table: Floats) -> MeanSquares:
    """The analysis of variance of a table of scores, (n items, k raters), complete, both at least 2."""
    n, k = table.shape
    grand = table.mean()
    of_items, of_raters = table.mean(axis=1, keepdims=True), table.mean(axis=0, keepdims=True)
    residual = table - of_items - of_raters + grand
    return MeanSquares(
        n=n,
        k=k,
        items=float(k * np.sum((of_items - grand) ** 2) / (n - 1)),
        raters=float(n * np.sum((of_raters - grand) ** 2) / (k - 1)),
        residual=float(np.sum(residual**2) / ((n - 1) * (k - 1))),
    )


def intraclass_correlations(table: Floats) -> dict[str, Estimate]:
    """The six intraclass correlations with 95 % intervals, by their names in `NAMES`.

    Args:
        table: (n, k) scores of n items by k raters, complete. With fewer than two of either, or where the items do not differ,
            all are unknown.
    """
    if min(table.shape) < 2:
        return dict.fromkeys(NAMES, UNKNOWN)
    squares = mean_squares(table)
    if squares.items <= 0:
        return dict.fromkeys(NAMES, UNKNOWN)
    single = (_one_way(squares), _agreement(squares), _consistency(squares))
    return dict(zip(NAMES, (*single, *(stepped_up(one, squares.k) for one in single)), strict=True))


def stepped_up(single: Estimate, raters: float) -> Estimate:
    """The reliability of the mean over so many raters, from that of one (Spearman–Brown)."""
    return Estimate(*(raters * one / (1 + (raters - 1) * one) for one in (single.value, single.low, single.high)))


def _one_way(squares: MeanSquares) -> Estimate:
    return _from_ratio(squares.items, squares.within, squares.n * (squares.k - 1), squares)


def _consistency(squares: MeanSquares) -> Estimate:
    return _from_ratio(squares.items, squares.residual, (squares.n - 1) * (squares.k - 1), squares)


def _from_ratio(between: float, error: float, error_freedom: int, squares: MeanSquares) -> Estimate:
    """(F - 1) / (F + k - 1) for F = between / error, and for the ends of the interval of F."""
    if error <= 0:
        return Estimate(1.0, 1.0, 1.0)
    ratio, freedom = between / error, squares.n - 1
    low = ratio / _quantile(freedom, error_freedom)
    high = ratio * _quantile(error_freedom, freedom)
    return Estimate(*((one - 1) / (one + squares.k - 1) for one in (ratio, low, high)))


def _agreement(squares: MeanSquares) -> Estimate:
    n, k, items, raters, residual = squares.n, squares.k, squares.items, squares.raters, squares.residual
    value = (items - residual) / (items + (k - 1) * residual + k * (raters - residual) / n)
    if residual <= 0 and raters <= 0:
        return Estimate(1.0, 1.0, 1.0)
    # Satterthwaite's degrees of freedom of the mixture of MSC and MSE.
    a, b = k * value / (n * (1 - value)), 1 + k * value * (n - 1) / (n * (1 - value))
    parts = (a * raters) ** 2 / (k - 1) + (b * residual) ** 2 / ((n - 1) * (k - 1))
    freedom = (a * raters + b * residual) ** 2 / parts
    upper, lower = _quantile(n - 1, freedom), _quantile(freedom, n - 1)
    mixture = k * raters + (k * n - k - n) * residual
    low = n * (items - upper * residual) / (upper * mixture + n * items)
    high = n * (lower * items - residual) / (mixture + n * lower * items)
    return Estimate(value, low, high)


def _quantile(numerator: float, denominator: float) -> float:
    """Upper quantile of the F distribution."""
    from scipy.special import fdtri

    return float(fdtri(numerator, denominator, (1 + LEVEL) / 2))


def crossed_block(items: NDArray[np.int64], raters: NDArray[np.int64], scores: Floats) -> Floats:
    """The largest crossed table that is found by leaving out, one by one, whichever item or rater lacks the greatest share.

    Args:
        items: (N,) number of the item of each score, 0 … I - 1; no pair of item and rater twice.
        raters: (N,) number of the rater, 0 … R - 1.
        scores: (N,) the scores.

    Returns:
        (n, k) scores without gaps; (0, 0) where fewer than half of all pairs were rated: such a design is not crossed.
    """
    shape = (int(items.max(initial=-1)) + 1, int(raters.max(initial=-1)) + 1)
    if 2 * len(scores) < shape[0] * shape[1]:
        return np.empty((0, 0))
    table = np.full(shape, np.nan)
    table[items, raters] = scores
    while np.isnan(table).any():
        missing = np.isnan(table)
        of_items, of_raters = missing.mean(axis=1), missing.mean(axis=0)
        axis = int(of_raters.max() > of_items.max())
        table = np.delete(table, int((of_items, of_raters)[axis].argmax()), axis=axis)
    return table
