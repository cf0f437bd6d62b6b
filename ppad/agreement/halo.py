"""Halo: a rater whose general impression of an item colours every attribute (Thorndike 1920; Saal, Downey & Lahey 1980).

Attributes also go together in the works themselves, so that a correlation says little alone. Two figures tell the two apart: how
much a rater's attributes correlate beside the others' (Saal et al., Psychological Bulletin 88, 1980, p. 415), and how much the
rater's *departures* from what the others say go the same way in all attributes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.agreement.estimates import UNKNOWN, Estimate, percentiles

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST = 20
"""Items rated in all attributes, below which halo is not estimated."""
DRAWS = 200


@dataclass(frozen=True, slots=True)
class Halo:
    """The halo of one rater: mean correlations between pairs of attributes, -1 to 1, with intervals over resampled items.

    Attributes:
        scores: of the rater's scores.
        others: the same for all other raters together, the mean over them.
        departures: of the rater's departures from what the others say; 0 without halo.
    """

    scores: Estimate
    others: float
    departures: Estimate


def halo(raters: Ints, scores: Floats, departures: Floats, *, draws: int = DRAWS, seed: int = 0) -> list[Halo]:
    """The halo of each rater, 0 … R - 1.

    Args:
        raters: (N,) number of the rater of each rating.
        scores: (N, A) scores, NaN where the rater could not judge; ratings with a NaN are left out.
        departures: (N, A) scores minus what the others say, see `ppad.agreement.raters.consensus`; NaN likewise.
        draws: resamples of each rater's items.
    """
    count = int(raters.max(initial=-1)) + 1
    rng = np.random.default_rng(seed)
    of_scores = [_mean_correlation(_complete(scores[raters == rater]), draws, rng) for rater in range(count)]
    of_departures = [_mean_correlation(_complete(departures[raters == rater]), draws, rng) for rater in range(count)]
    values = np.array([one.value for one in of_scores])
    return [
        Halo(one, _mean(np.delete(values, rater)), other)
        for rater, (one, other) in enumerate(zip(of_scores, of_departures, strict=True))
    ]


def correlations(table: Floats) -> Floats:
    """(A, A) correlations between the columns of a table, (N, A), over its complete rows; NaN where a column does not vary."""
    rows = _complete(table)
    width = table.shape[1]
    if len(rows) < 3:
        return np.full((width, width), np.nan)
    spread = rows.std(axis=0)
    scaled = (rows - rows.mean(axis=0)) / np.where(spread > 0, spread, np.nan)
    return np.asarray(scaled.T @ scaled / len(rows))


def _mean_correlation(rows: Floats, draws: int, rng: np.random.Generator) -> Estimate:
    if len(rows) < FEWEST or rows.shape[1] < 2:
        return UNKNOWN
    resampled = [_off_diagonal(correlations(rows[rng.integers(0, len(rows), len(rows))])) for _ in range(draws)]
    return percentiles(_off_diagonal(correlations(rows)), resampled)


def _off_diagonal(matrix: Floats) -> float:
    return _mean(matrix[np.triu_indices(len(matrix), 1)])


def _mean(values: Floats) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")


def _complete(table: Floats) -> Floats:
    return table[np.isfinite(table).all(axis=1)]
