"""The server is killed while raters work; `benchmarks.annotate` does the same a hundred times."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from benchmarks.annotate_clients import PASSWORD
from benchmarks.annotate_kills import kill_while_rating
from benchmarks.annotate_server import free_port, servers
from fixtures.served import begin_served
from ppad_annotation.service.raters import add_rater, set_disabled


def test_three_kills_under_load_lose_nothing_double_nothing_and_leave_nothing_stuck(tmp_path: Path) -> None:
    folder = tmp_path / "campaign"
    db = begin_served(folder, items=30, raters_per_item=3, repeats=0.05, repeat_gap=5, balanced=True)
    logins = [f"rater{number}" for number in range(5)]
    for login in logins:
        add_rater(db, login, PASSWORD, "rater", datetime.now(UTC))
    for idle in ("ada", "ben", "cleo"):
        set_disabled(db, idle, True, datetime.now(UTC))
    with servers(folder, free_port()) as running:
        running.start()
        found = kill_while_rating(running, db, logins, 3, tmp_path)
    db.close()
    assert (found.kills, found.lost, found.duplicates, found.unasked, found.over_assigned, found.stuck) == (3, 0, 0, 0, 0, 0)
    assert found.chain_intact
    assert found.acknowledged >= 90
