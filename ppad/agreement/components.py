"""Variance components of any design with random effects: how much of the scores' variance is the items', the raters', the occasion's.

    y = mu + sum_a Z_a u_a + e,   u_a ~ N(0, var_a I),  e ~ N(0, var_residual I)

fitted by restricted maximum likelihood (Patterson & Thompson 1971), as a generalisability study has it (Brennan,
Generalizability Theory, 2001). With V = sum_a var_a Z_a Z_a' + var_residual I and P = V^-1 - V^-1 1 (1'V^-1 1)^-1 1'V^-1, a step of
EM is (Searle, Casella & McCulloch 1992, section 8.3)

    var_a <- var_a + var_a^2 / q_a * (y'P Z_a Z_a' P y - tr(Z_a' P Z_a)),      q_a levels.

Effects that stay within an item (the item itself, item x rater, item x occasion) make V block-diagonal, one block an item, and items of
one pattern share their block. The others (rater, occasion, rater x occasion) have few levels and are solved for.

    B  indicator columns of mu and the levels of the effects across items;  W  inverse of a block;  C = B'WB + diag(0, 1 / var)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.agreement.em import best_variances

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RESIDUAL = "residual"


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
    order = np.argsort(items, kind="stable")
    likelihood = _Likelihood(items[order], {name: labels[order] for name, labels in effects.items()}, scores[order])
    variances = best_variances(likelihood.step, len(likelihood.levels), float(np.var(scores)))
    return dict(zip(likelihood.names, (float(one) for one in variances), strict=True))


@dataclass(frozen=True, slots=True)
class _Pattern:
    """Items whose scores are tied in the same way.

    Attributes:
        rows: (M, n) the rows of the scores of each of the M items.
        columns: (M, n, J) which columns of B each score has, mu first.
        same: for each effect within items, (n, n) 1 where two scores share a level.
    """

    rows: Ints
    columns: Ints
    same: tuple[Floats, ...]


class _Likelihood:
    """The restricted likelihood of one set of scores, sorted by item."""

    def __init__(self, items: Ints, effects: Mapping[str, Ints], scores: Floats) -> None:
        within = {name: labels for name, labels in effects.items() if _stays_within(labels, items)}
        across = {name: labels for name, labels in effects.items() if name not in within}
        self.names = [*within, RESIDUAL, *across]
        self.levels = np.array(
            [*(_count(labels) for labels in within.values()), len(scores), *(_count(labels) for labels in across.values())], float
        )
        self._scores = scores - scores.mean()
        self._inside = len(within) + 1
        offsets = np.cumsum([1, *(_count(labels) for labels in across.values())])
        self._width = int(offsets[-1])
        self._blocks = [slice(int(a), int(b)) for a, b in zip(offsets[:-1], offsets[1:], strict=True)]
        columns = [
            np.zeros(len(scores), np.int64),
            *(labels + start for labels, start in zip(across.values(), offsets, strict=False)),
        ]
        self._patterns = _patterns(items, list(within.values()), np.stack(columns, axis=1))

    def step(self, variances: Floats) -> Floats:
        """One step of EM."""
        inside, outside = variances[: self._inside], variances[self._inside :]
        inverses = [_inverse(pattern, inside) for pattern in self._patterns]
        covariance, effects = self._solved(inverses, outside)
        squares, traces = np.zeros(len(variances)), np.zeros(len(variances))
        for pattern, inverse in zip(self._patterns, inverses, strict=True):
            explained = effects[pattern.columns].sum(axis=2)
            projected = (self._scores[pattern.rows] - explained) @ inverse
            shared = inverse @ _between_rows(covariance, pattern.columns) @ inverse
            for number, same in enumerate(pattern.same):
                squares[number] += np.sum((projected @ same) * projected)
                traces[number] += len(pattern.rows) * np.sum(inverse * same) - np.sum(shared * same)
        for number, block in enumerate(self._blocks, start=self._inside):
            squares[number] = effects[block] @ effects[block] / variances[number] ** 2
            size = block.stop - block.start
            traces[number] = (size - np.trace(covariance[block, block]) / variances[number]) / variances[number]
        return variances + variances**2 / self.levels * (squares - traces)

    def _solved(self, inverses: list[Floats], outside: Floats) -> tuple[Floats, Floats]:
        """The inverse of C, and mu with the effects across items."""
        left, right = np.zeros(self._width**2), np.zeros(self._width)
        for pattern, inverse in zip(self._patterns, inverses, strict=True):
            pairs = pattern.columns[:, :, None, :, None] * self._width + pattern.columns[:, None, :, None, :]
            weights = np.broadcast_to(inverse[None, :, :, None, None], pairs.shape)
            left += np.bincount(pairs.ravel(), weights.ravel(), minlength=left.size)
            weighed = np.broadcast_to((self._scores[pattern.rows] @ inverse)[:, :, None], pattern.columns.shape)
            right += np.bincount(pattern.columns.ravel(), weighed.ravel(), minlength=self._width)
        penalty = np.zeros(self._width)
        for block, variance in zip(self._blocks, outside, strict=True):
            penalty[block] = 1 / variance
        covariance = np.linalg.inv(left.reshape(self._width, self._width) + np.diag(penalty))
        return covariance, covariance @ right


def _inverse(pattern: _Pattern, inside: Floats) -> Floats:
    """W: the inverse of the block of one item, (n, n)."""
    return np.linalg.inv(sum(variance * same for variance, same in zip(inside, pattern.same, strict=True)))


def _between_rows(covariance: Floats, columns: Ints) -> Floats:
    """(n, n) the sum over the items of B C^-1 B'."""
    return covariance[columns[:, :, None, :, None], columns[:, None, :, None, :]].sum(axis=(0, 3, 4))


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
