"""Variance components of any design with random effects: how much of the variance is the items', the raters', the occasion's.

    y = mu + sum_a Z_a u_a + e,   u_a ~ N(0, var_a I),  e ~ N(0, var_residual I)

fitted by restricted maximum likelihood (Patterson & Thompson 1971), as a generalisability study has it (Brennan,
Generalizability Theory, 2001). With V = sum_a var_a Z_a Z_a' + var_residual I and P = V^-1 - V^-1 1 (1'V^-1 1)^-1 1'V^-1
(Searle, Casella & McCulloch, Variance Components, 1992, section 6.6),

    -2 log L = log|V| + log|1'V^-1 1| + y'Py,       d(-2 log L) / d var_a = tr(Z_a' P Z_a) - y'P Z_a Z_a' P y.

Effects that stay within an item (the item itself, item × rater, item × occasion) make V block-diagonal, one block an item, and
items of one pattern share their block. The others (rater, occasion, rater × occasion) have few levels and are solved for:

    B  indicator columns of mu and of the levels of effects across items;  D  the standard deviation of each column, 1 for mu
    W  the inverse of the blocks;  C = D B'WB D + diag(0, 1, …, 1)
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RESIDUAL = "residual"

_SMALLEST_RESIDUAL = 1e-4
"""Standard deviation of the residual, as a share of that of all scores, below which the blocks could not be inverted."""


def crossed(*labels: Ints) -> Ints:
    """(N,) one label for each combination that occurs of the labels, numbered from 0."""
    return np.unique(np.stack(labels), axis=1, return_inverse=True)[1].ravel()


def variance_components(items: Ints, effects: Mapping[str, Ints], scores: Floats) -> dict[str, float]:
    """The variance of each effect and of the residual, in squared points.

    Args:
        items: (N,) number of the item of each score.
        effects: for each effect, (N,) the number of its level, 0 … q - 1; see `crossed`. No two effects may be the same
            partition of the scores, nor any of them single scores.
        scores: (N,) the scores, not all equal.
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    order = np.argsort(items, kind="stable")
    spread = float(scores.std())
    scaled = (scores[order] - scores.mean()) / spread
    likelihood = _Likelihood(items[order], {name: labels[order] for name, labels in effects.items()}, scaled)
    count = len(likelihood.names)
    bounds = [(_SMALLEST_RESIDUAL if name == RESIDUAL else 0.0, None) for name in likelihood.names]
    start = np.full(count, count**-0.5)
    with threadpool_limits(1):  # on a busy machine, threads that share small matrices take ten times as long
        found = minimize(likelihood, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-13, "gtol": 1e-8})
    return dict(zip(likelihood.names, (float((spread * one) ** 2) for one in found.x), strict=True))


@dataclass(frozen=True, slots=True)
class _Pattern:
    """Items whose scores are tied in the same way.

    Attributes:
        rows: (M, n) the rows of the scores of each of the M items.
        columns: (M, n, J) which columns of B each score has, mu first.
        same: for each effect within items, (n, n) 1 where two scores share a level; the residual last.
    """

    rows: Ints
    columns: Ints
    same: tuple[Floats, ...]


