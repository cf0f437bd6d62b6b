"""How far a rater is, how long the rest will take, and when a break is due."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ScalarSelect, func, select

from ppad_annotation.service.config import CampaignConfig
from ppad_annotation.service.shares import Shares
from ppad_annotation.service.slots import PLANNED
from ppad_annotation.service.tables import HELD, Assignment, Item, Rater, RatingEvent

_RECENT = 60
_ENOUGH = 5
"""Own times needed before an estimate is given: fewer would promise what nobody knows."""
_PAUSE = timedelta(minutes=10)
"""Without a rating for so long, a rater has had a break."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a rater stands.

    Attributes:
        done: ratings that stand.
        left: items still to come, repeats and gold items among them.
        in_calibration: whether the calibration block is still going on.
        eta_s: working time for what is left, seconds, by the rater's own recent pace; None until there is one.
        eta_range_s: the same by the quicker and the slower quarter of the recent items.
        break_due: whether it is time for a break.
        worked_s: seconds since the last break.
    """

    done: int
    left: int
    in_calibration: bool
    eta_s: float | None
    eta_range_s: tuple[float, float] | None
    break_due: bool
    worked_s: float


def progress(shares: Shares) -> Progress:
    """Where a rater stands, from own numbers alone."""
    session, config, rater, now = shares.session, shares.config, shares.rater, shares.now
    recent = session.execute(
        select(RatingEvent.active_ms, RatingEvent.created_at, RatingEvent.event_type)
        .where(RatingEvent.rater_id == rater.id)
        .order_by(RatingEvent.seq.desc())
        .limit(_RECENT)
    ).all()
    calibration, held = session.execute(select(_calibration_left(rater), _held(rater))).one()
    left = items_left(shares.left() + held, config) + calibration
    times = [ms / 1000 for ms, _, kind in recent if ms and kind == "submit"]
    worked = continuous_work([at for _, at, _ in recent], now)
    pace = quartiles(times)
    return Progress(
        done=rater.done,
        left=left,
        in_calibration=calibration > 0,
        eta_s=None if pace is None else pace[1] * left,
        eta_range_s=None if pace is None else (pace[0] * left, pace[2] * left),
        break_due=worked >= timedelta(minutes=config.break_minutes),
        worked_s=worked.total_seconds(),
    )


def quartiles(times_s: Sequence[float]) -> tuple[float, float, float] | None:
    """Lower quartile, median and upper quartile; None for fewer than five times. A coffee left standing moves none far."""
    if len(times_s) < _ENOUGH:
        return None
    low, middle, high = statistics.quantiles(times_s, n=4, method="inclusive")
    return low, middle, high


def continuous_work(times: Sequence[datetime], now: datetime) -> timedelta:
    """How long someone has worked without a break.

    Args:
        times: of the last ratings, newest first.
    """
    start = now
    for later, earlier in itertools.pairwise([now, *times]):
        if abs(later - earlier) > _PAUSE:  # either way: the clock may have been set back meanwhile
            break
        start = earlier
    return now - start


def items_left(planned: int, config: CampaignConfig) -> int:
    """Items until so many planned ones are done: repeats and gold items come on top."""
    return round(planned / max(0.1, 1 - config.repeats - config.gold))


def _calibration_left(rater: Rater) -> ScalarSelect[int]:
    seen = select(Assignment.id).where(
        Assignment.item_id == Item.id, Assignment.rater_id == rater.id, Assignment.state.in_(("submitted", "skipped"))
    )
    return select(func.count()).where(Item.role == "calibration", ~seen.exists()).scalar_subquery()


def _held(rater: Rater) -> ScalarSelect[int]:
    held = select(func.count()).where(Assignment.rater_id == rater.id, Assignment.state.in_(HELD), Assignment.kind.in_(PLANNED))
    return held.scalar_subquery()
