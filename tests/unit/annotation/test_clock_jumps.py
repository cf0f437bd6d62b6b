"""A machine's clock is set: back by a day, on by a year and back again. Nobody is locked out, nothing is stuck."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fixtures.campaigns import add_raters, add_real_rater, answer, at, begin, claimed, rate
from ppad_annotation.service import board
from ppad_annotation.service.backup import backup, read_manifest
from ppad_annotation.service.chain import verify
from ppad_annotation.service.checking import check
from ppad_annotation.service.database import Database
from ppad_annotation.service.exporting import rating_events
from ppad_annotation.service.progress import continuous_work
from ppad_annotation.service.queue import Done, claim, heartbeat, upcoming
from ppad_annotation.service.ratings import submit
from ppad_annotation.service.revisiting import own_ratings
from ppad_annotation.service.sessions import LockedOut, LoggedIn, check_login, session_of
from ppad_annotation.service.workspace import Workspace

YEAR = timedelta(days=365)
DAY = timedelta(days=1)
JUMPS = pytest.mark.parametrize("jump", [-DAY, YEAR], ids=["a day back", "a year on"])


@JUMPS
def test_a_rater_goes_on_with_the_item_and_no_rating_is_refused(sqlite_db: Database, folder: Path, jump: timedelta) -> None:
    db = begin(sqlite_db, folder, items=3, raters_per_item=1)
    ada, bob = add_raters(db, 2)
    mine = claimed(db, ada, at(0))
    upcoming(db, ada, at(0))
    assert claimed(db, ada, at(1) + jump).id == mine.id
    assert heartbeat(db, mine.id, ada, at(2) + jump) == at(32) + jump
    assert submit(db, answer(db, mine), ada, at(3) + jump).event_type == "submit"
    assert submit(db, answer(db, claimed(db, bob, at(4) + jump)), bob, at(5)).event_type == "submit"
    assert submit(db, answer(db, claimed(db, ada, at(6))), ada, at(7)).event_type == "submit"
    assert board.coverage(db).complete == 3
    assert check(db).problems == []
    assert verify(db).events == 3


def test_an_item_claimed_while_the_clock_ran_ahead_goes_to_others_after_a_lease(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1, raters_per_item=1, lease_minutes=30)
    ada, bob = add_raters(db, 2)
    claimed(db, ada, at(0) + YEAR)
    assert isinstance(claim(db, bob, at(1)), Done)
    assert [lease.until for lease in board.leases(db)] == [at(31)]
    assert isinstance(claim(db, bob, at(30)), Done)
    claimed(db, bob, at(32))
    assert check(db).problems == []


def test_the_order_of_what_was_said_is_that_in_which_it_was_said(sqlite_db: Database, folder: Path) -> None:
    db = begin(sqlite_db, folder, items=3)
    (ada,) = add_raters(db, 1)
    said = [rate(db, ada, moment).event_id for moment in (at(0), at(1) + YEAR, at(2) - DAY)]
    assert [event["event_id"] for event in rating_events(db)] == said
    assert [rating.event.event_id for rating in own_ratings(db, ada, 10)] == said[::-1]
    assert verify(db).events == 3


def test_who_was_seen_by_a_clock_that_ran_ahead_keeps_no_share_from_the_others(sqlite_db: Database, folder: Path) -> None:
    db = begin(sqlite_db, folder, items=4, raters_per_item=1, balanced=True)
    ada, bob = add_raters(db, 2, at(0) + YEAR)
    rate(db, bob, at(0))
    for minute in range(1, 4):
        rate(db, bob, at(minute))
    assert isinstance(claim(db, ada, at(5)), Done)


@JUMPS
def test_nobody_is_logged_out_by_a_clock_that_is_set_back_and_everybody_can_log_in_again(
    sqlite_db: Database, folder: Path, jump: timedelta
) -> None:
    db = begin(sqlite_db, folder, items=1)
    add_real_rater(db)
    found = check_login(db, "ada", "correct-horse-7", at(0))
    assert isinstance(found, LoggedIn)
    assert (session_of(db, found.token, at(1) + jump) is None) == (jump == YEAR)  # unused for a year, as far as can be known
    again = check_login(db, "ada", "correct-horse-7", at(2) + jump)
    assert isinstance(again, LoggedIn)
    assert session_of(db, again.token, at(3)) is not None


@JUMPS
def test_a_lock_after_wrong_passwords_does_not_outlast_a_jump_of_the_clock(
    sqlite_db: Database, folder: Path, jump: timedelta
) -> None:
    """The clock is wrong while a rater mistypes, and is mended."""
    db = begin(sqlite_db, folder, items=1)
    add_real_rater(db)
    for second in range(5):
        last = check_login(db, "ada", "wrong-password", at(0, seconds=second) + jump)
    assert last == LockedOut(30)
    assert check_login(db, "ada", "wrong-password", at(1)) in (None, LockedOut(60))
    found = check_login(db, "ada", "correct-horse-7", at(3))
    assert isinstance(found, LoggedIn)


def test_a_break_is_counted_from_work_whichever_way_the_clock_was_set() -> None:
    ahead = [at(4), at(2), at(0)]
    assert continuous_work(ahead, at(5)) == timedelta(minutes=5)
    assert continuous_work([moment + DAY for moment in ahead], at(5)) == timedelta(0)
    assert continuous_work([at(4), at(2), at(1) + YEAR, at(0) + YEAR], at(5)) == timedelta(minutes=3)


@JUMPS
def test_the_backup_that_was_just_made_is_kept_and_the_first_ones_go(sqlite_db: Database, folder: Path, jump: timedelta) -> None:
    workspace = Workspace(folder / "campaign")
    db = begin(workspace.make(), folder, items=1)
    moments = [at(0), at(1) + jump, at(2) + jump, at(3), at(4)]
    made = [backup(workspace, db, folder / "backups", moment, keep=2) for moment in moments]
    assert [path.exists() for path in made] == [False, False, False, True, True]
    assert [read_manifest(path).number for path in made[3:]] == [4, 5]
    db.close()
