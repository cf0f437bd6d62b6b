"""How uncertain the score of each process is, by the ratings that are in: where further raters help most."""

from __future__ import annotations

import numpy as np

from ppad.agreement.campaign import Campaign
from ppad.agreement.scores import item_scores
from ppad_annotation.service.campaigns import campaign
from ppad_annotation.service.database import Database
from ppad_annotation.service.exporting import current_ratings


def standard_errors(db: Database) -> dict[str, float]:
    """The standard error of each process's mean score, as a share of the scale's range: the mean over its attributes.

    Returns:
        By process id; processes whose error is not known yet, with a single rater say, are left out.
    """
    scales = campaign(db).rubric.scales
    ratings = Campaign.of(current_ratings(db), scales)
    found: dict[str, list[float]] = {}
    for name, (low, high) in scales.items():
        sample = ratings.sample(name)
        if not sample.can_be_fitted:
            continue
        errors = item_scores(sample.items, sample.raters, sample.scores).error / (high - low)
        for number, error in zip(sample.processes, errors, strict=True):
            if np.isfinite(error):
                found.setdefault(ratings.processes[number], []).append(float(error))
    return {process_id: float(np.mean(values)) for process_id, values in found.items()}
