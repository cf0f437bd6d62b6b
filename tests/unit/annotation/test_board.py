"""What leaves the service: progress, the board, exports, flags, exclusions, extensions."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from fixtures.campaigns import NOON, add_raters, answer, at, begin, claimed, process_of, rate
from ppad.errors import ConfigError, InvalidFormError, NotAllowedError, NotFoundError
from ppad.rubric import load_rubric
from ppad.schema import check_rating_rows, rating_events_schema, ratings_schema
from ppad.schema.ratings import rating_columns
from ppad_annotation.app.admin import views
from ppad_annotation.service import board
from ppad_annotation.service.calibration import departures
from ppad_annotation.service.checking import check
from ppad_annotation.service.database import Database
from ppad_annotation.service.exclusions import exclude_rater, exclude_ratings, revoke_exclusion
from ppad_annotation.service.exporting import current_ratings, exclusions, rating_events
from ppad_annotation.service.extending import extend
from ppad_annotation.service.flags import flag, resolve_flag
from ppad_annotation.service.progress import continuous_work, quartiles
from ppad_annotation.service.queue import Done, claim
from ppad_annotation.service.ratings import submit
from ppad_annotation.service.references import Reference
from ppad_annotation.standard_errors import standard_errors

RUBRIC = load_rubric("ppad-8")


def test_an_estimate_comes_from_the_raters_own_recent_times_and_bears_a_coffee_break(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=10, raters_per_item=1)
    (ada,) = add_raters(db, 1)
    for minute, seconds in enumerate((60, 70, 80, 90)):
        rate(db, ada, at(minute), active_ms=seconds * 1000)
    assert claimed(db, ada, at(4)).progress.eta_s is None
    rate(db, ada, at(4), active_ms=3_600_000)
    seen = claimed(db, ada, at(5)).progress
    assert (seen.done, seen.left) == (5, 5)
    assert seen.eta_s == 5 * 80
    assert seen.eta_range_s == (5 * 70, 5 * 90)


def test_repeats_and_gold_items_are_part_of_what_is_left(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=20, raters_per_item=1, repeats=0.2)
    (ada,) = add_raters(db, 1)
    assert claimed(db, ada).progress.left == 25


def test_quartiles_need_five_times() -> None:
    assert quartiles([1, 2, 3, 4]) is None
    assert quartiles([1, 2, 3, 4, 1000]) == (2, 3, 4)


def test_work_counts_from_the_last_pause_of_ten_minutes() -> None:
    times = [NOON - timedelta(minutes=minute) for minute in (2, 9, 15, 40, 41)]
    assert continuous_work(times, NOON) == timedelta(minutes=15)
    assert continuous_work([], NOON) == timedelta(0)
    assert continuous_work([NOON - timedelta(hours=1)], NOON) == timedelta(0)


def test_a_break_is_suggested_after_long_work_and_not_after_one(sqlite_db: Database, folder: Path) -> None:
    db = begin(sqlite_db, folder, items=12, raters_per_item=1, break_minutes=45)
    (ada,) = add_raters(db, 1)
    for minute in range(0, 46, 9):
        rate(db, ada, at(minute))
    assert claimed(db, ada, at(44)).progress.break_due is False
    assert claimed(db, ada, at(46)).progress.break_due is True
    assert claimed(db, ada, at(60)).progress.break_due is False


def test_coverage_counts_items_slots_and_ratings(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=4, raters_per_item=2, calibration=1)
    ada, bob, cy = add_raters(db, 3)
    for person in (ada, bob):
        for minute in range(4):
            rate(db, person, at(minute))
    claimed(db, cy)
    cover = board.coverage(db)
    assert (cover.items, cover.complete, cover.items_by_ratings) == (3, 3, {2: 3})
    assert (cover.slots, cover.filled, cover.held, cover.open) == (6, 6, 0, 0)
    assert (cover.ratings, cover.ratings_by_kind) == (8, {"calibration": 2, "main": 6})
    (lease,) = board.leases(db)
    assert (lease.rater_id, lease.kind, lease.until) == (cy, "calibration", at(30))


def test_items_that_nobody_is_left_to_rate_are_counted(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=2, raters_per_item=3)
    for person in add_raters(db, 2):
        for minute in range(2):
            rate(db, person, at(minute))
    assert (board.coverage(db).open, board.coverage(db).blocked) == (2, 2)


def test_pace_is_that_of_the_last_week(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=20, raters_per_item=1)
    (ada,) = add_raters(db, 1)
    for day in (0, 0, 8, 9, 9):
        rate(db, ada, at(days=day))
    seen = board.pace(db, at(days=10))
    assert seen.by_day == {"2026-03-02": 2, "2026-03-10": 1, "2026-03-11": 2}
    assert seen.per_day == 3 / 7
    assert seen.finished_at == at(days=10) + timedelta(days=15 / (3 / 7))


def test_facts_of_raters_are_for_the_admin(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=8, raters_per_item=1)
    ada, bob = add_raters(db, 2)
    for minute in range(5):
        rate(db, ada, at(minute), score=None if minute == 0 else 7, active_ms=(minute + 1) * 1000)
    one, other = board.rater_facts(db, at(days=1))
    assert (one.id, one.done, one.last_week, one.median_s, one.cannot_judge) == (ada, 5, 5, 3.0, 0.2)
    assert (other.id, other.done, other.median_s, other.cannot_judge, other.last_seen_at) == (bob, 0, None, 0, None)


def test_the_board_shows_how_far_raters_are_from_the_experts(sqlite_db: Database, folder: Path) -> None:
    experts = {f"drawn-{number:012x}": Reference("calibration", {"consistency": 4.0}, None) for number in range(3)}
    db = begin(sqlite_db, folder, items=4, references=experts)
    ada, bob = add_raters(db, 2)
    for minute, score in enumerate((5, 6, 7)):
        rate(db, ada, at(minute), score=score)
    rate(db, bob, at(9), score=None)  # cannot judge: nothing to compare
    (found,) = departures(db)
    assert (found.rater_id, found.items, found.size, found.attributes) == (ada, 3, 2.0, {"consistency": 2.0})
    reach = 4.3027 / 3**0.5  # Student's t with two degrees of freedom, standard deviation 1
    assert [found.mean.low, found.mean.high] == pytest.approx([2 - reach, 2 + reach], abs=1e-4)
    shown = views.raters(db, "en", at(9), None)
    assert "(−0.5 … +4.5)" in shown
    assert "<strong>+2.0</strong>" in shown


def test_a_difference_has_its_sign_unless_it_rounds_to_nothing() -> None:
    assert [views.signed(points) for points in (1.25, -0.06, -0.04)] == ["+1.2", "−0.1", "0.0"]


def test_exports_keep_the_data_contract(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=3, raters_per_item=2)
    for person in add_raters(db, 2):
        for minute in range(3):
            event = rate(db, person, at(minute), critique="Calm.")
    submit(db, answer(db, event.assignment_id, 4, prev_event=event.event_id), person, at(9))
    rows, events = list(current_ratings(db)), list(rating_events(db))
    assert (len(rows), len(events)) == (6, 7)
    assert check_rating_rows(rows, rating_columns(RUBRIC.attribute_ids), RUBRIC.scales, "ratings") == []
    table = pa.Table.from_pylist(rows, schema=ratings_schema(RUBRIC.attribute_ids))
    assert table["consistency"].to_pylist().count(4) == 1
    history = pa.Table.from_pylist(events, schema=rating_events_schema(RUBRIC.attribute_ids))
    assert history["event_type"].to_pylist() == ["submit"] * 6 + ["revise"]
    assert "login" not in str(rows) and "rater-0000" in str(rows)


def test_a_flag_is_seen_and_answered(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=2)
    ada, bob = add_raters(db, 2)
    mine = claimed(db, ada)
    with pytest.raises(NotAllowedError):
        flag(db, mine.id, bob, "frames", "", at())
    with pytest.raises(InvalidFormError):
        flag(db, mine.id, ada, "boring", "", at())
    with pytest.raises(InvalidFormError):
        flag(db, mine.id, ada, "other", "\x00", at())
    name = flag(db, mine.id, ada, "frames", " Frame 2 is black. ", at(1))
    (seen,) = board.flags(db)
    assert (seen.id, seen.rater_id, seen.reason, seen.text) == (name, ada, "frames", "Frame 2 is black.")
    resolve_flag(db, name, "It was night.", "boss", at(2))
    assert board.flags(db) == []
    assert board.flags(db, resolved=True)[0].resolution == "It was night."
    with pytest.raises(NotFoundError):
        resolve_flag(db, "no-such-flag", "x", "boss", at(3))


def test_ratings_are_left_out_by_a_recorded_decision_only_and_come_back_with_it(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=2, raters_per_item=2)
    ada, bob = add_raters(db, 2)
    events = {person: [rate(db, person, at(minute)) for minute in range(2)] for person in (ada, bob)}
    with pytest.raises(ConfigError, match="needs a reason"):
        exclude_rater(db, ada, " ", "boss", at())
    with pytest.raises(NotFoundError):
        exclude_rater(db, "rater-nobody", "x", "boss", at())
    first = exclude_rater(db, ada, "Rated without looking.", "boss", at(5))
    wrong = process_of(db, events[bob][0].assignment_id)
    with pytest.raises(NotFoundError, match="has not rated nothing"):
        exclude_ratings(db, bob, "nothing", "x", "boss", at())
    exclude_ratings(db, bob, wrong, "Wrong picture.", "boss", at(6))
    assert [row["rater_id"] for row in current_ratings(db)] == [bob]
    assert len(list(current_ratings(db, with_excluded=True))) == len(list(rating_events(db))) == 4
    assert [one.excluded for one in board.rater_facts(db, at(7))] == [True, False]
    assert [(row["rater_id"], row["process_id"], row["reason"]) for row in exclusions(db)] == [
        (ada, None, "Rated without looking."),
        (bob, wrong, "Wrong picture."),
    ]
    revoke_exclusion(db, first, "boss", at(8))
    assert len(list(current_ratings(db))) == 3
    assert [(one.rater_id, one.process_id, one.reason, one.revoked_at) for one in board.exclusions(db)] == [
        (ada, None, "Rated without looking.", at(8)),
        (bob, wrong, "Wrong picture.", None),
    ]
    with pytest.raises(NotFoundError):
        revoke_exclusion(db, first, "boss", at(9))


def test_what_an_exclusion_opens_is_rated_by_others(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=2, raters_per_item=1)
    ada, bob = add_raters(db, 2)
    for minute in range(2):
        rate(db, ada, at(minute))
    assert isinstance(claim(db, bob, at(2)), Done)
    exclude_rater(db, ada, "Rated without looking.", "boss", at(3), replace=True)
    for minute in (4, 5):
        rate(db, bob, at(minute))
    assert [row["rater_id"] for row in current_ratings(db)] == [bob, bob]
    assert isinstance(claim(db, ada, at(6)), Done)
    assert check(db).problems == []


def test_an_extension_asks_for_more_where_raters_disagree(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=8, raters_per_item=2, extra_budget=3, max_raters_per_item=4)
    people = add_raters(db, 3)
    torn = ""
    for person, shift in zip(people[:2], (0, 4), strict=True):
        for minute in range(8):
            mine = claimed(db, person, at(minute))
            name = process_of(db, mine.id)
            torn = torn or name
            submit(db, answer(db, mine, 3 + (shift if name == torn else int(name[-1], 16) % 3)), person, at(minute))
    errors = standard_errors(db)
    assert max(errors, key=lambda name: errors[name]) == torn
    planned = extend(db, errors, 2, at(20), dry_run=True)
    assert isinstance(claim(db, people[2], at(21)), Done)
    found = extend(db, errors, 2, at(22))
    assert found == planned
    assert found.ratings[torn] >= 1 and found.left == 1
    rate(db, people[2], at(23))
    assert [row["kind"] for row in current_ratings(db)].count("extra") == 1
    with pytest.raises(ConfigError, match="of which 2 are given"):
        extend(db, errors, 2, at(24))
    assert check(db).problems == []


def test_items_that_are_not_finished_get_no_extra_ratings(sqlite_db: Database, folder: Path) -> None:
    db = begin(sqlite_db, folder, items=2, raters_per_item=2, extra_budget=10)
    (ada,) = add_raters(db, 1)
    rate(db, ada)
    assert extend(db, {"drawn-000000000000": 1.0, "drawn-000000000001": 1.0, "unknown": 9.0}, 5, at()).ratings == {}
