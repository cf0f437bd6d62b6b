"""Scores with the raters' severity taken out: a mixed model of processes and raters, fitted by restricted maximum likelihood.

    y_ij = mu + u_i + r_j + e_ij,   u_i ~ N(0, var_item),  r_j ~ N(0, var_rater),  e_ij ~ N(0, var_error)

for rater j's score of process i. The variances come from the EM algorithm on Henderson's mixed-model equations
(Searle, Casella & McCulloch, Variance Components, 1992, ch. 8); the adjusted score is mu + u_i, the best linear unbiased
prediction. The equations of the processes are diagonal and are eliminated, so what is solved has one unknown a rater.
"""

from __future__ import annotations

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
    """A fitted model.

    Attributes:
        mean: mu.
        items: (I,) the processes' effects u.
        raters: (R,) the raters' effects r: positive for a lenient one.
        variances: of items, raters and error.
    """

    mean: float
    items: Floats
    raters: Floats
    variances: tuple[float, float, float]


def fit(items: Ints, raters: Ints, scores: Floats) -> Fit:
    """Fit the model.

    Args:
        items: (N,) number of the process of each score, 0 … I - 1; no pair of process and rater twice.
        raters: (N,) number of the rater, 0 … R - 1.
        scores: (N,) the scores, not all equal.
    """
    equations = _Equations(items, raters, scores)
    total = float(np.var(scores))
    bounds = (_SMALLEST_SHARE * total, _LARGEST_SHARE * total)

    def step(variances: Floats) -> Floats:
        return np.clip(equations.updated(variances, equations.solve(variances)), *bounds)

    variances = np.full(3, total / 3)
    for _ in range(_MAX_STEPS):
        once = step(variances)
        if float(np.abs(once - variances).max()) < _TOLERANCE * total:
            break
        variances = step(np.clip(_extrapolated(variances, once, step(once)), *bounds))
    solution = equations.solve(variances)
    found = (float(variances[0]), float(variances[1]), float(variances[2]))
    return Fit(float(solution.fixed[0]), solution.items, solution.fixed[1:], found)


def _extrapolated(start: Floats, once: Floats, twice: Floats) -> Floats:
    """Where two steps of EM lead: EM creeps where a variance is near 0 (SQUAREM, Varadhan & Roland 2008, scheme S3)."""
    first = np.log(once / start)
    bend = np.log(twice / once) - first
    size = float(np.linalg.norm(bend))
    length = max(1.0, float(np.linalg.norm(first)) / size) if size > 0 else 1.0
    # A variance changes by no more than some hundredfold at once; EM corrects the rest.
    return start * np.exp(np.clip(2 * length * first + length**2 * bend, -_LARGEST_LEAP, _LARGEST_LEAP))


@dataclass(frozen=True, slots=True)
class _Solution:
    """fixed: (1 + R,) mu and rater effects; inverse: of their equations; weights: 1 / diagonal of the items' equations."""

    fixed: Floats
    items: Floats
    inverse: Floats
    weights: Floats


class _Equations:
    """Henderson's equations of one design, for any variances."""

    def __init__(self, items: Ints, raters: Ints, scores: Floats) -> None:
        self._items, self._raters = items, raters
        self._per_item = np.bincount(items).astype(np.float64)
        self._per_rater = np.bincount(raters).astype(np.float64)
        self._item_sums = np.bincount(items, scores)
        self._fixed_sums = np.concatenate([[scores.sum()], np.bincount(raters, scores)])
        self._squares = float(scores @ scores)
        self._groups = self._by_size()

    def solve(self, variances: Floats) -> _Solution:
        """Solve for all effects, given the variances of items, raters and error."""
        item_ratio, rater_ratio = variances[2] / variances[:2]
        left = np.diag(np.concatenate([[self._per_item.sum()], self._per_rater + rater_ratio]))
        left[0, 1:] = left[1:, 0] = self._per_rater
        right = self._fixed_sums.copy()
        for size, (products, sums) in self._groups.items():
            left -= products / (size + item_ratio)
            right -= sums / (size + item_ratio)
        inverse = np.linalg.inv(left)
        fixed = inverse @ right
        weights = 1 / (self._per_item + item_ratio)
        explained = self._per_item * fixed[0] + np.bincount(self._items, fixed[1:][self._raters])
        return _Solution(fixed, weights * (self._item_sums - explained), inverse, weights)

    def updated(self, variances: Floats, solution: _Solution) -> Floats:
        """One step of EM: the variances that the solution's effects and their uncertainty speak for."""
        item_ratio = variances[2] / variances[0]
        item_trace = solution.weights.sum()
        for size, (products, _) in self._groups.items():
            item_trace += np.sum(solution.inverse * products) / (size + item_ratio) ** 2
        effects, fixed = solution.items, solution.fixed
        residual = self._squares - fixed @ self._fixed_sums - effects @ self._item_sums
        return np.array(
            [
                (effects @ effects + variances[2] * item_trace) / len(effects),
                (fixed[1:] @ fixed[1:] + variances[2] * np.trace(solution.inverse[1:, 1:])) / (len(fixed) - 1),
                residual / (len(self._items) - 1),
            ]
        )

    def _by_size(self) -> dict[int, tuple[Floats, Floats]]:
        """Sums over the processes with equally many raters, of B B' and B y, where B = (number of raters, who they are).

        In the equations these processes have one weight, so their sums need forming only once.
        """
        order = np.argsort(self._items, kind="stable")
        starts = np.concatenate([[0], np.cumsum(self._per_item)]).astype(np.int64)
        count = len(self._per_rater)
        groups = {}
        for size in np.unique(self._per_item).astype(np.int64):
            members = np.flatnonzero(self._per_item == size)
            who = self._raters[order[starts[members][:, None] + np.arange(size)]]
            pairs = np.bincount((who[:, :, None] * count + who[:, None, :]).ravel(), minlength=count * count)
            present = np.bincount(who.ravel(), minlength=count)
            products = np.empty((1 + count, 1 + count))
            products[0, 0] = len(members) * size * size
            products[0, 1:] = products[1:, 0] = size * present
            products[1:, 1:] = pairs.reshape(count, count)
            item_sums = self._item_sums[members]
            by_rater = np.bincount(who.ravel(), np.repeat(item_sums, size), minlength=count)
            groups[int(size)] = (products, np.concatenate([[size * item_sums.sum()], by_rater]))
        return groups
