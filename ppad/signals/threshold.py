"""The adaptive threshold: how large a change deserves a key frame of its own, read off the recording itself.

Squared distances of disjoint strokes add, so the total Q = Σ sᵢ is the same for a slow and a fast recording of one
painting, and dividing it among the wanted number of key frames gives a threshold that knows neither speed nor size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NOISE_QUANTILE = 0.10
"""The quietest tenth of the steps tells the noise of the sensor and the codec."""
FEWEST_STEPS = 16
"""Below this many steps nothing can be said of the noise."""
SMALLEST_GATE = 0.5 / 255
"""Nobody sees a change below half a level."""
GATE_OVER_NOISE = 1.0
"""A change that holds less energy than the noise is none."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """The threshold of a recording and where it comes from.

    Attributes:
        tau: the adaptive threshold τ of the noise-corrected distance, 0–1.
        gate: no noise-corrected change below this is ever a key frame, 0–1.
        noise: q, the noise level of a step, 0–1.
        total: Q, the total squared change above the noise.
    """

    tau: float
    gate: float
    noise: float
    total: float


def noise_level(change: NDArray[np.float64], across: NDArray[np.float64]) -> float:
    """q, the part of a step that is noise, 0–1.

    Paint stays and noise does not: over two steps, squared change adds up, while that of noise is no more than over
    one. So D²(i, i+1) + D²(i+1, i+2) − D²(i, i+2) is 0 for paint and D² for noise. The quietest tenth of the steps
    bounds it from above; alone, that would take the small steps of a recording without pauses, or of a handful of
    stills, for noise.

    Args:
        change: (N − 1,) distances between neighbouring samples.
        across: (N − 2,) distances between samples two apart.
    """
    if len(change) < FEWEST_STEPS:
        return 0.0
    left_over = change[:-1] ** 2 + change[1:] ** 2 - across**2
    unpainted = math.sqrt(max(0.0, float(np.quantile(left_over, NOISE_QUANTILE))))
    return min(float(np.quantile(change, NOISE_QUANTILE)), unpainted)


def adaptive_threshold(change: NDArray[np.float64], is_global: NDArray[np.bool_], noise: float, wanted: float) -> Threshold:
    """τ = max(τ₀, gate), with τ₀ the root of Σ_{i∉G} sᵢ/τ² + Σ_{i∈G} min(1, sᵢ/τ²) = wanted − 1.

    Args:
        change: (N − 1,) distances between neighbouring samples, 0–1.
        is_global: (N − 1,) the steps G that change the whole picture; each counts for at most one key frame.
        noise: q, from `noise_level`.
        wanted: number of key frames aimed at, above 1.
    """
    energy = np.maximum(0.0, change**2 - noise**2)
    gate = max(SMALLEST_GATE, GATE_OVER_NOISE * noise)
    squared = _root(float(energy[~is_global].sum()), np.sort(energy[is_global])[::-1], wanted - 1)
    return Threshold(max(math.sqrt(squared), gate), gate, noise, float(energy.sum()))


def _root(local: float, jumps: NDArray[np.float64], share: float) -> float:
    """The x = τ² at which local/x + Σ min(1, jump/x) falls to `share`; 0 where it never reaches it.

    With the m largest jumps counted once each, the rest is linear in 1/x: x = (local + Σ rest) / (share − m), which
    holds if x lies between the m-th and the next jump.
    """
    rest = local + float(jumps.sum())
    for capped in range(len(jumps) + 1):
        if capped >= share:
            return float(jumps[capped - 1])  # the jumps alone use up every key frame that is wanted
        x = rest / (share - capped)
        upper = jumps[capped - 1] if capped else math.inf
        lower = jumps[capped] if capped < len(jumps) else 0.0
        if lower <= x <= upper:
            return x
        if capped < len(jumps):
            rest -= float(jumps[capped])
    return 0.0
