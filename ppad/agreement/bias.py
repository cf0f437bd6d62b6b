"""Scores with the raters' severity taken out: a mixed model of processes and raters, fitted by restricted maximum likelihood.

    y_ij = mu + u_i + r_j + e_ij,   u_i ~ N(0, var_item),  r_j ~ N(0, var_rater),  e_ij ~ N(0, var_error)

for rater j's score of process i. The variances come from the EM algorithm on Henderson's mixed-model equations
(Searle, Casella & McCulloch, Variance Components, 1992, ch. 8); the adjusted score is mu + u_i, the best linear unbiased
prediction. The equations of the processes are diagonal and are eliminated, so what is solved has one unknown a rater.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_TOLERANCE = 1e-8
_MAX_STEPS = 500
_SMALLEST_SHARE = 1e-9
_LARGEST_SHARE = 10.0
"""Bounds of each variance, as shares of the variance of all scores."""
_LARGEST_LEAP = 5.0


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model, in points of the scale (variances in squared points).

    Attributes:
        mean: mu.
        items: (I,) the processes' effects u.
        item_errors: (I,) standard errors of prediction of mu + u.
        raters: (R,) the raters' effects r: positive for a lenient one.
        rater_errors: (R,) standard errors of prediction of r minus the mean of all r: of a rater beside the panel.
        variances: of items, raters and error. Where nobody repeats, the error holds the raters' own taste for single
            processes (item × rater) and what they would not say again.
    """

    mean: float
    items: Floats
    item_errors: Floats
    raters: Floats
    rater_errors: Floats
    variances: tuple[float, float, float]


def fit(items: Ints, raters: Ints, scores: Floats) -> Fit:
    """Fit the model.

    Args:
        items: (N,) number of the process of each score, 0 … I - 1; no pair of process and rater twice.
        raters: (N,) number of the rater, 0 … R - 1.
        scores: (N,) the scores, not all equal.
    """
    return Design(items, raters).fit(scores)


@dataclass(frozen=True, slots=True)
class _Solution:
    """fixed: (1 + R,) mu and rater effects; inverse: of their equations; weights: 1 / diagonal of the items' equations."""

    fixed: Floats
    items: Floats
    inverse: Floats
    weights: Floats


@dataclass(frozen=True, slots=True)
class _Group:
    """The processes with equally many raters: which they are, (M,), and who rated them, (M, size).

    `products` is the sum of B B' over them, where B = (number of raters, who they are). In the equations these processes
    have one weight, so the sum needs forming only once.
    """

    members: Ints
    who: Ints
    products: Floats


