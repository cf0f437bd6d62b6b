"""The few statistics of an audit: correlations, their chance levels, and predictions by ridge regression."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_PENALTY = 10.0
_FOLDS = 5


def pearson(one: Floats, other: Floats) -> float:
    """Pearson's correlation; 0 where one of them does not vary."""
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def spearman(one: Floats, other: Floats) -> float:
    """Spearman's rank correlation; ties share their mean rank."""
    return pearson(_ranks(one), _ranks(other))


def chance_bound(count: int, tries: int, level: float = 0.01) -> float:
    """What the largest of `tries` correlations of unrelated samples stays below, but for `level` of all cases (Bonferroni).

    Args:
        count: size of the samples, above 3.
    """
    return float(np.tanh(NormalDist().inv_cdf(1 - level / (2 * tries)) / np.sqrt(count - 3)))


def cross_predicted(features: Floats, targets: Floats, groups: Sequence[int]) -> Floats:
    """(N, K) predictions of each row by ridge regression on the rows of other folds; rows of a group share a fold.

    Args:
        features: (N, F).
        targets: (N, K).
    """
    folds = np.array(groups) % _FOLDS
    predicted = np.tile(targets.mean(axis=0), (len(targets), 1))
    for fold in range(_FOLDS):
        test = folds == fold
        if test.any() and np.count_nonzero(~test) > 1:
            predicted[test] = _ridge(features[~test], targets[~test], features[test])
    return predicted


def relabelled(features: Floats, targets: Floats, groups: Sequence[int], tries: int, seed: int) -> Floats:
    """(tries, K) rank correlations that `cross_predicted` finds with labels that belong to other rows: what chance gives.

    They spread more than those of unrelated samples, since what is predicted in one fold was learned in the others.
    """
    rng = np.random.default_rng(seed)
    moved = np.concatenate([targets[rng.permutation(len(targets))] for _ in range(tries)], axis=1)
    predicted = cross_predicted(features, moved, groups)
    found = [spearman(predicted[:, column], moved[:, column]) for column in range(moved.shape[1])]
    return np.array(found).reshape(tries, -1)


def _ridge(seen: Floats, targets: Floats, new: Floats) -> Floats:
    centre, scale = seen.mean(axis=0), seen.std(axis=0) + 1e-9
    x, mean = (seen - centre) / scale, targets.mean(axis=0)
    weights = np.linalg.solve(x.T @ x + _PENALTY * np.eye(x.shape[1]), x.T @ (targets - mean))
    return mean + (new - centre) / scale @ weights


def _ranks(values: Floats) -> Floats:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place]
