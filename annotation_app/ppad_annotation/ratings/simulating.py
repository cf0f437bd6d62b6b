"""Ratings that nobody gave: drawn for a collection, to try a campaign's tools on, and saying of themselves what they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from ppad.agreement.simulation import Panel, allocate, simulate
from ppad.errors import ConfigError
from ppad.rubric import Rubric
from ppad.schema import SIMULATED, canonical_json, config_hash
from ppad.storage import Collection
from ppad.storage.ratings import Rating, write_ratings

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""When simulated raters begin: always then, so that the same settings give the same bytes."""

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
) -> list[Rating]:
    """Rows of `ratings.parquet` for a collection; the same arguments give the same rows.

    Args:
        process_ids: of the collection, sorted.
        each: raters a process.
        calibration: how many processes all raters rate.
        repeats: share of the others that raters see again.

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
    moments = _moments(plan.raters, seconds)
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


def write_simulated(out: Path, collections: Sequence[Path], rubric: Rubric, panel: Panel, settings: Mapping[str, Any]) -> int:
    """Write simulated ratings of all processes of the collections; returns their number.

    Args:
        settings: `raters`, `each`, `calibration`, `repeats` and `seed` of `simulated_ratings`.

    Raises:
        ConfigError: no collection is given, or the settings do not fit it.
        NotFoundError: a folder is not a collection.
        DiskFullError, NotWritableError: the place refuses.
    """
    process_ids = sorted({process_id for root in collections for process_id in Collection.open(root).ids()})
    if not process_ids:
        raise ConfigError("There is no process to rate.", "Name a collection with --collection.")
    rows = simulated_ratings(process_ids, rubric, panel, **settings)
    write_ratings(out, rows, rubric, config_hash(canonical_json(asdict(panel) | dict(settings))), METADATA)
    return len(rows)


def _scores(rubric: Rubric, values: np.ndarray) -> dict[str, int | None]:
    return {name: None if np.isnan(one) else int(one) for name, one in zip(rubric.attribute_ids, values, strict=True)}


def _moments(raters: np.ndarray, seconds: np.ndarray) -> list[str]:
    """When each rating was submitted, if every rater works without a break from the start on."""
    result = [""] * len(raters)
    for rater in np.unique(raters):
        rows = np.flatnonzero(raters == rater)
        for row, passed in zip(rows, np.cumsum(seconds[rows]), strict=True):
            result[row] = (START + timedelta(seconds=int(passed))).strftime("%Y-%m-%dT%H:%M:%SZ")
    return result
