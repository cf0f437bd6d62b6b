"""Simulated raters: what each would say of a true score, through bias, slope, noise and whole numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppad.rubric import Rubric

NO_CLOCK = "1970-01-01T00:00:00Z"
"""Simulated raters have no time of day."""
_BIAS, _SLOPE, _NOISE = 0.8, 0.15, (1.0, 1.8)
"""Usual amounts: spread of biases and of slopes, and the range of standard deviations of noise, in points of a scale of 1–10."""


@dataclass(frozen=True, slots=True)
class Rater:
    """How one rater departs from the truth: what they say is middle + bias + slope × (true - middle) + noise, rounded.

    Bias and noise are in points of a scale of 1–10; on another one they count in proportion to its length.
    """

    id: str
    bias: float
    slope: float
    noise: float


def draw_raters(seed: int, count: int, amount: float) -> list[Rater]:
    """The raters of a seed.

    Args:
        amount: 0 for raters who round and err in nothing else, 1 for usual ones.
    """
    raters = []
    for number in range(count):
        rng = np.random.default_rng([seed, 2_000_003, number])
        bias, slope, noise = rng.normal(0, _BIAS), rng.normal(0, _SLOPE), rng.uniform(*_NOISE)
        raters.append(Rater(f"simulated-{number + 1:02}", amount * float(bias), 1 + amount * float(slope), amount * float(noise)))
    return raters


def rating_rows(
    truths: Mapping[str, Mapping[str, float]], raters: Sequence[Rater], each: int, seed: int, rubric: Rubric
) -> Iterator[dict[str, Any]]:
    """What `each` of the raters, drawn anew for every process, say of it: rows of `ratings.parquet`.

    Args:
        truths: the true score of each attribute, by process id.
    """
    names = rubric.attribute_ids
    for process_id in sorted(truths):
        rng = np.random.default_rng([seed, int.from_bytes(hashlib.sha256(process_id.encode()).digest()[:8], "big")])
        true = np.array([truths[process_id][name] for name in names])
        for number in sorted(rng.permutation(len(raters))[:each].tolist()):
            said = _said(raters[number], true, rubric, rng)
            yield {
                "process_id": process_id,
                "rater_id": raters[number].id,
                "rubric": rubric.id,
                "rubric_version": rubric.version,
                "replicate": 0,
                "kind": "main",
                **{name: int(score) for name, score in zip(names, said, strict=True)},
                "critique": None,
                "active_ms": None,
                "created_at": NO_CLOCK,
                "revision": 0,
            }


def _said(rater: Rater, true: NDArray[np.float64], rubric: Rubric, rng: np.random.Generator) -> NDArray[np.int64]:
    low, high = np.array(list(rubric.scales.values()), np.float64).T
    middle, unit = (low + high) / 2, (high - low) / 9
    heard = middle + unit * rater.bias + rater.slope * (true - middle) + unit * rng.normal(0, 1, len(true)) * rater.noise
    return np.clip(np.round(heard), low, high).astype(np.int64)
