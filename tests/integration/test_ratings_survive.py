"""A process that is killed while raters work: what was acknowledged is there, once, and the plan holds."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.campaigns import add_raters, begin
from fixtures.postgresql import fresh_database, memory_folder
from ppad_annotation.service import board
from ppad_annotation.service.checking import check
from ppad_annotation.service.database import Database
from ppad_annotation.service.exporting import rating_events

KILLS = 4
SCRIPT = Path(__file__).parents[1] / "fixtures" / "rating_process.py"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[tuple[str, Path]]:
    """A database's URL and a folder."""
    with tempfile.TemporaryDirectory(dir=memory_folder()) as name:
        if request.param == "sqlite":
            yield f"sqlite:///{name}/campaign.sqlite", Path(name)
        else:
            yield fresh_database(request.getfixturevalue("postgresql_server")), Path(name)


def test_killed_at_any_moment_no_acknowledged_rating_is_lost_and_none_counts_twice(url: tuple[str, Path]) -> None:
    address, folder = url
    db = begin(Database.open(address, folder / "media"), folder, items=100, raters_per_item=3, repeats=0.05, repeat_gap=3)
    raters = add_raters(db, 5)
    journal = folder / "acknowledged"
    journal.touch()
    chance = random.Random(0)
    for _ in range(KILLS):
        before = len(journal.read_text().splitlines())
        command = [sys.executable, str(SCRIPT), address, str(folder / "media"), str(journal), *raters]
        with subprocess.Popen(command) as process:
            while len(journal.read_text().splitlines()) < before + 5:
                assert process.poll() is None
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.1))
            process.kill()
        acknowledged = [line for line in journal.read_text().splitlines() if len(line) == 36]
        stored = [event["event_id"] for event in rating_events(db)]
        assert len(set(stored)) == len(stored)
        assert set(acknowledged) <= set(stored)
        # What was on its way when the process died: at most one call a rater, each time.
        assert len(stored) - len(acknowledged) <= len(raters) * KILLS
        assert check(db).problems == []
    cover = board.coverage(db)
    assert cover.slots == 300 and cover.filled + cover.held + cover.open == 300
    db.close()
