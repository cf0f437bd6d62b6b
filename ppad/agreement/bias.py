"""Scores with the raters' severity taken out: a mixed model of processes and raters, fitted by restricted maximum likelihood.

    y_ij = mu + u_i + r_j + e_ij,   u_i ~ N(0, var_item),  r_j ~ N(0, var_rater),  e_ij ~ N(0, var_error)

for rater j's score of process i. The effects solve Henderson's mixed-model equations (Searle, Casella & McCulloch, Variance
Components, 1992, ch. 7); the adjusted score is mu + u_i, the best linear unbiased prediction. The equations of the processes are
diagonal and are eliminated, so what is solved has one unknown a rater.

The variances are found by Newton's method with the average information matrix (Gilmour, Thompson & Cullis, Biometrics 51, 1995):
with Z_a the indicators of effect a, P the matrix of section 6.6 of Searle et al., and f_a = Z_a Z_a' P y,

    gradient_a = (y'P Z_a Z_a'P y - tr(Z_a'P Z_a)) / 2,      information_ab = f_a' P f_b / 2,

each step shortened until the likelihood rises, and variances held at next to 0 where it falls towards them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SMALLEST_SHARE = 1e-9
"""Lower bound of each variance, as a share of the variance of all scores."""
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
        variances = self.variances(scores)
        equations = _Equations(self, variances)
        mean, items, raters = equations.effects(scores)
        item_errors, rater_errors = equations.errors()
        found = (float(variances[0]), float(variances[1]), float(variances[2]))
        return Fit(mean, items, item_errors, raters, rater_errors, found)

    def variances(self, scores: Floats) -> Floats:
        """(3,) the variances of items, raters and error that fit these scores."""
        centred = scores - scores.mean()
        total = float(centred @ centred) / len(centred)
        smallest = _SMALLEST_SHARE * total
        variances = np.full(3, total / 3)
        equations = _Equations(self, variances)
        likelihood = equations.log_likelihood(centred)
        for _ in range(_MAX_STEPS):
            gradient, information = equations.slopes(centred)
            free = (variances > smallest) | (gradient > 0)
            if np.abs(gradient * variances)[free].max(initial=0.0) < _FLAT * len(centred):
                break
            step = np.zeros(3)
            step[free] = np.linalg.solve(information[np.ix_(free, free)], gradient[free])
            for _ in range(_MAX_HALVINGS):
                moved = np.maximum(variances + step, smallest)
                equations = _Equations(self, moved)
                risen = equations.log_likelihood(centred)
                if risen >= likelihood:
                    break
                step /= 2
            else:
                break
            variances, likelihood = moved, risen
        return variances

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


class _Equations:
    """Henderson's equations of a design for given variances, all divided by the error variance."""

    def __init__(self, design: Design, variances: Floats) -> None:
        self._design, self._variances = design, variances
        item_ratio, rater_ratio = variances[2] / variances[:2]
        self._left = np.diag(np.concatenate([[design.per_item.sum()], design.per_rater + rater_ratio]))
        self._left[0, 1:] = self._left[1:, 0] = design.per_rater
        for size, group in design.groups.items():
            self._left -= group.products / (size + item_ratio)
        self._weights = 1 / (design.per_item + item_ratio)
        self._inverse = np.linalg.inv(self._left)

    def effects(self, scores: Floats) -> tuple[float, Floats, Floats]:
        """mu, effects of the items, effects of the raters."""
        design = self._design
        item_sums = np.bincount(design.items, scores)
        rest = scores - (self._weights * item_sums)[design.items]
        fixed = self._inverse @ np.concatenate([[rest.sum()], np.bincount(design.raters, rest)])
        explained = design.per_item * fixed[0] + np.bincount(design.items, fixed[1:][design.raters])
        return float(fixed[0]), self._weights * (item_sums - explained), fixed[1:]

    def log_likelihood(self, scores: Floats) -> float:
        """The restricted log-likelihood, up to a constant."""
        items, raters = len(self._weights), len(self._left) - 1
        counts = np.array([items, raters, len(scores) - items - raters - 1])
        determinants = np.linalg.slogdet(self._left)[1] - np.log(self._weights).sum()
        return float(-0.5 * (counts @ np.log(self._variances) + determinants + scores @ self._projected(scores)))

    def slopes(self, scores: Floats) -> tuple[Floats, Floats]:
        """Gradient of the log-likelihood, (3,), and the average information, (3, 3)."""
        design, variances = self._design, self._variances
        projected = self._projected(scores)
        by_item, by_rater = np.bincount(design.items, projected), np.bincount(design.raters, projected)
        squares = np.array([by_item @ by_item, by_rater @ by_rater, projected @ projected])
        counts = np.array([len(by_item), len(by_rater)])
        traces = (counts - variances[2] * self._traces() / variances[:2]) / variances[:2]
        of_error = (len(scores) - 1 - traces @ variances[:2]) / variances[2]
        spread = np.stack([by_item[design.items], by_rater[design.raters], projected])
        information = spread @ np.stack([self._projected(one) for one in spread]).T / 2
        # A little of what the effects themselves would say if they were seen: it keeps the matrix regular where they vanish.
        information += _DAMPING * np.diag(np.append(counts, len(scores)) / (2 * variances**2))
        return (squares - np.append(traces, of_error)) / 2, information

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
        return np.sqrt(self._variances[2] * squares), np.sqrt(self._variances[2] * beside)

    def _projected(self, values: Floats) -> Floats:
        """P values."""
        mean, items, raters = self.effects(values)
        return (values - mean - items[self._design.items] - raters[self._design.raters]) / self._variances[2]

    def _traces(self) -> Floats:
        """(2,) traces of the inverse of the whole equations over the items and over the raters."""
        of_items = self._weights.sum()
        for group in self._design.groups.values():
            weight = self._weights[group.members[0]]
            of_items += np.sum(self._inverse * group.products) * weight**2
        return np.array([of_items, np.trace(self._inverse[1:, 1:])])
