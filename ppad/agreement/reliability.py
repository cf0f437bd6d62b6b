"""Reliability of scores where every item has a few of many raters: generalisability on a sparse design.

    G(q,k) = var_item / (var_item + q var_rater + var_error / k)

(Putka, Le, McCloy & Diaz, Journal of Applied Psychology 93, 2008, equation 5) is the share of the variance of the items' mean
scores that comes from the items. k is the harmonic mean of the number of raters an item; q says how much of the raters'
severity stays in the differences between items: 0 where all items have the same raters, 1/k where no two share one.
The variances are those of `ppad.agreement.bias`; var_error holds item × rater and residual together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.agreement.bias import Design
from ppad.agreement.estimates import Estimate, mirrored, percentiles

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DRAWS = 200


@dataclass(frozen=True, slots=True)
class Overlap:
    """How a design shares raters between items: `k` and `q` of G(q,k)."""

    k: float
    q: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far scores can be relied on; figures with 95 % intervals, variances in squared points.

    Attributes:
        item, rater, error: the variance components.
        overlap: k and q of the design.
        single: share of the items in the variance of one rater's scores; the sparse counterpart of ICC(2,1).
        mean: G(q,k), reliability of the mean over raters.
        adjusted: reliability of the score with severity taken out, G(0,k); what consistent ranks need, as ICC(3,k).
    """

    item: Estimate
    rater: Estimate
    error: Estimate
    overlap: Overlap
    single: Estimate
    mean: Estimate
    adjusted: Estimate


def reliability(items: Ints, raters: Ints, scores: Floats, *, draws: int = DRAWS, seed: int = 0) -> Reliability:
    """Variance components and G coefficients of a design, with intervals.

    Intervals come from a parametric bootstrap: scores drawn by the fitted model on the same design, fitted again.

    Args:
        items: (N,) number of the item of each score, 0 … I - 1; no pair of item and rater twice.
        raters: (N,) number of the rater, 0 … R - 1.
        scores: (N,) the scores, not all equal.
        draws: data sets that are drawn.
    """
    design = Design(items, raters)
    found = design.variances(scores)
    overlap = overlap_of(items, raters)
    rng = np.random.default_rng(seed)
    drawn = np.array([design.variances(_drawn(items, raters, found, rng), start=found) for _ in range(draws)]).reshape(draws, 3)
    item, rater, error = (mirrored(float(one), column) for one, column in zip(found, drawn.T, strict=True))
    coefficients = [
        percentiles(float(g_coefficient(found, q, k)), g_coefficient(drawn.T, q, k))
        for q, k in ((1.0, 1.0), (overlap.q, overlap.k), (0.0, overlap.k))
    ]
    return Reliability(item, rater, error, overlap, *coefficients)


def overlap_of(items: Ints, raters: Ints) -> Overlap:
    """k and q of a design.

    q = 1/k - sum over pairs of items of (raters they share / (their numbers of raters)) / number of pairs (Putka et al. 2008,
    equation 6, over ordered pairs).
    """
    share = 1 / np.bincount(items).astype(np.float64)
    count = len(share)
    inverse_k = float(share.mean())
    pairs = float(np.sum(np.bincount(raters, share[items]) ** 2) - share.sum())
    q = inverse_k - (pairs / (count * (count - 1)) if count > 1 else 0.0)
    return Overlap(1 / inverse_k, max(0.0, q))


def g_coefficient(variances: Floats, q: float, k: float) -> Floats:
    """G(q,k) of variances of items, raters and error, (3,) or (3, D)."""
    item, rater, error = variances
    return np.asarray(item / (item + q * rater + error / k))


def raters_for(goal: float, variances: Floats, *, adjusted: bool = False) -> int | None:
    """How many raters an item its score needs to reach a reliability; None where the items do not differ.

    Args:
        goal: above 0 and below 1.
        variances: of items, raters and error.
        adjusted: for the score with severity taken out; else for the mean of raters drawn anew for each item.
    """
    item, rater, error = (float(one) for one in variances)
    if item <= 1e-6 * (item + rater + error):
        return None
    noise = error + (0.0 if adjusted else rater)
    return max(1, math.ceil(goal / (1 - goal) * noise / item - 1e-9))


def _drawn(items: Ints, raters: Ints, variances: Floats, rng: np.random.Generator) -> Floats:
    """Scores that the model with these variances could give on the design."""
    item, rater, error = np.sqrt(variances)
    effects = rng.normal(0, item, int(items.max()) + 1)[items] + rng.normal(0, rater, int(raters.max()) + 1)[raters]
    return effects + rng.normal(0, error, len(items))
