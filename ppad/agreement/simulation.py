"""Campaigns whose truth is known: who rates what, and what raters of known habits would say.

    y_ija = truth_ia + severity_ja + slope_ja (truth_ia - centre) + drift_j (t - 1/2) + taste_ija + residual,

rounded and held to the scale, for item i, rater j, attribute a and the place t of the rating in the rater's work, 0–1. All
effects are normal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

USUAL_RANGE = 9.0
"""Points from the lowest to the highest score of the scale that a panel is described on, 1–10."""


@dataclass(frozen=True, slots=True)
class Panel:
    """What raters and items are like: standard deviations in points of a 1–10 scale (other scales in proportion), and shares.

    Attributes:
        item: of the items' true scores.
        rater: of severity.
        taste: of what a rater holds of a single item, again and again (item × rater).
        residual: of what a rater would not say again.
        slope: of the use of the scale about 1.
        drift: of the change of level from the first to the last rating.
        general: share of the items' variance that all attributes have in common; also of the severities'.
        halo: share of taste that all attributes have in common.
        cannot_judge: share of scores that raters leave out.
        centre: mean true score, as a share of the scale.
    """

    item: float = 1.3
    rater: float = 0.8
    taste: float = 0.7
    residual: float = 0.7
    slope: float = 0.0
    drift: float = 0.0
    general: float = 0.4
    halo: float = 0.2
    cannot_judge: float = 0.0
    centre: float = 0.55


@dataclass(frozen=True, slots=True)
class Allocation:
    """Who rates what, one rating a row, each rater's in the order of their work.

    Attributes:
        items, raters, replicates: (N,).
        kinds: (N,) `main`, `calibration` or `repeat`.
        places: (N,) place in the rater's work, 0–1.
    """

    items: Ints
    raters: Ints
    replicates: Ints
    kinds: NDArray[np.str_]
    places: Floats


def allocate(
    items: int, raters: int, each: int, *, calibration: int = 0, repeats: float = 0.0, rng: np.random.Generator
) -> Allocation:
    """A balanced plan: every item has equally many raters, and raters have equally many items, give or take one.

    Args:
        each: raters an item, at most `raters`.
        calibration: how many items all raters rate, before everything else.
        repeats: share of their other items that raters see again, later.
    """
    who = _balanced(items - calibration, raters, each, rng)
    main = np.stack([np.repeat(np.arange(calibration, items), each), who.ravel()])
    block = np.stack(np.divmod(np.arange(calibration * raters), raters))
    again = main[:, np.sort(rng.permutation(main.shape[1])[: round(repeats * main.shape[1])])]
    columns = np.concatenate([block, main, again], axis=1)
    sizes = (block.shape[1], main.shape[1], again.shape[1])
    kinds = np.repeat(np.array(["calibration", "main", "repeat"]), sizes)
    replicates = np.repeat([0, 0, 1], sizes)
    moment = np.concatenate([np.full(sizes[0], -1.0), rng.random(sizes[1]), np.zeros(sizes[2])])
    first = dict(zip(map(tuple, main.T), moment[sizes[0] :], strict=False))
    moment[len(moment) - sizes[2] :] = [rng.uniform(first[tuple(pair)], 1) for pair in again.T]
    order = np.lexsort((moment, columns[1]))
    return Allocation(columns[0][order], columns[1][order], replicates[order], kinds[order], _places(columns[1][order]))


def simulate(
    plan: Allocation, panel: Panel, scales: Mapping[str, tuple[int, int]], rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """What the panel would say.

    Args:
        scales: lowest and highest score of each of the A attributes.

    Returns:
        scores, (N, A), NaN for "cannot judge"; true scores, (I, A), unrounded and not held to the scale.
    """
    count, width = int(plan.items.max()) + 1, len(scales)
    people = int(plan.raters.max()) + 1
    low, high = (np.array(ends, np.float64) for ends in zip(*scales.values(), strict=True))
    effects = _shared(count, width, panel.general, rng) * panel.item
    severity = _shared(people, width, panel.general, rng) * panel.rater
    slope = rng.normal(0, panel.slope, (people, width))
    drift = rng.normal(0, panel.drift, people)[plan.raters] * (plan.places - 0.5)
    said = effects[plan.items] * (1 + slope[plan.raters]) + severity[plan.raters] + drift[:, None]
    said += _tastes(plan, width, panel, rng) + rng.normal(0, panel.residual, said.shape)
    unit, centre = (high - low) / USUAL_RANGE, low + panel.centre * (high - low)
    scores = np.clip(np.round(centre + unit * said), low, high)
    scores[rng.random(scores.shape) < panel.cannot_judge] = np.nan
    return scores, centre + unit * effects


def _balanced(items: int, raters: int, each: int, rng: np.random.Generator) -> Ints:
    """(items, each) raters of each item: always those with the least work so far, chance deciding among equals."""
    work, chosen = np.zeros(raters), np.empty((items, each), np.int64)
    for item in rng.permutation(items):
        chosen[item] = np.argsort(work + rng.random(raters) / 2)[:each]
        work[chosen[item]] += 1
    return chosen


def _places(raters: Ints) -> Floats:
    """(N,) place of each rating in its rater's work, 0–1; ratings stand in the order of raters and of their work."""
    starts = np.flatnonzero(np.diff(raters, prepend=-1))
    sizes = np.diff(np.append(starts, len(raters)))
    within = np.arange(len(raters)) - np.repeat(starts, sizes)
    return within / np.maximum(1, np.repeat(sizes, sizes) - 1)


def _shared(count: int, width: int, share: float, rng: np.random.Generator) -> Floats:
    """(count, width) standard normal values, columns correlated by the share."""
    return np.sqrt(share) * rng.normal(size=(count, 1)) + np.sqrt(1 - share) * rng.normal(size=(count, width))


def _tastes(plan: Allocation, width: int, panel: Panel, rng: np.random.Generator) -> Floats:
    """(N, A) taste: the same each time a rater sees an item."""
    _, pair = np.unique(np.stack([plan.items, plan.raters]), axis=1, return_inverse=True)
    return panel.taste * _shared(int(pair.max()) + 1, width, panel.halo, rng)[pair.ravel()]
