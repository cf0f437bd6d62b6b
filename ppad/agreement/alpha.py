"""Krippendorff's alpha: agreement beyond chance, for any number of raters an item, and for scores that are missing.

    alpha = 1 - D_o / D_e                                     (Krippendorff, Content Analysis, 3rd ed. 2013, ch. 11)

with the disagreement observed within items, D_o, and that expected if the same scores were shuffled over all items, D_e. How much
two scores disagree depends on the level of measurement: whether they differ (nominal), how many of all scores lie between
them (ordinal), their squared difference (interval), or that as a share of their sum (ratio).

The ordinal difference of two scores is the difference of their mid-ranks among all scores, so that ordinal alpha is interval
alpha of mid-ranks. Items with the same scores count together, which makes thousands of resamples of a campaign cheap.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ppad.agreement.estimates import UNKNOWN, Estimate, percentiles

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Level = Literal["nominal", "ordinal", "interval", "ratio"]

DRAWS = 1000


def krippendorff_alpha(items: Ints, scores: Floats, level: Level, *, draws: int = DRAWS, seed: int = 0) -> Estimate:
    """Alpha with a 95 % interval over resampled items.

    Args:
        items: (N,) number of the item of each score; no rater twice for an item.
        scores: (N,) the scores; at least 0 for `ratio`.
        draws: resamples of whole items, with replacement (Zapf et al., BMC Medical Research Methodology 16, 2016).

    Returns:
        Alpha: 1 for perfect agreement, 0 for chance, below 0 for less. Unknown where no item has two scores; where
        all scores are equal too, since agreement cannot then be told from a habit.
    """
    values, coded = np.unique(scores, return_inverse=True)
    counts = np.zeros((int(items.max(initial=-1)) + 1, len(values)))
    np.add.at(counts, (items, coded), 1)
    patterns, times = np.unique(counts[counts.sum(axis=1) > 1], axis=0, return_counts=True)
    if not len(patterns) or np.count_nonzero(times @ patterns) < 2:
        return UNKNOWN
    alpha = float(_alpha(values, patterns, times.astype(np.float64), level))
    number = int(times.sum())
    resampled = np.random.default_rng(seed).multinomial(number, times / number, size=draws).astype(np.float64)
    return percentiles(alpha, [_alpha(values, patterns, weights, level) for weights in resampled])


def _alpha(values: Floats, patterns: Floats, weights: Floats, level: Level) -> float:
    """Alpha of items that come in patterns.

    Args:
        values: (V,) the scores that occur, rising.
        patterns: (P, V) how often each score was given to an item of each pattern; at least two scores each.
        weights: (P,) number of items of each pattern.
    """
    totals = weights @ patterns
    ratings = patterns.sum(axis=1)
    observed = weights @ (_disagreement(values, patterns, totals, level) / (ratings - 1))
    expected = _disagreement(values, totals[None], totals, level)[0] / (totals.sum() - 1)
    return float(1 - observed / expected) if expected > 0 else float("nan")


def _disagreement(values: Floats, counts: Floats, totals: Floats, level: Level) -> Floats:
    """(P,) the squared difference of each ordered pair of scores, summed over the pairs that each row of counts holds."""
    if level == "nominal":
        return counts.sum(axis=1) ** 2 - (counts**2).sum(axis=1)
    if level == "ratio":
        sums = np.add.outer(values, values)
        squares = np.square(np.subtract.outer(values, values) / np.where(sums > 0, sums, 1))
        return ((counts @ squares) * counts).sum(axis=1)
    places = values - values.mean() if level == "interval" else np.cumsum(totals) - totals / 2
    return 2 * (counts.sum(axis=1) * (counts @ places**2) - (counts @ places) ** 2)
