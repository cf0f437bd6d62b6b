"""What `ppad annotate status` says."""

from __future__ import annotations

import math
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from ppad_annotation.service import board
from ppad_annotation.service.calibration import departures
from ppad_annotation.service.campaigns import campaign
from ppad_annotation.service.checking import Health
from ppad_annotation.service.database import Database
from ppad_annotation.service.preference import tally


def status_of(db: Database, now: datetime, health: Health | None) -> dict[str, Any]:
    """The state of a campaign as JSON values."""
    frozen = campaign(db)
    found = {
        "campaign": frozen.id,
        "mode": frozen.config.mode,
        "raters_per_item": frozen.config.raters_per_item,
        "rubric": f"{frozen.rubric.id} version {frozen.rubric.version}",
        "coverage": asdict(board.coverage(db)),
        "pace": asdict(board.pace(db, now)),
        "raters": [asdict(facts) for facts in board.rater_facts(db, now)],
        "departures": [asdict(one) for one in departures(db)],
        "leases": len(board.leases(db)),
        "flags": len(board.flags(db)),
        "skips": len(board.skips(db)),
        "exclusions": sum(one.revoked_at is None for one in board.exclusions(db)),
        "tally": [asdict(one) for one in tally(db)] if frozen.config.mode == "preference" else None,
        "health": None if health is None else asdict(health),
    }
    return _plain(found)


def print_status(found: dict[str, Any]) -> None:
    """The state of a campaign for people."""
    console = Console(highlight=False)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, value in _lines(found):
        table.add_row(name, value)
    console.print(table)
    if found["raters"]:
        console.print(_raters(found["raters"]))
    for one in found["tally"] or ():
        shares = ", ".join(
            f"{one.get(name, name)} {share['value']:.0%} ({share['low']:.0%}–{share['high']:.0%})"
            for name, share in one["shares"].items()
        )
        console.print(f"{one['a']} against {one['b']}, {one['processes']} processes, {one['raters']} raters: {shares}")


def _lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    cover, pace = found["coverage"], found["pace"]
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in cover["ratings_by_kind"].items())
    lines = [
        ("rubric", f"{found['rubric']}, {found['mode']}"),
        ("items", f"{cover['complete']:,} of {cover['items']:,} complete"),
        ("slots", f"{cover['filled']:,} of {cover['slots']:,} filled, {cover['held']} in raters' hands, {cover['open']:,} open"),
        ("ratings", ": ".join(filter(None, (f"{cover['ratings']:,}", kinds)))),
        ("pace", f"{pace['per_day']:.1f} a day, done {pace['finished_at'][:10] if pace['finished_at'] else 'at no known time'}"),
        ("open matters", f"{found['flags']} flags, {found['skips']} skipped, {found['exclusions']} exclusions in force"),
    ]
    active = sum(not one["disabled"] for one in found["raters"])
    if active < found["raters_per_item"]:
        lines.append(("too few raters", f"{active}, and each item asks for {found['raters_per_item']}: add raters"))
    if cover["blocked"]:
        lines.append(("blocked", f"{cover['blocked']} items have open slots, but every rater has been given them: add raters"))
    if found["health"] is not None:
        problems = found["health"]["problems"]
        chain = found["health"]["chain"]
        words = "; ".join(problems) if problems else "every hash and count is right"
        lines.append(("history", f"{chain['events']:,} events: {words}"))
    return lines


def _raters(raters: list[dict[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("rater", "login", "rated", "last week", "median s", "skipped", "last seen", ""):
        table.add_column(title, justify="left" if title in ("rater", "login", "") else "right")
    for one in raters:
        notes = [name for name in ("disabled", "excluded") if one[name]]
        middle = f"{one['median_s']:.0f}" if one["median_s"] else "–"
        seen = one["last_seen_at"][:16].replace("T", " ") if one["last_seen_at"] else "never"
        counts = [str(one[name]) for name in ("done", "last_week")]
        table.add_row(one["id"], one["login"], *counts, middle, str(one["skipped"]), seen, ", ".join(notes))
    return table


def _plain(value: Any) -> Any:
    """Times as text and what is not known as null, so that all is JSON."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.isoformat() if isinstance(value, datetime) else value
