"""What the ITU recommends for panels that see everything: subject screening, and scores weighed by the raters' consistency.

They are here to compare with, and because reviewers ask for them. On a sparse design (a few raters an item) they do worse than
the plain mean or the adjusted score; docs/benchmarks.md has the figures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_EPSILON = 1e-8
_TOLERANCE = 1e-8
_MAX_STEPS = 1000


@dataclass(frozen=True, slots=True)
class Projection:
    """Scores by alternating projection, in points.

    Attributes:
        scores: (I,) recovered quality of the items.
        errors: (I,) their standard errors, from the spread of the raters' residuals.
        bias: (R,) how much more than the others each rater gives; mean 0.
        inconsistency: (R,) standard deviation of each rater's residuals.
    """

    scores: Floats
    errors: Floats
    bias: Floats
    inconsistency: Floats


def alternating_projection(items: Ints, raters: Ints, scores: Floats) -> Projection:
    """Quality, bias and inconsistency by turns until they agree: ITU-T P.910 (2022), section 12.6; ITU-R BT.500-15, annex 1.

    Raters are weighed by the inverse of their residual variance, to which 1e-8 is added. A rater whose residuals vanish takes all
    weight, which happens where items have few raters.

    Args:
        items: (N,) number of the item of each score, 0 … I - 1.
        raters: (N,) number of the rater, 0 … R - 1.
        scores: (N,) the scores.
    """
    quality = _mean(items, scores)
    bias = _mean(raters, scores - quality[items])
    for _ in range(_MAX_STEPS):
        residual = scores - quality[items] - bias[raters]
        spread = _variance(raters, residual)
        weights = 1 / (spread + _EPSILON)
        new = np.bincount(items, (scores - bias[raters]) * weights[raters]) / np.bincount(items, weights[raters])
        moved = float(np.linalg.norm(new - quality))
        quality, bias = new, _mean(raters, scores - new[items])
        if moved < _TOLERANCE:
            break
    shift = float(bias.mean())
    errors = np.sqrt(_variance(items, residual) / np.bincount(items))
    return Projection(quality + shift, errors, bias - shift, np.sqrt(spread))


def rejected_by_bt500(items: Ints, raters: Ints, scores: Floats) -> NDArray[np.bool_]:
    """(R,) whether each rater would be screened out: ITU-R BT.500-15, annex 1 to part 1, section A1-2.3.

    A rater is rejected who is far from the mean in more than 5 % of their items, about as often above as below it. Far is 2
    standard deviations of an item's scores where their kurtosis is that of a normal distribution (2–4), else the root of 20.
    Never rejected are raters who are merely severe or lenient.

    Args:
        items, raters, scores: as in `alternating_projection`.
    """
    mean = _mean(items, scores)
    variance = _variance(items, scores)
    fourth = np.bincount(items, (scores - mean[items]) ** 4) / np.bincount(items)
    kurtosis = np.divide(fourth, variance**2, out=np.zeros_like(fourth), where=variance > 0)
    far = np.sqrt(variance) * np.where((kurtosis >= 2) & (kurtosis <= 4), 2.0, np.sqrt(20.0))
    tells = variance[items] > 0  # where all agree, nobody is far from the mean
    above = np.bincount(raters, tells & (scores >= (mean + far)[items]))
    below = np.bincount(raters, tells & (scores <= (mean - far)[items]))
    often = (above + below) / np.bincount(raters) > 0.05
    balanced = np.abs(above - below) < 0.3 * (above + below)
    return often & balanced


def _mean(labels: Ints, values: Floats) -> Floats:
    return np.bincount(labels, values) / np.bincount(labels)


def _variance(labels: Ints, values: Floats) -> Floats:
    """Population variance of the values of each label."""
    return _mean(labels, (values - _mean(labels, values)[labels]) ** 2)
