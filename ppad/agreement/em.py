"""Maximising a likelihood by the EM algorithm, with its steps extrapolated where it creeps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Step = Callable[[Floats], Floats]
"""One step of EM: from variances to better ones."""

_TOLERANCE = 1e-8
_MAX_STEPS = 500
_SMALLEST_SHARE = 1e-9
_LARGEST_SHARE = 10.0
"""Bounds of each variance, as shares of the variance of all scores."""
_LARGEST_LEAP = 5.0


def best_variances(step: Step, count: int, total: float) -> Floats:
    """The variances at which EM stands still.

    EM creeps where a variance is near 0, so that every two steps are extrapolated (SQUAREM, Varadhan & Roland 2008, scheme S3).

    Args:
        step: a step of EM.
        count: number of variances.
        total: variance of all scores, above 0.

    Returns:
        (count,) the variances, each at least 1e-9 of the total.
    """
    bounds = (_SMALLEST_SHARE * total, _LARGEST_SHARE * total)
    variances = np.full(count, total / count)
    for _ in range(_MAX_STEPS):
        once = np.clip(step(variances), *bounds)
        if float(np.abs(once - variances).max()) < _TOLERANCE * total:
            break
        twice = np.clip(step(once), *bounds)
        variances = np.clip(step(np.clip(_extrapolated(variances, once, twice), *bounds)), *bounds)
    return variances


def _extrapolated(start: Floats, once: Floats, twice: Floats) -> Floats:
    """Where two steps of EM lead."""
    first = np.log(once / start)
    bend = np.log(twice / once) - first
    size = float(np.linalg.norm(bend))
    length = max(1.0, float(np.linalg.norm(first)) / size) if size > 0 else 1.0
    # A variance changes by no more than some hundredfold at once; EM corrects the rest.
    return start * np.exp(np.clip(2 * length * first + length**2 * bend, -_LARGEST_LEAP, _LARGEST_LEAP))
