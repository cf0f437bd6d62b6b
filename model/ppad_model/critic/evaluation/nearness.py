"""How near critiques are to the raters' in meaning, beside floors that need no eyes.

Notation: n works, d dimensions of the encoder's unit vectors. The nearness of a text to a work is its mean cosine with the
critiques that raters wrote of that work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Nearness:
    """By work, (n,); NaN where a work has no critique by a rater, or nothing to compare with.

    Attributes:
        matched: of what was written of the work.
        mismatched: of what was written of it, to the critiques of all works that share nothing with it: what a text gains by
            sounding like a critique.
        generic: of one and the same text for all works.
        human: of each rater's critique to those of the other raters of the work: what a critique by another person reaches.
    """

    matched: Floats
    mismatched: Floats
    generic: Floats
    human: Floats


def nearness(written: Floats, said: Sequence[Floats], clusters: Sequence[str], generic: Floats) -> Nearness:
    """Measure texts against the raters' critiques.

    Args:
        written: (n, d) of what was written of each work; zeros where nothing was, which is near to nothing.
        said: for each work (r, d) of its raters' critiques; r may be 0.
        clusters: (n,) works of one cluster share something and are no mismatch.
        generic: (d,) of the text for all works.
    """
    there = np.array([len(one) > 0 for one in said], dtype=bool)
    width = written.shape[1]
    means = np.array([one.mean(axis=0) if len(one) else np.zeros(width) for one in said]).reshape(len(said), width)
    cosines = written @ means.T
    names = np.unique(np.asarray(clusters, np.str_), return_inverse=True)[1]
    apart = (names[:, None] != names[None]) & there[None]
    strangers = apart.sum(axis=1)
    mismatched = np.divide((cosines * apart).sum(axis=1), strangers, out=np.full(len(said), np.nan), where=strangers > 0)
    return Nearness(
        matched=np.where(there, np.diagonal(cosines), np.nan),
        mismatched=np.where(there, mismatched, np.nan),
        generic=np.where(there, means @ generic, np.nan),
        human=np.array([_among(one) for one in said], np.float64),
    )


def most_central(embedded: Floats) -> int:
    """The text that is nearest to all texts on the average, of equals the first: the best thing to say without looking.

    Args:
        embedded: (n, d), at least one.
    """
    return int(np.argmax(np.round(embedded @ embedded.mean(axis=0), 9)))


def _among(embedded: Floats) -> float:
    """Mean cosine of all pairs; NaN below two."""
    count = len(embedded)
    if count < 2:
        return float("nan")
    cosines = embedded @ embedded.T
    return float((cosines.sum() - np.trace(cosines)) / (count * (count - 1)))
