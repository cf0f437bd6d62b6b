"""How many raters, items and repeats a campaign needs: by simulation of the campaign, and by formula.

    reliability of the mean over k raters     item / (item + (rater + error) / k)          raters drawn anew for each item
    of the adjusted score                     item / (item + error / k)                    (Brennan 2001, section 4.1)
    detectable difference of two items        1.96 sqrt(2) SE                              (smallest detectable change)
    of the means of two groups of n items     2.80 sqrt(2 (item + SE²) / n)                (two-sided 5 %, power 80 %)

with variances in squared points, error = item × rater + residual, and SE the standard error of a score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ppad.agreement.estimates import Estimate
from ppad.agreement.scores import item_scores
from ppad.agreement.simulation import Panel, allocate, simulate

_TWO_SIDED = 1.96
_WITH_POWER = 1.96 + 0.84


@dataclass(frozen=True, slots=True)
class Precision:
    """What so many raters an item give: means over simulated campaigns, with the range of 95 % of them.

    Attributes:
        each: raters an item.
        expected: reliability of the adjusted score by formula, without rounding to the scale.
        reliability, adjusted_reliability: squared correlation of mean and adjusted score with the truth.
        error, adjusted_error: standard deviation of score minus truth over the items, points. A shift of the whole panel, which
            all scores share, is not in it.
    """

    each: int
    expected: float
    reliability: Estimate
    adjusted_reliability: Estimate
    error: Estimate
    adjusted_error: Estimate


def precision(
    panel: Panel, scale: tuple[int, int], *, items: int, raters: int, each: Sequence[int], draws: int, seed: int
) -> list[Precision]:
    """The precision of scores for several numbers of raters an item.

    Args:
        panel: raters and items, in points of a 1–10 scale.
        scale: lowest and highest score.
        items, raters: size of the campaign.
        each: numbers of raters an item, each at most `raters`.
        draws: campaigns that are simulated for each number, at least 2.
    """
    found = []
    for number in each:
        runs = [
            _one_campaign(panel, scale, items, raters, number, np.random.default_rng((seed, number, run))) for run in range(draws)
        ]
        by_figure = [_range(column) for column in np.array(runs).T]
        noise = panel.taste**2 + panel.residual**2
        found.append(Precision(number, panel.item**2 / (panel.item**2 + noise / number), *by_figure))
    return found


def detectable_difference(error: float) -> float:
    """The smallest difference between two items' scores that chance hardly makes (5 %), from their standard error; points."""
    return _TWO_SIDED * float(np.sqrt(2)) * error


def detectable_between_groups(item: float, error: float, size: int) -> float:
    """The difference between the mean scores of two groups of items that a comparison finds with a power of 80 %; points.

    Args:
        item: standard deviation of the items' true scores.
        error: standard error of a score.
        size: items in each group.
    """
    return _WITH_POWER * float(np.sqrt(2 * (item**2 + error**2) / size))


def interval_width(single: float, raters: int, items: int) -> float:
    """Expected width of the 95 % interval of an intraclass correlation (Bonett, Statistics in Medicine 21, 2002, equation 3).

    Args:
        single: reliability of one rater.
        raters, items: size of the crossed block, each at least 2.
    """
    spread = (1 - single) * (1 + (raters - 1) * single)
    return float(np.sqrt(8 * _TWO_SIDED**2 * spread**2 / (raters * (raters - 1) * (items - 1))))


def noise_uncertainty(repeats: int) -> float:
    """Relative standard error of a within-rater standard deviation that comes from so many repeated items: 1 / sqrt(2 n)."""
    return float(1 / np.sqrt(2 * repeats))


def _one_campaign(
    panel: Panel, scale: tuple[int, int], items: int, raters: int, each: int, rng: np.random.Generator
) -> tuple[float, float, float, float]:
    """Reliability of mean and adjusted score, and their errors."""
    plan = allocate(items, raters, each, rng=rng)
    scores, truth = simulate(plan, panel, {"score": scale}, rng)
    known = np.isfinite(scores[:, 0])
    rated, numbers = np.unique(plan.items[known], return_inverse=True)
    found = item_scores(numbers, plan.raters[known], scores[known, 0])
    adjusted = np.where(np.isfinite(found.adjusted), found.adjusted, found.mean)
    true = truth[rated, 0]
    mean_error, adjusted_error = (float(np.std(one - true)) for one in (found.mean, adjusted))
    return _explained(found.mean, true), _explained(adjusted, true), mean_error, adjusted_error


def _explained(scores: np.ndarray, truth: np.ndarray) -> float:
    if np.ptp(scores) == 0:
        return 0.0
    return float(np.corrcoef(scores, truth)[0, 1] ** 2)


def _range(values: np.ndarray) -> Estimate:
    low, high = np.quantile(values, (0.025, 0.975))
    return Estimate(float(values.mean()), float(low), float(high))
