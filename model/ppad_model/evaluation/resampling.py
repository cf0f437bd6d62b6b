"""How sure a figure is: resampling of whole clusters, paired for differences, and Holm's correction for several tests.

Rows that share a reference, a prompt or an artist are no independent evidence, so that clusters of them are drawn, with
replacement (Cameron, Gelbach & Miller, Review of Economics and Statistics 90, 2008, "pairs cluster bootstrap"). Intervals are
percentiles. Fewer than `FEW_CLUSTERS` clusters give intervals that are too narrow; below `FEWEST_CLUSTERS` there are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ppad.agreement.estimates import UNKNOWN, Estimate, percentiles

Floats = NDArray[np.float64]

DRAWS = 2000
FEWEST_CLUSTERS, FEW_CLUSTERS = 5, 20


def cluster_counts(clusters: Sequence[str], draws: int, seed: int = 0) -> Floats:
    """(D, n) how often each resample of clusters holds each row; (0, n) where there are too few clusters to say anything.

    The same clusters and seed give the same resamples, whichever model is measured on them: that pairs models.

    Args:
        clusters: (n,) cluster of each row.
        draws: D.
    """
    names, cluster = np.unique(np.asarray(clusters, np.str_), return_inverse=True)
    if len(names) < FEWEST_CLUSTERS:
        return np.zeros((0, len(clusters)))
    drawn = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), size=draws)
    return drawn[:, cluster].astype(np.float64)


def resampled_mean(values: Floats, counts: Floats) -> tuple[Estimate, float]:
    """The mean of the rows that say something, with its interval, and p of "the mean is 0".

    Args:
        values: (n,); NaN for a row that says nothing.
        counts: (D, n) resamples.
    """
    known = np.isfinite(values)
    if not known.any():
        return UNKNOWN, float("nan")
    held = counts[:, known]
    total = held.sum(axis=1)
    draws = np.divide(held @ values[known], total, out=np.full(len(held), np.nan), where=total > 0)
    return percentiles(float(values[known].mean()), draws), two_sided_p(draws)


def two_sided_p(differences: Iterable[float]) -> float:
    """p of "no difference", from resampled differences: twice the smaller share on one side of 0, never below 2 / (D + 1).

    It is the level at which the percentile interval would touch 0 (Efron & Tibshirani 1993, section 15.4). NaN without any
    resample.
    """
    values = np.asarray([value for value in differences if np.isfinite(value)])
    if not len(values):
        return float("nan")
    below, above = np.sum(values <= 0), np.sum(values >= 0)
    return float(min(1.0, 2 * (1 + min(below, above)) / (len(values) + 1)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values (Holm, Scandinavian Journal of Statistics 6, 1979); NaN stays NaN and counts for no test."""
    adjusted = [float("nan")] * len(p_values)
    tests = sorted((p, place) for place, p in enumerate(p_values) if np.isfinite(p))
    largest = 0.0
    for rank, (p, place) in enumerate(tests):
        largest = max(largest, min(1.0, (len(tests) - rank) * p))
        adjusted[place] = largest
    return adjusted
