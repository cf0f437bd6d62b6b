"""The statistics of the board, computed beside the server: a process of their own, so that raters never wait for them."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ppad.agreement.estimates import Estimate
from ppad.schema import json_value
from ppad_annotation.app.admin.disputes import disputed_items
from ppad_annotation.app.clock import utc_now
from ppad_annotation.service.campaigns import campaign
from ppad_annotation.service.database import Database
from ppad_annotation.service.exporting import current_ratings

DRAWS = 200
"""Resamples for an interval on the board; the report of `ppad ratings agreement` takes more."""
LONGEST_S = 1800
_BINS = 8

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Computed:
    """The findings and when they were made.

    Attributes:
        error: why there are none; None where there are.
    """

    at: datetime
    findings: Json | None
    error: str | None


class Agreement:
    """Keeps the last findings and computes new ones when asked, one computation at a time."""

    def __init__(self, db: Database) -> None:
        self._where = json.dumps({"url": db.engine.url.render_as_string(hide_password=False), "media": str(db.media)})
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self.last: Computed | None = None

    def compute(self) -> Computed:
        """New findings; who asks while some are being made gets these."""
        asked = utc_now()
        with self._lock:
            if self.last is None or self.last.at < asked:
                findings, error = self._run()
                self.last = Computed(utc_now(), findings, error)
            return self.last

    def stop(self) -> None:
        """End a computation: the server stops."""
        process = self._process
        if process is not None:
            process.kill()

    def _run(self) -> tuple[Json | None, str | None]:
        command = [sys.executable, "-m", "ppad_annotation.app.admin.agreement"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, encoding="utf-8") as process:
            self._process = process
            try:
                out, err = process.communicate(self._where, timeout=LONGEST_S)
            except subprocess.TimeoutExpired:
                process.kill()
                return None, f"It took longer than {LONGEST_S // 60} minutes."
            finally:
                self._process = None
        if process.returncode:
            return None, err.strip().splitlines()[-1] if err.strip() else f"exit status {process.returncode}"
        return json_value(out), None


def findings_of(url: str, media: Path) -> Json:
    """The findings of a campaign as plain values; runs in its own process."""
    db = Database.open(url, media)
    try:
        rubric = campaign(db).rubric
        scales = {name: (rubric.scale_of(name).low, rubric.scale_of(name).high) for name in rubric.attribute_ids}
        return _found(list(current_ratings(db)), scales)
    finally:
        db.close()


def _found(rows: list[Json], scales: dict[str, tuple[int, int]]) -> Json:
    from ppad.agreement.campaign import Campaign
    from ppad_annotation.ratings.findings import attribute_findings, put_together

    ratings = Campaign.of(rows, scales)
    if not len(ratings.item):
        return {"ratings": 0, "attributes": [], "raters": [], "flags": [], "disputed": []}
    attributes = [attribute_findings(ratings, name, draws=DRAWS, seed=0) for name in scales]
    whole = put_together(ratings, attributes, seed=0)
    return {
        "ratings": len(ratings.item),
        "disputed": disputed_items(rows, list(scales)),
        "attributes": [_attribute(one) for one in attributes],
        "raters": [_rater(whole, number) for number in range(len(ratings.raters))],
        "flags": [
            {"rater": ratings.raters[flag.rater], "kind": flag.kind, "attribute": flag.attribute, "value": _number(flag.value)}
            for flag in whole.flags
        ],
    }


def _attribute(found: Any) -> Json:
    reliability = found.reliability
    return {
        "name": found.name,
        "scale": list(found.scale),
        "mean": _number(found.mean),
        "std": _number(found.std),
        "single": _estimate(reliability and reliability.single),
        "mean_reliability": _estimate(reliability and reliability.mean),
        "alpha": _estimate(found.ordinal),
        "icc": _estimate(found.icc.get("ICC(2,1)")),
        "retest": _estimate(found.repeats.reliability),
    }


def _rater(whole: Any, number: int) -> Json:
    """One rater over all attributes: means of what is known of each, and the course of the level."""
    import numpy as np

    from ppad.agreement.raters import drift_curve, order_of

    habits = [one.habits[number] for one in whole.attributes if one.habits[number] is not None]
    departures = np.stack([one.departures for one in whole.attributes], axis=1)
    mine = (whole.campaign.rater == number) & np.isfinite(departures).any(axis=1)
    level = np.array([np.nanmean(row) for row in departures[mine]])
    middles, means, errors = drift_curve(order_of(whole.campaign.when[mine]), level, _BINS)
    return {
        "id": whole.campaign.raters[number],
        "severity": _mean([one.severity.value for one in habits]),
        "agreement": _mean([one.agreement.value for one in habits]),
        "drift": _mean([one.drift.value for one in habits]),
        "curve": [[_number(x), _number(y), _number(error)] for x, y, error in zip(middles, means, errors, strict=True)],
    }


def _estimate(value: Estimate | None) -> Json | None:
    if value is None or not math.isfinite(value.value):
        return None
    return {"value": value.value, "low": _number(value.low), "high": _number(value.high)}


def _mean(values: list[float]) -> float | None:
    known = [value for value in values if math.isfinite(value)]
    return sum(known) / len(known) if known else None


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


if __name__ == "__main__":
    place = json_value(sys.stdin.read())  # by the input, because the address of a database may hold a password
    sys.stdout.write(json.dumps(findings_of(place["url"], Path(place["media"]))))
