"""Do the words agree with the score? A reader learns from raters what words mean for a score, and reads the critic's words.

The reader of an attribute is a ridge regression from the embedding of what a rater wrote about it to the score that the same
rater gave, learned on critiques of other works than those that are measured. What it reads from a critic's paragraph, where no
number stands, is compared with the score that the critic gave: Pearson's correlation over works. A critic whose words do not go
with its scores reaches 0; the raters' own words and scores on the measured works say how much can be read at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST_TEXTS = 20
"""A reader that learned from fewer texts says nothing."""
_PENALTIES = tuple(10.0**power for power in range(-3, 4))


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads a score from a text: `score = weights · embedding + level`.

    Attributes:
        weights: (d,); level: a number, on the scale of the scores.
        penalty: of the ridge, the one with the smallest leave-one-out error.
    """

    weights: Floats
    level: float
    penalty: float

    def __call__(self, embedded: Floats) -> Floats:
        """(n,) the scores in texts, (n, d); NaN for an empty text, whose vector is zero."""
        return np.where(np.any(embedded != 0, axis=1), embedded @ self.weights + self.level, np.nan)


def learn_reader(embedded: Floats, scores: Floats) -> Reader | None:
    """A reader from texts and scores; None where there are too few texts, or where all have one score.

    The penalty is chosen by the leave-one-out error, which a ridge gives without refitting (Hastie et al. 2009, eq. 7.64).

    Args:
        embedded: (n, d); texts of zeros are left out.
        scores: (n,); NaN is left out.
    """
    kept = np.isfinite(scores) & np.any(embedded != 0, axis=1)
    features, aims = embedded[kept], scores[kept]
    if len(aims) < FEWEST_TEXTS or np.ptp(aims) == 0:
        return None
    middle, level = features.mean(axis=0), float(aims.mean())
    left, sizes, right = np.linalg.svd(features - middle, full_matrices=False)
    turned = left.T @ (aims - level)
    errors = [_left_out_error(left, sizes, turned, aims - level, penalty) for penalty in _PENALTIES]
    penalty = _PENALTIES[int(np.argmin(errors))]
    weights = right.T @ (sizes / (sizes**2 + penalty) * turned)
    return Reader(weights, level - float(middle @ weights), penalty)


def learn_readers(embedded: Sequence[Floats], scores: Floats) -> list[Reader | None]:
    """A reader for each attribute.

    Args:
        embedded: for each of A attributes (n, d), what each critique says of it.
        scores: (n, A) what its rater gave.
    """
    return [learn_reader(one, column) for one, column in zip(embedded, scores.T, strict=True)]


def read_scores(readers: Sequence[Reader | None], embedded: Sequence[Floats]) -> Floats:
    """(n, A) what the readers read; NaN where one knows nothing or there is nothing to read."""
    columns = [
        np.full(len(one), np.nan) if reader is None else reader(one) for reader, one in zip(readers, embedded, strict=True)
    ]
    return np.stack(columns, axis=1)


def _left_out_error(left: Floats, sizes: Floats, turned: Floats, aims: Floats, penalty: float) -> float:
    shrunk = sizes**2 / (sizes**2 + penalty)
    leverage = (left**2 * shrunk).sum(axis=1) + 1 / len(aims)
    return float(np.mean(((aims - left @ (shrunk * turned)) / np.maximum(1 - leverage, 1e-9)) ** 2))
