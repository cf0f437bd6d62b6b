"""Do raters say the same again? Blind repeats of items that a rater has rated before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.agreement.estimates import LEVEL, UNKNOWN, Estimate, mean_of
from ppad.agreement.icc import intraclass_correlations

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Repeats:
    """What pairs of scores of one item by one rater say, in points.

    Attributes:
        count: pairs.
        noise: within-rater standard deviation s_w = sqrt(sum d² / 2n) of the differences d (Bland & Altman, BMJ 312, 1996):
            how far one score is from what the rater would say on average.
        shift: mean of again minus first.
        reliability: test-retest, ICC(2,1) of the two occasions.
        same: share of pairs with equal scores.
        close: share of pairs at most one point apart.
    """

    count: int
    noise: Estimate
    shift: Estimate
    reliability: Estimate
    same: float
    close: float


def repeats(first: Floats, again: Floats) -> Repeats:
    """Test-retest figures of pairs.

    Args:
        first, again: (P,) the two scores of each pair.
    """
    count, differences = len(first), again - first
    if count == 0:
        return Repeats(0, UNKNOWN, UNKNOWN, UNKNOWN, float("nan"), float("nan"))
    return Repeats(
        count=count,
        noise=_noise(differences),
        shift=mean_of(differences),
        reliability=intraclass_correlations(np.stack([first, again], axis=1))["ICC(2,1)"],
        same=float(np.mean(differences == 0)),
        close=float(np.mean(np.abs(differences) <= 1)),
    )


def pairs(items: Ints, raters: Ints, replicates: Ints) -> tuple[Ints, Ints]:
    """Rows of the first and the second of each pair: each replicate with the one before, of the same item and rater.

    Args:
        items, raters, replicates: (N,) of each score; no combination twice.
    """
    order = np.lexsort((replicates, raters, items))
    before, after = order[:-1], order[1:]
    tied = (items[before] == items[after]) & (raters[before] == raters[after])
    return before[tied], after[tied]


def _noise(differences: Floats) -> Estimate:
    """s_w, with the interval by the chi-square distribution."""
    from scipy.special import chdtri

    count, squares = len(differences), float(differences @ differences) / 2
    ends = (chdtri(count, (1 - LEVEL) / 2), chdtri(count, (1 + LEVEL) / 2))
    return Estimate(*(float(np.sqrt(squares / divisor)) for divisor in (count, *ends)))
