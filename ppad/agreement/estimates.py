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


UNKNOWN = Estimate(float("nan"), float("nan"), float("nan"))


def percentiles(value: float, draws: ArrayLike) -> Estimate:
    """The interval between the percentiles of resampled estimates (Efron & Tibshirani 1993, ch. 13)."""
    finite = _finite(draws)
    if not len(finite):
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.quantile(finite, _ends())
    return Estimate(value, float(low), float(high))


def mirrored(value: float, draws: ArrayLike, *, share: bool) -> Estimate:
    """The basic bootstrap interval on a scale on which the estimate's spread hardly depends on its size.

    Draws lie about the estimate as the estimate lies about the truth, so that their quantiles are mirrored at it (Davison &
    Hinkley 1997, section 5.2): on the logarithm for a variance, on the logit for a share.

    Args:
        draws: estimates from data drawn by the fitted model.
        share: whether the figure lies in 0–1; else it is a variance.
    """
    there, back = (_logit, _expit) if share else (_log, np.exp)
    finite = _finite(draws)
    if not len(finite) or not np.isfinite(value):
        return Estimate(value, float("nan"), float("nan"))
    high, low = np.quantile(there(finite), _ends())
    middle = there(np.asarray(value))
    return Estimate(value, float(back(2 * middle - low)), float(back(2 * middle - high)))


def _ends() -> tuple[float, float]:
    return (1 - LEVEL) / 2, (1 + LEVEL) / 2


def _finite(draws: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(draws, np.float64)
    return values[np.isfinite(values)]


def _log(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log(np.maximum(values, 1e-12))


def _logit(values: NDArray[np.float64]) -> NDArray[np.float64]:
    inside = np.clip(values, 1e-9, 1 - 1e-9)
    return np.log(inside / (1 - inside))


def _expit(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-values))
