"""Scores with the raters' severity taken out: a mixed model of processes and raters, fitted by restricted maximum likelihood.

    y_ij = mu + u_i + r_j + e_ij,   u_i ~ N(0, var_item),  r_j ~ N(0, var_rater),  e_ij ~ N(0, var_error)

for rater j's score of process i. The effects solve Henderson's mixed-model equations (Searle, Casella & McCulloch, Variance
Components, 1992, ch. 7); the adjusted score is mu + u_i, the best linear unbiased prediction. The equations of the processes are
diagonal and are eliminated, so what is solved has one unknown a rater.

The variances are found by Newton's method with the average information matrix (Gilmour, Thompson & Cullis, Biometrics 51, 1995):
with Z_a the indicators of effect a, P the matrix of section 6.6 of Searle et al., and f_a = Z_a Z_a' P y,

    gradient_a = (y'P Z_a Z_a'P y - tr(Z_a'P Z_a)) / 2,      information_ab = f_a' P f_b / 2,

each step shortened until the likelihood rises; variances fall to a tenth at most in one step, and are held at next to 0 where the
likelihood rises towards it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SMALLEST_SHARE = 1e-9
"""Lower bound of each variance, as a share of the variance of all scores."""
_LARGEST_FALL = 0.1
"""A step leaves each variance at least this share of itself: at next to 0 the likelihood is flat for a variance that changes by
its own size, whether it has its maximum there or not, so that one long step could end far from it."""
_NEGLIGIBLE = 1e-3
"""Share of the variance of all scores below which a variance may fall to its lower bound at once."""
_SMALLEST_START = 0.01
"""Share of the variance of all scores that each variance begins with at least, for the same reason."""
_DAMPING = 1e-3
_MAX_STEPS = 100
_MAX_HALVINGS = 30
_FLAT = 1e-7
"""Change of the likelihood for a variance that changes by its own size, a score, below which it has its maximum."""


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
        self.items, self.raters = items, raters
        self.per_item = np.bincount(items).astype(np.float64)
        self.per_rater = np.bincount(raters).astype(np.float64)
        self.groups = self._by_size()

    def fit(self, scores: Floats) -> Fit:
        """Fit the model to these scores, (N,), not all equal."""
        equations = _Equations(self, self.variances(scores))
        mean, items, raters = equations.effects(self._sums(scores))
        item_errors, rater_errors = equations.errors()
        item, rater, error = (float(one) for one in equations.variances)
        return Fit(mean, items, item_errors, raters, rater_errors, (item, rater, error))

    def variances(self, scores: Floats, start: Floats | None = None) -> Floats:
        """(3,) the variances of items, raters and error that fit these scores.

        Args:
            start: where to begin; a third of the scores' variance each by default.
        """
        centred = scores - scores.mean()
        squares = _dot(centred, centred)
        sums, total = self._sums(centred), squares / len(centred)
        smallest = _SMALLEST_SHARE * total
        equations = _Equations(self, np.full(3, total / 3) if start is None else np.maximum(start, _SMALLEST_START * total))
        likelihood = equations.log_likelihood(sums, squares)
        for _ in range(_MAX_STEPS):
            gradient, information = equations.slopes(sums, squares)
            free = (equations.variances > smallest) | (gradient > 0)
            if np.abs(gradient * equations.variances)[free].max(initial=0.0) < _FLAT * len(centred):
                break
            step, before = np.zeros(3), equations.variances
            lowest = np.where(before > _NEGLIGIBLE * total, _LARGEST_FALL * before, smallest)
            step[free] = np.linalg.solve(information[np.ix_(free, free)], gradient[free])
            for _ in range(_MAX_HALVINGS):
                moved = _Equations(self, np.maximum(before + step, lowest))
                risen = moved.log_likelihood(sums, squares)
                if risen >= likelihood:
                    break
                step /= 2
            else:
                break
            equations, likelihood = moved, risen
        return equations.variances

    def over_items(self, by_rater: Floats) -> Floats:
        """(I,) the sum over each item's raters of a value of the rater."""
        return _sums_by(self.items, by_rater[self.raters])

    def over_raters(self, by_item: Floats) -> Floats:
        """(R,) the sum over each rater's items of a value of the item."""
        return _sums_by(self.raters, by_item[self.items])

    def _sums(self, scores: Floats) -> _Sums:
        return _sums_by(self.items, scores), _sums_by(self.raters, scores)

    def _by_size(self) -> dict[int, _Group]:
        order = np.argsort(self.items, kind="stable")
        starts = np.concatenate([[0], np.cumsum(self.per_item)]).astype(np.int64)
        count = len(self.per_rater)
        groups = {}
        for size in np.unique(self.per_item).astype(np.int64):
            members = np.flatnonzero(self.per_item == size)
            who = self.raters[order[starts[members][:, None] + np.arange(size)]]
            pairs = np.bincount((who[:, :, None] * count + who[:, None, :]).ravel(), minlength=count * count)
            products = np.empty((1 + count, 1 + count))
            products[0, 0] = len(members) * size * size
            products[0, 1:] = products[1:, 0] = size * np.bincount(who.ravel(), minlength=count)
            products[1:, 1:] = pairs.reshape(count, count)
            groups[int(size)] = _Group(members, who, products)
        return groups


_Sums = tuple[Floats, Floats]
"""Sums of a value of each score over the items, (I,), and over the raters, (R,): all that the equations need to know of it."""


