"""From single scores to the score of an item: mean, spread, bias-adjusted score, and how far each can be off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.agreement.bias import Fit, fit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ItemScores:
    """The score of each item, in points; NaN where the data do not say.

    Attributes:
        count: (I,) raters behind it.
        mean: (I,) mean over raters: the contractual score.
        std: (I,) sample standard deviation over raters; NaN below two.
        adjusted: (I,) score with severity taken out, drawn towards the mean where there are few raters; NaN for fewer than two
            raters, and where raters cannot be compared.
        adjusted_error: (I,) its standard error of prediction.
        error: (I,) standard error of the mean: the spread of the raters' severities, and how far this item's raters disagree
            beyond that, by the number of raters. Extra raters are best spent where it is largest.
    """

    count: Ints
    mean: Floats
    std: Floats
    adjusted: Floats
    adjusted_error: Floats
    error: Floats


def item_scores(items: Ints, raters: Ints, scores: Floats) -> ItemScores:
    """Scores of all items.

    Raters who share no item, not even through others, cannot be compared, so that each connected part of the design is fitted by
    itself. A part with fewer scores than items and raters says nothing of bias and is left without adjusted scores.

    Args:
        items: (N,) number of the item of each score, 0 … I - 1; every item occurs, no pair of item and rater twice.
        raters: (N,) number of the rater, 0 … R - 1.
        scores: (N,) the scores.
    """
    count = np.bincount(items)
    mean = np.bincount(items, scores) / np.maximum(count, 1)
    std = _std(items, scores)
    adjusted, adjusted_error, error = (np.full(len(count), np.nan) for _ in range(3))
    parts = connected_parts(items, raters)
    order = np.argsort(parts, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(parts[order])) + 1) if len(order) else []:
        here, of_item = np.unique(items[rows], return_inverse=True)
        people, of_rater = np.unique(raters[rows], return_inverse=True)
        found = _fitted(of_item, of_rater, scores[rows], enough=len(rows) >= len(here) + len(people))
        if found is None:
            continue
        several = count[here] > 1
        adjusted[here[several]] = (found.mean + found.items)[several]
        adjusted_error[here[several]] = found.item_errors[several]
        disagreement = moderated_variances(of_item, scores[rows] - found.raters[of_rater])
        error[here] = np.sqrt((found.variances[1] + disagreement) / count[here])
    return ItemScores(count, mean, std, adjusted, adjusted_error, error)


def connected_parts(items: Ints, raters: Ints) -> Ints:
    """(N,) a number for each score, the same for scores whose items are tied through raters, directly or through others."""
    part = np.arange(int(items.max(initial=-1)) + 1)
    while True:
        of_rater = np.full(int(raters.max(initial=-1)) + 1, len(part))
        np.minimum.at(of_rater, raters, part[items])
        smallest = part.copy()
        np.minimum.at(smallest, items, of_rater[raters])
        if np.array_equal(smallest, part):
            return part[items]
        part = smallest


def moderated_variances(items: Ints, values: Floats) -> Floats:
    """(I,) how far the raters of each item disagree, in squared points: its own variance, drawn towards that of all items.

    Few raters say little of an item's variance, so that it is weighed against the variance of all, with as many degrees of
    freedom as the items' variances show to differ beyond chance (empirical Bayes: Smyth, Statistical Applications in Genetics and
    Molecular Biology 3, 2004, equation 3). The prior comes from the mean and the spread of the sample variances, not of their
    logarithms, since on a scale of whole numbers many are 0.

    Args:
        items: (N,) number of the item of each value.
        values: (N,) scores without the raters' severity.
    """
    freedom = np.bincount(items) - 1.0
    variance = _std(items, values) ** 2
    known = freedom > 0
    if not known.any():
        return np.full(len(freedom), np.nan)
    pooled = float(np.average(variance[known], weights=freedom[known]))
    if pooled == 0:
        return np.zeros(len(freedom))
    # Var(s²)/mean² = 2 (d + d0 - 2) / (d (d0 - 4)) for items with d degrees of freedom; solved for d0 over all items.
    spread = float(np.mean((variance[known] / pooled - 1) ** 2))
    chance = float(np.mean(2 / freedom[known]))
    if spread <= chance:
        return np.full(len(freedom), pooled)
    prior = 4 + 2 * (1 + chance) / (spread - chance)
    centre = pooled * (prior - 2) / prior
    return np.asarray((prior * centre + np.where(known, freedom * np.where(known, variance, 0), 0)) / (prior + freedom))


def _fitted(items: Ints, raters: Ints, scores: Floats, *, enough: bool) -> Fit | None:
    if not enough:
        return None
    if np.ptp(scores) == 0:
        nothing = np.zeros(int(items.max()) + 1)
        nobody = np.zeros(int(raters.max()) + 1)
        return Fit(float(scores[0]), nothing, nothing, nobody, nobody, (0.0, 0.0, 0.0))
    return fit(items, raters, scores)


def _std(items: Ints, scores: Floats) -> Floats:
    """(I,) sample standard deviation of each item's scores; NaN below two."""
    count = np.bincount(items).astype(np.float64)
    mean = np.bincount(items, scores) / np.maximum(count, 1)
    squares = np.bincount(items, (scores - mean[items]) ** 2)
    return np.sqrt(np.divide(squares, count - 1, out=np.full(len(count), np.nan), where=count > 1))
