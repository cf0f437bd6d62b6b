"""A figure with what is known of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.95
"""Coverage of every interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate with its 95 % interval; NaN where the data do not say."""

    value: float
    low: float
    high: float


_NOTHING = 1e-6
"""Share of the largest draw below which a variance counts as 0."""

UNKNOWN = Estimate(float("nan"), float("nan"), float("nan"))


def mean_of(values: NDArray[np.float64]) -> Estimate:
    """The mean of independent values, (N,), with its interval by Student's t; from a single one no interval."""
    from scipy.special import stdtrit

    count, value = len(values), float(np.mean(values)) if len(values) else float("nan")
    if count < 2:
        return Estimate(value, float("nan"), float("nan"))
    reach = float(stdtrit(count - 1, (1 + LEVEL) / 2) * np.std(values, ddof=1) / np.sqrt(count))
    return Estimate(value, value - reach, value + reach)


def percentiles(value: float, draws: ArrayLike) -> Estimate:
    """The interval between the percentiles of resampled estimates (Efron & Tibshirani 1993, ch. 13)."""
    finite = _finite(draws)
    if not len(finite):
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.quantile(finite, _ends())
    return Estimate(value, float(low), float(high))


def mirrored(variance: float, draws: ArrayLike) -> Estimate:
    """The basic bootstrap interval of a variance on its logarithm, where its spread does not depend on its size.

    Draws lie about the estimate as the estimate lies about the truth, so that their quantiles are mirrored at it (Davison &
    Hinkley, Bootstrap Methods, 1997, section 5.2). An estimate of next to 0 cannot be mirrored at, and gets percentiles.

    Args:
        draws: estimates from data drawn by the fitted model.
    """
    finite = _finite(draws)
    if not len(finite) or variance <= _NOTHING * float(finite.max()):
        return percentiles(variance, finite)
    low, high = np.quantile(np.log(np.maximum(finite, _NOTHING * variance)), _ends())
    return Estimate(variance, float(variance**2 / np.exp(high)), float(variance**2 / np.exp(low)))


def _ends() -> tuple[float, float]:
    return (1 - LEVEL) / 2, (1 + LEVEL) / 2


def _finite(draws: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(draws, np.float64)
    return values[np.isfinite(values)]
