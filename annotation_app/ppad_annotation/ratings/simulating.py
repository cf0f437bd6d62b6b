"""Ratings that nobody gave: drawn for a collection, to try a campaign's tools on, and saying of themselves what they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from ppad.agreement.simulation import Panel, allocate, simulate
from ppad.errors import ConfigError
from ppad.rubric import Rubric
from ppad.schema import SIMULATED, canonical_json, config_hash
from ppad.storage.ratings import Rating

MEDIAN_SECONDS = 75.0
"""Time of work on an item."""
_SPREAD_OF_LOG_SECONDS = 0.4

METADATA = {"simulated": "true"}
"""What a file of simulated ratings says besides its raters' ids."""

HABITS = Panel(slope=0.15, drift=0.3, cannot_judge=0.02)
"""Raters with the usual faults."""


def simulated_ratings(
    process_ids: Sequence[str],
    rubric: Rubric,
    panel: Panel,
    *,
    raters: int,
    each: int,
    calibration: int,
    repeats: float,
    seed: int,
    start: str,
) -> list[Rating]:
    """Rows of `ratings.parquet` for a collection; the same arguments give the same rows.

    Args:
        process_ids: of the collection, sorted.
        each: raters a process.
        calibration: how many processes all raters rate.
        repeats: share of the others that raters see again.
        start: UTC time of the first rating, ISO 8601.

    Raises:
        ConfigError: more raters a process than there are, or more calibration items than processes.
    """
    if not 1 <= each <= raters:
        raise ConfigError(f"{each} of {raters} raters cannot rate each process.", "Let --each be from 1 to --raters.")
    if not 0 <= calibration <= len(process_ids):
        raise ConfigError(f"{calibration} calibration items of {len(process_ids)} processes.", "Give a smaller --calibration.")
    rng = np.random.default_rng(seed)
    plan = allocate(len(process_ids), raters, each, calibration=calibration, repeats=repeats, rng=rng)
    scores, _ = simulate(plan, panel, rubric.scales, rng)
    seconds = MEDIAN_SECONDS * np.exp(rng.normal(0, _SPREAD_OF_LOG_SECONDS, len(scores)))
    moments = _moments(plan.raters, seconds, start)
    return [
        {
            "process_id": process_ids[plan.items[row]],
            "rater_id": f"{SIMULATED}{plan.raters[row] + 1:02}",
            "rubric": rubric.id,
            "rubric_version": rubric.version,
            "replicate": int(plan.replicates[row]),
            "kind": str(plan.kinds[row]),
            **_scores(rubric, scores[row]),
            "critique": None,
            "active_ms": round(1000 * seconds[row]),
            "created_at": moments[row],
            "revision": 0,
        }
        for row in range(len(scores))
    ]


def settings_hash(panel: Panel, settings: Mapping[str, Any]) -> str:
    """What stands for the settings in the file."""
    return config_hash(canonical_json(asdict(panel) | dict(settings)))


def _scores(rubric: Rubric, values: np.ndarray) -> dict[str, int | None]:
    return {name: None if np.isnan(one) else int(one) for name, one in zip(rubric.attribute_ids, values, strict=True)}


def _moments(raters: np.ndarray, seconds: np.ndarray, start: str) -> list[str]:
    """When each rating was submitted, if every rater works without a break from the start on."""
    began, result = datetime.fromisoformat(start), [""] * len(raters)
    for rater in np.unique(raters):
        rows = np.flatnonzero(raters == rater)
        for row, passed in zip(rows, np.cumsum(seconds[rows]), strict=True):
            result[row] = (began + timedelta(seconds=int(passed))).strftime("%Y-%m-%dT%H:%M:%SZ")
    return result
