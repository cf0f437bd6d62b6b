"""From single ratings to the score columns of a process: mean over raters, spread, bias-adjusted score."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

from ppad.agreement.campaign import Campaign
from ppad.agreement.scores import ItemScores, item_scores
from ppad.storage.ratings import Rating

Columns = dict[str, float | int | None]


def scores_by_process(ratings: Iterable[Rating], scales: Mapping[str, tuple[int, int]]) -> dict[str, Columns]:
    """The score columns of each process that was rated, by process id.

    Each rater counts once a process: the current rating of the first time they saw it.

    Args:
        scales: lowest and highest score of each attribute.
    """
    campaign = Campaign.of(ratings, scales)
    rated = np.unique(campaign.item[campaign.counts])
    result: dict[str, Columns] = {campaign.processes[number]: {} for number in rated}
    raters: dict[str, set[int]] = {process_id: set() for process_id in result}
    for name, bounds in scales.items():
        sample = campaign.sample(name)
        places = {campaign.processes[number]: place for place, number in enumerate(sample.processes)}
        found = item_scores(sample.items, sample.raters, sample.scores)
        for process_id, columns in result.items():
            columns.update(_columns(name, found, places.get(process_id), bounds))
        for item, rater in zip(sample.items, sample.people[sample.raters], strict=True):
            raters[campaign.processes[sample.processes[item]]].add(int(rater))
    for process_id, columns in result.items():
        columns["n_raters"] = len(raters[process_id])
    return result


def _columns(name: str, found: ItemScores, place: int | None, bounds: tuple[int, int]) -> Columns:
    if place is None:
        return {name: None, f"{name}_std": None, f"{name}_adjusted": None}
    adjusted = _known(found.adjusted[place])
    return {
        name: float(found.mean[place]),
        f"{name}_std": _known(found.std[place]),
        f"{name}_adjusted": None if adjusted is None else min(max(adjusted, bounds[0]), bounds[1]),
    }


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