class _Likelihood:
    """-2 log L a score, and its gradient, as a function of the standard deviations in the order of `names`."""

    def __init__(self, items: Ints, effects: Mapping[str, Ints], scores: Floats) -> None:
        within = {name: labels for name, labels in effects.items() if _stays_within(labels, items)}
        across = {name: labels for name, labels in effects.items() if name not in within}
        self.names = [*within, RESIDUAL, *across]
        self._scores = scores
        self._inside = len(within) + 1
        offsets = [1, *itertools.accumulate((_count(labels) for labels in across.values()), initial=1)][1:]
        self._width = offsets[-1]
        self._blocks = [slice(start, end) for start, end in itertools.pairwise(offsets)]
        of_levels = (labels + start for labels, start in zip(across.values(), offsets, strict=False))
        columns = np.stack([np.zeros(len(scores), np.int64), *of_levels], axis=1)
        self._patterns = _patterns(items, list(within.values()), columns)

    def __call__(self, deviations: Floats) -> tuple[float, Floats]:
        inside, scale = deviations[: self._inside], self._column_scale(deviations)
        blocks = [_block(pattern, inside**2) for pattern in self._patterns]
        inverses = [np.asarray(np.linalg.inv(block), np.float64) for block in blocks]
        products, sums = self._products(inverses)
        penalised = products * np.outer(scale, scale) + np.diag(np.arange(self._width) > 0)
        covariance = np.linalg.inv(penalised) * np.outer(scale, scale)
        effects = covariance @ sums
        value = float(np.linalg.slogdet(penalised)[1])
        squares, traces, projected = np.zeros(len(deviations)), np.zeros(len(deviations)), np.zeros(self._width)
        for pattern, block, inverse in zip(self._patterns, blocks, inverses, strict=True):
            own = self._scores[pattern.rows]
            left = (own - effects[pattern.columns].sum(axis=2)) @ inverse  # P y
            shared = inverse @ _between_rows(covariance, pattern.columns) @ inverse
            value += len(own) * float(np.linalg.slogdet(block)[1]) + float(np.sum(own * left))
            for number, same in enumerate(pattern.same):
                squares[number] += np.sum((left @ same) * left)
                traces[number] += len(own) * np.sum(inverse * same) - np.sum(shared * same)
            projected += _sums(pattern.columns, np.broadcast_to(left[:, :, None], pattern.columns.shape), self._width)
        for number, levels in enumerate(self._blocks, start=self._inside):
            squares[number] = projected[levels] @ projected[levels]
            beside = products[levels] @ covariance @ products[:, levels]
            traces[number] = np.trace(products[levels, levels]) - np.trace(beside)
        return value / len(self._scores), 2 * deviations * (traces - squares) / len(self._scores)

    def _column_scale(self, deviations: Floats) -> Floats:
        """D: (width,)."""
        sizes = [levels.stop - levels.start for levels in self._blocks]
        return np.concatenate([[1.0], np.repeat(deviations[self._inside :], sizes)])

    def _products(self, inverses: list[Floats]) -> tuple[Floats, Floats]:
        """B'WB and B'Wy."""
        products, sums = np.zeros(self._width**2), np.zeros(self._width)
        for pattern, inverse in zip(self._patterns, inverses, strict=True):
            pairs = pattern.columns[:, :, None, :, None] * self._width + pattern.columns[:, None, :, None, :]
            products += _sums(pairs, np.broadcast_to(inverse[None, :, :, None, None], pairs.shape), self._width**2)
            weighed = (self._scores[pattern.rows] @ inverse)[:, :, None]
            sums += _sums(pattern.columns, np.broadcast_to(weighed, pattern.columns.shape), self._width)
        return products.reshape(self._width, self._width), sums


def _block(pattern: _Pattern, variances: Floats) -> Floats:
    """The covariance of the scores of one item given the effects across items, (n, n)."""
    return np.asarray(sum(variance * same for variance, same in zip(variances, pattern.same, strict=True)))


def _between_rows(covariance: Floats, columns: Ints) -> Floats:
    """(n, n) the sum over the items of B cov B'."""
    return np.asarray(covariance[columns[:, :, None, :, None], columns[:, None, :, None, :]].sum(axis=(0, 3, 4)))


def _sums(places: Ints, values: Floats, width: int) -> Floats:
    return np.bincount(places.ravel(), values.ravel(), minlength=width).astype(np.float64, copy=False)


def _patterns(items: Ints, within: list[Ints], columns: Ints) -> list[_Pattern]:
    starts = np.flatnonzero(np.diff(items, prepend=-1))
    found: dict[tuple[object, ...], list[Ints]] = {}
    for rows in np.split(np.arange(len(items)), starts[1:]):
        ties = [np.unique(labels[rows], return_inverse=True)[1].tobytes() for labels in within]
        found.setdefault((len(rows), *ties), []).append(rows)
    patterns = []
    for members in found.values():
        block = np.stack(members)
        same = [(labels[block[0]][:, None] == labels[block[0]][None]).astype(np.float64) for labels in within]
        patterns.append(_Pattern(block, columns[block], (*same, np.eye(block.shape[1]))))
    return patterns


def _stays_within(labels: Ints, items: Ints) -> bool:
    """Whether no level occurs with two items."""
    return _count(labels) == _count(crossed(labels, items))


def _count(labels: Ints) -> int:
    return len(np.unique(labels))
