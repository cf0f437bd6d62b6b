"""What single raters do: severity, use of the scale, consistency, agreement with the others, drift.

Each score is held against what the *others* said of the item: with the variances and severities of a fit (`ppad.agreement.bias`),
the item's effect is predicted without the rater's own score,

    c_ij = mu + sum over the other raters l of (y_il - mu - r_l) / (n_i - 1 + var_error / var_item),

the best linear unbiased prediction; its error variance is var_error / (n_i - 1 + var_error / var_item). Being a prediction, it
does not flatten the line that is fitted through it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.agreement.bias import Fit
from ppad.agreement.estimates import LEVEL, UNKNOWN, Estimate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST = 8
"""Ratings that somebody else rated too, below which a rater's habits are not estimated."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How one rater rates one attribute; in points where nothing else is said, unknown with too few ratings.

    Attributes:
        count: ratings.
        mean, spread: mean and standard deviation of the rater's scores.
        severity: how much more than the panel the rater gives, on the same items; negative for a severe one.
        slope: points given for each point of difference that the others see; 1 is usual, less is a timid use of the scale.
        noise: standard deviation about that line, beyond the uncertainty of what the others say.
        agreement: correlation with what the others say, which is uncertain itself: good raters may stay far below 1.
        drift: change of the rater's level from their first to their last rating.
    """

    count: int
    mean: float
    spread: float
    severity: Estimate
    slope: Estimate
    noise: Estimate
    agreement: Estimate
    drift: Estimate


@dataclass(frozen=True, slots=True)
class Consensus:
    """What the others say of each score's item: prediction and error variance, (N,); NaN where there are no others."""

    predicted: Floats
    variance: Floats


def consensus(items: Ints, raters: Ints, scores: Floats, fitted: Fit) -> Consensus:
    """What the others said of the item of each score, as predictions c of the module's docstring.

    Args:
        items, raters, scores: as in `ppad.agreement.bias.fit`.
        fitted: the fit to them.
    """
    item, _, error = fitted.variances
    residual = scores - fitted.mean - fitted.raters[raters]
    others = np.bincount(items)[items] - 1.0
    known = others > 0
    weight = others + error / item if item > 0 else np.full(len(others), np.inf)
    predicted = fitted.mean + (np.bincount(items, residual)[items] - residual) / weight
    return Consensus(np.where(known, predicted, np.nan), np.where(known, error / weight, np.nan))


def habits(items: Ints, raters: Ints, scores: Floats, when: Floats, fitted: Fit) -> list[Habits]:
    """The habits of each rater, 0 … R - 1.

    Args:
        items, raters, scores: as in `ppad.agreement.bias.fit`.
        when: (N,) time of each rating, in any unit; NaN where it is not known.
        fitted: the fit to the scores.
    """
    seen = consensus(items, raters, scores, fitted)
    found = []
    for rater in range(len(fitted.raters)):
        own = np.flatnonzero(raters == rater)
        level, reach = float(fitted.raters[rater] - fitted.raters.mean()), 1.96 * float(fitted.rater_errors[rater])
        known = own[np.isfinite(seen.predicted[own])]
        line = _line(seen.predicted[known] - fitted.mean, scores[known])
        found.append(
            Habits(
                count=len(own),
                mean=float(np.mean(scores[own])) if len(own) else float("nan"),
                spread=float(np.std(scores[own], ddof=1)) if len(own) > 1 else float("nan"),
                severity=Estimate(level, level - reach, level + reach),
                slope=line.slope,
                noise=_beyond(line, float(np.mean(seen.variance[known])) if len(known) else 0.0),
                agreement=correlation(seen.predicted[known], scores[known]),
                drift=drift(when[known], (scores - seen.predicted)[known]),
            )
        )
    return found


def drift(when: Floats, departures: Floats) -> Estimate:
    """Change of a rater's level from their first to their last rating, by a straight line.

    Args:
        when: (N,) time of each rating, in any unit; unknown or equal times say nothing.
        departures: (N,) score minus what the others say, points.
    """
    return _line(order_of(when), departures).slope


def order_of(when: Floats) -> Floats:
    """(N,) the place of each rating in its rater's work, from 0 to 1; all 0 where times are unknown or equal."""
    if len(when) < 2 or not np.isfinite(when).all() or np.ptp(when) == 0:
        return np.zeros(len(when))
    _, place = np.unique(when, return_inverse=True)
    return place / place.max()


def drift_curve(when: Floats, departures: Floats, bins: int) -> tuple[Floats, Floats, Floats]:
    """A rater's level over their work, in stretches with equally many ratings.

    Args:
        when: (N,) place of each rating, from `order_of`.
        departures: (N,) score minus what the others say, points.
        bins: number of stretches; fewer where there are fewer than five ratings for each.

    Returns:
        middle of each stretch (0–1), mean departure from the rater's usual level, and its standard error; points.
    """
    order = np.argsort(when, kind="stable")
    stretches = np.array_split(order, max(1, min(bins, len(order) // 5)))
    level = departures.mean() if len(order) else 0.0
    middles = np.array([when[rows].mean() for rows in stretches if len(rows)])
    means = np.array([departures[rows].mean() - level for rows in stretches if len(rows)])
    errors = np.array(
        [departures[rows].std(ddof=1) / np.sqrt(len(rows)) if len(rows) > 1 else np.nan for rows in stretches if len(rows)]
    )
    return middles, means, errors


def correlation(one: Floats, other: Floats) -> Estimate:
    """Pearson's correlation, its interval by Fisher's z."""
    if len(one) < FEWEST or np.ptp(one) == 0 or np.ptp(other) == 0:
        return UNKNOWN
    value = float(np.corrcoef(one, other)[0, 1])
    middle, reach = np.arctanh(np.clip(value, -1 + 1e-12, 1 - 1e-12)), 1.96 / np.sqrt(len(one) - 3)
    return Estimate(value, float(np.tanh(middle - reach)), float(np.tanh(middle + reach)))


@dataclass(frozen=True, slots=True)
class _Line:
    """A least-squares line: its slope, residual sum of squares, degrees of freedom."""

    slope: Estimate
    squares: float
    freedom: int


def _line(x: Floats, y: Floats) -> _Line:
    if len(x) < FEWEST or np.ptp(x) == 0:
        return _Line(UNKNOWN, float("nan"), 0)
    from scipy.special import stdtrit

    centred = x - x.mean()
    width = float(centred @ centred)
    slope = float(centred @ y) / width
    squares = float(np.sum((y - y.mean() - slope * centred) ** 2))
    freedom = len(x) - 2
    reach = float(stdtrit(freedom, (1 + LEVEL) / 2) * np.sqrt(squares / freedom / width))
    return _Line(Estimate(slope, slope - reach, slope + reach), squares, freedom)


def _beyond(line: _Line, uncertainty: float) -> Estimate:
    """The rater's own standard deviation: what is left of the residual variance without the consensus's uncertainty."""
    if line.freedom == 0:
        return UNKNOWN
    from scipy.special import chdtri

    divisors = (line.freedom, chdtri(line.freedom, (1 - LEVEL) / 2), chdtri(line.freedom, (1 + LEVEL) / 2))
    own = line.slope.value**2 * uncertainty
    return Estimate(*(float(np.sqrt(max(0.0, line.squares / divisor - own))) for divisor in divisors))