class _Equations:
    """Henderson's equations of a design for given variances of items, raters and error; divided by the last."""

    def __init__(self, design: Design, variances: Floats) -> None:
        self._design, self.variances = design, variances
        item_ratio, rater_ratio = variances[2] / variances[:2]
        self._left = np.diag(np.concatenate([[design.per_item.sum()], design.per_rater + rater_ratio]))
        self._left[0, 1:] = self._left[1:, 0] = design.per_rater
        for size, group in design.groups.items():
            self._left -= group.products / (size + item_ratio)
        self._weights = 1 / (design.per_item + item_ratio)
        self._inverse = np.linalg.inv(self._left)

    def effects(self, sums: _Sums) -> tuple[float, Floats, Floats]:
        """mu, effects of the items, effects of the raters."""
        design, shrunk = self._design, self._weights * sums[0]
        right = np.concatenate([[sums[1].sum() - _dot(design.per_item, shrunk)], sums[1] - design.over_raters(shrunk)])
        fixed = self._inverse @ right
        items = shrunk - self._weights * (design.per_item * fixed[0] + design.over_items(fixed[1:]))
        return float(fixed[0]), items, fixed[1:]

    def log_likelihood(self, sums: _Sums, squares: float) -> float:
        """The restricted log-likelihood, up to a constant.

        Args:
            squares: sum of the squared scores.
        """
        items, raters = len(self._weights), len(self._left) - 1
        counts = np.array([items, raters, self._design.per_item.sum() - items - raters - 1])
        determinants = np.linalg.slogdet(self._left)[1] - np.log(self._weights).sum()
        return float(-0.5 * (counts @ np.log(self.variances) + determinants + self._left_over(sums, self.effects(sums), squares)))

    def slopes(self, sums: _Sums, squares: float) -> tuple[Floats, Floats]:
        """Gradient of the log-likelihood, (3,), and the average information, (3, 3)."""
        design, (item, rater, error) = self._design, self.variances
        effects = _, items, raters = self.effects(sums)
        by_item, by_rater = items / item, raters / rater  # Z_a' P y
        explained = _dot(items, by_item) + _dot(raters, by_rater)
        of_error = (self._left_over(sums, effects, squares) - explained) / error
        # f_a of items and raters, and P y, each by its sums over items and raters; below, their products with one another.
        spread: list[_Sums] = [
            (design.per_item * by_item, design.over_raters(by_item)),
            (design.over_items(by_rater), design.per_rater * by_rater),
            (by_item, by_rater),
        ]
        with_items = [_dot(by_item, one[0]) for one in spread]
        with_raters = [_dot(by_rater, one[1]) for one in spread]
        products = np.array([with_items, with_raters, [with_items[2], with_raters[2], of_error]])
        solved = [self.effects(one) for one in spread]
        information = np.array(
            [[self._left_over(one, other, products[a, b]) for b, other in enumerate(solved)] for a, one in enumerate(spread)]
        )
        counts = np.array([len(items), len(raters)])
        traces = (counts - error * self._traces() / self.variances[:2]) / self.variances[:2]
        of_residual = (design.per_item.sum() - 1 - traces @ self.variances[:2]) / error
        gradient = np.array([_dot(by_item, by_item), _dot(by_rater, by_rater), of_error]) - np.append(traces, of_residual)
        # A little of what the effects themselves would say if they were seen: it keeps the matrix regular where they vanish.
        seen = np.append(counts, design.per_item.sum()) / self.variances**2
        return gradient / 2, (information + _DAMPING * np.diag(seen)) / 2

    def errors(self) -> tuple[Floats, Floats]:
        """Standard errors of prediction of mu + u, and of r beside the panel."""
        inverse, squares = self._inverse, np.empty(len(self._weights))
        for size, group in self._design.groups.items():
            weight = self._weights[group.members]
            with_mean = size * inverse[0, 0] + inverse[0, 1:][group.who].sum(axis=1)
            between = inverse[1:, 1:][group.who[:, :, None], group.who[:, None, :]].sum(axis=(1, 2))
            own = size * (2 * with_mean - size * inverse[0, 0]) + between
            squares[group.members] = inverse[0, 0] + weight + weight * (weight * own - 2 * with_mean)
        among = inverse[1:, 1:]
        beside = np.diag(among) - 2 * among.mean(axis=1) + among.mean()
        return np.sqrt(self.variances[2] * squares), np.sqrt(self.variances[2] * beside)

    def _left_over(self, sums: _Sums, effects: tuple[float, Floats, Floats], product: float) -> float:
        """x'P z of two values x, z of the scores.

        Args:
            sums: of x.
            effects: fitted to z.
            product: sum of x z.
        """
        mean, items, raters = effects
        return float((product - mean * sums[1].sum() - _dot(items, sums[0]) - _dot(raters, sums[1])) / self.variances[2])

    def _traces(self) -> Floats:
        """(2,) traces of the inverse of the whole equations over the items and over the raters."""
        of_items = self._weights.sum()
        for group in self._design.groups.values():
            weight = self._weights[group.members[0]]
            of_items += np.sum(self._inverse * group.products) * weight**2
        return np.array([of_items, np.trace(self._inverse[1:, 1:])])


def _dot(one: Floats, other: Floats) -> float:
    """The sum of the products; without BLAS, whose threads wait for one another on a busy machine."""
    return float(np.sum(one * other))


def _sums_by(labels: Ints, values: Floats) -> Floats:
    """The sum of the values of each label."""
    return np.bincount(labels, values).astype(np.float64, copy=False)
