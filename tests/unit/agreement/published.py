"""Worked examples that others published, and drawn designs whose answer is known."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Design = tuple[Ints, Ints, Floats]
"""Items, raters, scores."""

SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], np.float64)
"""Shrout & Fleiss 1979, table 2: six targets, four judges."""

_ = np.nan
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
        [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
    ]
)
"""Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section E: four observers, twelve units."""


def scored(table: Floats) -> Design:
    """The scores of a table of items and raters, NaN left out."""
    items, raters = np.nonzero(np.isfinite(table))
    return items, raters, table[items, raters]


def sparse(
    seed: int, count: int = 60, panel: int = 8, each: int = 3, *, item: float = 1.0, rater: float = 1.0, error: float = 0.7
) -> tuple[Design, Floats]:
    """Every item rated by a few of the panel, with normal effects of these standard deviations; true values beside."""
    rng = np.random.default_rng(seed)
    truth, severity = rng.normal(6, item, count), rng.normal(0, rater, panel)
    items = np.repeat(np.arange(count), each)
    raters = np.concatenate([rng.choice(panel, each, replace=False) for _ in range(count)])
    return (items, raters, truth[items] + severity[raters] + rng.normal(0, error, len(items))), truth


def columns_of(file: Path) -> dict[str, list[str]]:
    """The columns of a CSV table with a header."""
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    return {name: [row[name] for row in rows] for name in rows[0]}


def numbered(labels: list[str]) -> Ints:
    """(N,) labels as numbers from 0, in the order in which they appear."""
    places = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    return np.array([places[label] for label in labels])
