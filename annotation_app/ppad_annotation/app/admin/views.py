"""What the board shows, as HTML: figures of the service and of the statistics, put into templates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ppad_annotation.app.admin.agreement import Computed
from ppad_annotation.app.guidance import shown_rubric
from ppad_annotation.app.messages import messages
from ppad_annotation.app.templates import page
from ppad_annotation.service import board
from ppad_annotation.service.calibration import departures
from ppad_annotation.service.campaigns import campaign
from ppad_annotation.service.database import Database
from ppad_annotation.service.preference import tally

Json = dict[str, Any]
DAYS = 30
"""Days of the pace that are drawn."""
REACH = 3
"""Points from the middle of the line of differences to its ends."""
_CURVE = (120, 32)
"""Width and height of a drift curve."""


def overview(db: Database, language: str, now: datetime) -> str:
    """Coverage and pace."""
    cover, pace = board.coverage(db), board.pace(db, now)
    days = list(pace.by_day.items())[-DAYS:]
    most = max((count for _, count in days), default=1)
    frozen = campaign(db)
    return page(
        "admin/overview.html",
        language,
        campaign=frozen,
        title=shown_rubric(frozen, language)["title"],
        cover=cover,
        pace=pace,
        days=days,
        most=most,
        votes=tally(db) if frozen.config.mode == "preference" else (),
    )


def raters(db: Database, language: str, now: datetime, computed: Computed | None) -> str:
    """One line a rater: work, and habits where they are computed; then how far each is from the experts."""
    return page(
        "admin/raters.html",
        language,
        raters=board.rater_facts(db, now),
        habits=_by_id(computed),
        curve=curve,
        experts=departures(db),
        names=_names(db, language),
        reach=REACH,
        place=_place,
        signed=signed,
    )


def agreement(db: Database, language: str, computed: Computed | None) -> str:
    """Reliability of each attribute with intervals, and who stands out."""
    return page("admin/agreement.html", language, computed=computed, names=_names(db, language), share=_share)


def problems(db: Database, language: str) -> str:
    """Flags that wait for an answer, with the pictures, and skipped items."""

    def in_words(reason: str) -> str:
        code, *text = reason.split(": ", 1)
        return ": ".join([messages(language).get(f"reason.{code}", code), *text])

    return page("admin/problems.html", language, flags=board.flags(db), skips=board.skips(db)[:50], in_words=in_words)


def leases(db: Database, language: str, now: datetime) -> str:
    """Items in raters' hands."""
    return page("admin/leases.html", language, leases=board.leases(db), now=now)


def exclusions(db: Database, language: str) -> str:
    """Decisions to leave ratings out, in force and revoked."""
    return page("admin/exclusions.html", language, decisions=board.exclusions(db))


def disputed(db: Database, language: str, found: Sequence[Json]) -> str:
    """Items on which raters differ most, with what each said."""
    names = shown_rubric(campaign(db), language)["attributes"]
    return page("admin/disputed.html", language, items=found, attributes=names)


def told(text: str) -> str:
    """What came of an action, for eyes and screen readers."""
    return page("admin/told.html", "en", text=text)


def curve(points: Sequence[Sequence[float | None]], reach: float = 2.0) -> str:
    """A rater's level over their work as the points of an SVG line; `reach` points up and down fill the height."""
    width, height = _CURVE
    known = [(x, y) for x, y, *_ in points if x is not None and y is not None]
    return " ".join(f"{x * width:.1f},{height / 2 * (1 - max(-1.0, min(1.0, y / reach))):.1f}" for x, y in known)


def signed(points: float) -> str:
    """A difference with its sign, one decimal; what rounds to nothing has none."""
    return f"{points:+.1f}".replace("-", "−") if abs(points) >= 0.05 else "0.0"


def _names(db: Database, language: str) -> dict[str, str]:
    return {attribute["id"]: attribute["name"] for attribute in shown_rubric(campaign(db), language)["attributes"]}


def _place(points: float) -> float:
    """A difference as a place on a line that has 0 in its middle, percent."""
    return 50 * (1 + max(-1.0, min(1.0, points / REACH)))


def _share(value: float | None) -> float:
    """A figure between 0 and 1 as a place on a line, percent."""
    return 100 * max(0.0, min(1.0, value if value is not None else 0.0))


def _by_id(computed: Computed | None) -> dict[str, Json]:
    if computed is None or computed.findings is None:
        return {}
    return {one["id"]: one for one in computed.findings["raters"]}