class Design:
    """Who rated what; it can be fitted to any scores.

    Args:
        items, raters: as in `fit`.
    """

    def __init__(self, items: Ints, raters: Ints) -> None:
        self._items, self._raters = items, raters
        self._per_item = np.bincount(items).astype(np.float64)
        self._per_rater = np.bincount(raters).astype(np.float64)
        self._groups = self._by_size()

    def fit(self, scores: Floats) -> Fit:
        """Fit the model to these scores, (N,), not all equal."""
        variances = self.variances(scores)
        solution = self._solve(scores, variances)
        item_errors, rater_errors = self._errors(solution, variances[2])
        found = (float(variances[0]), float(variances[1]), float(variances[2]))
        return Fit(float(solution.fixed[0]), solution.items, item_errors, solution.fixed[1:], rater_errors, found)

    def variances(self, scores: Floats) -> Floats:
        """(3,) the variances of items, raters and error that fit these scores."""

        def step(variances: Floats) -> Floats:
            return self._updated(scores, variances, self._solve(scores, variances))

        return _best(step, float(np.var(scores)))

    def _solve(self, scores: Floats, variances: Floats) -> _Solution:
        """Solve Henderson's equations for all effects, given the variances of items, raters and error."""
        item_ratio, rater_ratio = variances[2] / variances[:2]
        left = np.diag(np.concatenate([[self._per_item.sum()], self._per_rater + rater_ratio]))
        left[0, 1:] = left[1:, 0] = self._per_rater
        for size, group in self._groups.items():
            left -= group.products / (size + item_ratio)
        weights = 1 / (self._per_item + item_ratio)
        item_sums = np.bincount(self._items, scores)
        shrunk = (weights * item_sums)[self._items]
        right = np.concatenate([[np.sum(scores - shrunk)], np.bincount(self._raters, scores - shrunk)])
        inverse = np.linalg.inv(left)
        fixed = inverse @ right
        explained = self._per_item * fixed[0] + np.bincount(self._items, fixed[1:][self._raters])
        return _Solution(fixed, weights * (item_sums - explained), inverse, weights)

    def _updated(self, scores: Floats, variances: Floats, solution: _Solution) -> Floats:
        """One step of EM: the variances that the solution's effects and their uncertainty speak for."""
        item_ratio = variances[2] / variances[0]
        item_trace = solution.weights.sum()
        for size, group in self._groups.items():
            item_trace += np.sum(solution.inverse * group.products) / (size + item_ratio) ** 2
        effects, fixed = solution.items, solution.fixed
        predicted = fixed[0] + effects[self._items] + fixed[1:][self._raters]
        return np.array(
            [
                (effects @ effects + variances[2] * item_trace) / len(effects),
                (fixed[1:] @ fixed[1:] + variances[2] * np.trace(solution.inverse[1:, 1:])) / (len(fixed) - 1),
                scores @ (scores - predicted) / (len(self._items) - 1),
            ]
        )

    def _errors(self, solution: _Solution, error: float) -> tuple[Floats, Floats]:
        """Standard errors of prediction of mu + u, and of r beside the panel, from the inverse of the whole equations."""
        inverse, squares = solution.inverse, np.empty(len(self._per_item))
        for size, group in self._groups.items():
            weight = solution.weights[group.members]
            with_mean = size * inverse[0, 0] + inverse[0, 1:][group.who].sum(axis=1)
            between = inverse[1:, 1:][group.who[:, :, None], group.who[:, None, :]].sum(axis=(1, 2))
            own = size * (2 * with_mean - size * inverse[0, 0]) + between
            squares[group.members] = inverse[0, 0] + weight + weight * (weight * own - 2 * with_mean)
        among = inverse[1:, 1:]
        beside = np.diag(among) - 2 * among.mean(axis=1) + among.mean()
        return np.sqrt(error * squares), np.sqrt(error * beside)

    def _by_size(self) -> dict[int, _Group]:
        order = np.argsort(self._items, kind="stable")
        starts = np.concatenate([[0], np.cumsum(self._per_item)]).astype(np.int64)
        count = len(self._per_rater)
        groups = {}
        for size in np.unique(self._per_item).astype(np.int64):
            members = np.flatnonzero(self._per_item == size)
            who = self._raters[order[starts[members][:, None] + np.arange(size)]]
            pairs = np.bincount((who[:, :, None] * count + who[:, None, :]).ravel(), minlength=count * count)
            products = np.empty((1 + count, 1 + count))
            products[0, 0] = len(members) * size * size
            products[0, 1:] = products[1:, 0] = size * np.bincount(who.ravel(), minlength=count)
            products[1:, 1:] = pairs.reshape(count, count)
            groups[int(size)] = _Group(members, who, products)
        return groups


def _best(step: Callable[[Floats], Floats], total: float) -> Floats:
    """The variances at which EM stands still, each at least 1e-9 of the variance of all scores.

    EM creeps where a variance is near 0, so that every two steps are extrapolated.
    """
    bounds = (_SMALLEST_SHARE * total, _LARGEST_SHARE * total)
    variances = np.full(3, total / 3)
    for _ in range(_MAX_STEPS):
        once = np.clip(step(variances), *bounds)
        if float(np.abs(once - variances).max()) < _TOLERANCE * total:
            break
        twice = np.clip(step(once), *bounds)
        variances = np.clip(step(np.clip(_extrapolated(variances, once, twice), *bounds)), *bounds)
    return variances


def _extrapolated(start: Floats, once: Floats, twice: Floats) -> Floats:
    """Where two steps of EM lead (SQUAREM, Varadhan & Roland 2008, scheme S3)."""
    first = np.log(once / start)
    bend = np.log(twice / once) - first
    size = float(np.linalg.norm(bend))
    length = max(1.0, float(np.linalg.norm(first)) / size) if size > 0 else 1.0
    # A variance changes by no more than some hundredfold at once; EM corrects the rest.
    return start * np.exp(np.clip(2 * length * first + length**2 * bend, -_LARGEST_LEAP, _LARGEST_LEAP))
