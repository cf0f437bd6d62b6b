"""Ratings: stored once, changed in one line, never overwritten."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from fixtures.campaigns import add_raters, answer, at, begin, claimed, rate
from ppad.errors import ChainError, ConflictError, InvalidFormError
from ppad_annotation.service.chain import rebuild_current, verify
from ppad_annotation.service.checking import check
from ppad_annotation.service.database import Database
from ppad_annotation.service.drafts import draft, save_draft
from ppad_annotation.service.exporting import current_ratings, rating_events
from ppad_annotation.service.queue import Done, claim
from ppad_annotation.service.ratings import submit, withdraw
from ppad_annotation.service.revisiting import own_ratings


def test_a_rating_is_stored_as_it_was_given(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1)
    (ada,) = add_raters(db, 1)
    pins = ({"attribute": "consistency", "frame": 1, "box": [0.1, 0.2, 0.3, 0.4], "note": "here"}, {"frame": 0})
    given = answer(db, claimed(db, ada), 6, critique="  Sure of hand. 稳 ", pins=pins, active_ms=71_000)
    event = submit(db, given, ada, at(3))
    assert (event.event_type, event.revision, event.critique) == ("submit", 0, "Sure of hand. 稳")
    assert event.scores == given.scores
    assert event.pins == [dict(pins[0]), {"frame": 0}]
    assert (event.active_ms, event.created_at) == (71_000, at(3))
    assert [one.event for one in own_ratings(db, ada, 5)] == [event]


def test_cannot_judge_is_not_a_score(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1)
    (ada,) = add_raters(db, 1)
    given = answer(db, claimed(db, ada), 6)
    scores = {**given.scores, "consistency": None}
    submit(db, answer(db, given.assignment_id, scores=scores, cannot_judge=("consistency",)), ada, at())
    (row,) = current_ratings(db)
    assert (row["consistency"], row["color_depth"]) == (None, 6)


def test_a_retry_gets_the_first_answer_and_is_stored_once(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1)
    (ada,) = add_raters(db, 1)
    given = answer(db, claimed(db, ada), 6, pins=({"frame": 1, "box": (0.0, 0.0, 1.0, 1.0)},))
    first = submit(db, given, ada, at(1))
    assert submit(db, given, ada, at(9)) == first
    assert verify(db).events == 1


def test_an_id_that_was_used_for_something_else_is_refused(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=2)
    ada, bob = add_raters(db, 2)
    given = answer(db, claimed(db, ada), 6)
    submit(db, given, ada, at(1))
    with pytest.raises(ConflictError):
        submit(db, answer(db, given.assignment_id, 7, event_id=given.event_id), ada, at(2))
    with pytest.raises(ConflictError):
        submit(db, answer(db, claimed(db, bob), 6, event_id=given.event_id), bob, at(3))
    with pytest.raises(ConflictError):
        withdraw(db, given.assignment_id, given.event_id, given.event_id, ada, at(4))
    assert verify(db).events == 1


def test_a_revision_replaces_the_rating_and_keeps_its_history(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1)
    (ada,) = add_raters(db, 1)
    first = rate(db, ada, at(0), score=5)
    second = submit(db, answer(db, first.assignment_id, 8, prev_event=first.event_id), ada, at(5))
    assert (second.event_type, second.revision) == ("revise", 1)
    (row,) = current_ratings(db)
    assert (row["consistency"], row["revision"], row["created_at"]) == (8, 1, "2026-03-02T12:00:00.000Z")
    assert [event["consistency"] for event in rating_events(db)] == [5, 8]
    assert check(db).problems == []


def test_of_two_changes_to_the_same_rating_the_second_is_refused(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1)
    (ada,) = add_raters(db, 1)
    first = rate(db, ada, at(0), score=5)
    submit(db, answer(db, first.assignment_id, 8, prev_event=first.event_id), ada, at(1))
    for stale in (first.event_id, None, str(uuid.uuid4())):
        with pytest.raises(ConflictError, match="changed elsewhere"):
            submit(db, answer(db, first.assignment_id, 2, prev_event=stale), ada, at(2))
    (row,) = current_ratings(db)
    assert row["consistency"] == 8


def test_a_first_rating_names_no_earlier_event(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1)
    (ada,) = add_raters(db, 1)
    with pytest.raises(ConflictError):
        submit(db, answer(db, claimed(db, ada), prev_event=str(uuid.uuid4())), ada, at())


def test_undo_brings_the_item_back_with_what_was_entered(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=2)
    (ada,) = add_raters(db, 1)
    event = rate(db, ada, at(0), score=5, critique="Too dark.")
    following = claimed(db, ada, at(1))
    withdraw(db, event.assignment_id, str(uuid.uuid4()), event.event_id, ada, at(2))
    assert list(current_ratings(db)) == []
    back = claimed(db, ada, at(3))
    assert back.id == event.assignment_id
    assert back.draft is not None
    assert back.draft["scores"] == event.scores
    assert back.draft["critique"] == "Too dark."
    assert not back.locked
    again = submit(db, answer(db, back, 6), ada, at(4))
    assert (again.event_type, again.revision) == ("revise", 2)
    assert claimed(db, ada, at(5)).id == following.id
    assert check(db).problems == []


def test_a_withdrawn_rating_that_is_left_lying_goes_to_others(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1, raters_per_item=1)
    ada, bob = add_raters(db, 2)
    event = rate(db, ada, at(0))
    undo = str(uuid.uuid4())
    first = withdraw(db, event.assignment_id, undo, event.event_id, ada, at(1))
    assert withdraw(db, event.assignment_id, undo, event.event_id, ada, at(1)) == first
    assert isinstance(claim(db, bob, at(20)), Done)
    rate(db, bob, at(40))
    assert [row["rater_id"] for row in current_ratings(db)] == [bob]
    assert check(db).problems == []


def test_nothing_can_be_withdrawn_twice_or_before_it_stands(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1)
    (ada,) = add_raters(db, 1)
    event = rate(db, ada)
    gone = withdraw(db, event.assignment_id, str(uuid.uuid4()), event.event_id, ada, at(1))
    with pytest.raises(ConflictError):
        withdraw(db, event.assignment_id, str(uuid.uuid4()), gone.event_id, ada, at(2))
    with pytest.raises(InvalidFormError):
        withdraw(db, event.assignment_id, "'; DROP TABLE rater; --", gone.event_id, ada, at(2))


def test_a_rating_replaces_its_draft(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1)
    (ada,) = add_raters(db, 1)
    mine = claimed(db, ada)
    assert draft(db, mine.id, ada) is None
    save_draft(db, mine.id, ada, {"scores": {}}, at(1))
    save_draft(db, mine.id, ada, {"scores": {"consistency": 3}, "full_pass": True}, at(2))
    assert draft(db, mine.id, ada) == ({"scores": {"consistency": 3}, "full_pass": True}, at(2))
    assert (mine.locked, claimed(db, ada, at(3)).locked) == (True, False)
    submit(db, answer(db, mine), ada, at(4))
    assert draft(db, mine.id, ada) is None


@pytest.mark.parametrize("body", [[1], {"x": float("nan")}, {"x": "y" * 300_000}, {"x": {1, 2}}])
def test_a_draft_that_cannot_be_kept_is_refused(sqlite_db: Database, folder: Path, body: Any) -> None:
    db = begin(sqlite_db, folder, items=1)
    (ada,) = add_raters(db, 1)
    mine = claimed(db, ada)
    with pytest.raises(InvalidFormError):
        save_draft(db, mine.id, ada, body, at())


LONG = "x" * 20_001


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"event_id": "1"}, "event_id is not a UUID"),
        ({"event_id": "A" * 36}, "event_id is not a UUID"),
        ({"prev_event": "x"}, "prev_event is not a UUID"),
        ({"scores": {"consistency": 11}}, "scores are missing"),
        ({"score": 11}, "consistency must be a whole number from 1 to 10"),
        ({"score": 0}, "color_depth must be a whole number from 1 to 10"),
        ({"score": True}, "must be a whole number"),
        ({"score": 7.0}, "must be a whole number"),
        ({"cannot_judge": ("consistency",)}, "'cannot judge'"),
        ({"score": None, "cannot_judge": ()}, "'cannot judge'"),
        ({"choice": "left"}, "preference mode"),
        ({"critique": LONG}, "plain text of at most"),
        ({"critique": "a\x00b"}, "plain text"),
        ({"critique": "\ud800"}, "plain text"),
        ({"active_ms": -1}, "active time"),
        ({"active_ms": 10**12}, "active time"),
        ({"full_pass": False}, "not all shown"),
        ({"pins": ({"frame": 3},)}, "pin 1 is malformed"),
        ({"pins": ({"frame": -1},)}, "pin 1 is malformed"),
        ({"pins": ({"frame": 0, "box": [0.5, 0, 0.6, 1]},)}, "pin 1 is malformed"),
        ({"pins": ({"frame": 0, "box": [0, 0, float("nan"), 1]},)}, "pin 1 is malformed"),
        ({"pins": ({"frame": 0, "attribute": "beauty"},)}, "pin 1 is malformed"),
        ({"pins": ({"frame": 0, "script": "x"},)}, "pin 1 is malformed"),
        ({"pins": ({"frame": 0},) * 65}, "more than 64 pins"),
    ],
)
def test_what_is_wrong_with_a_form_is_named_and_nothing_is_stored(
    sqlite_db: Database, folder: Path, changes: dict[str, Any], words: str
) -> None:
    db = begin(sqlite_db, folder, items=1)
    (ada,) = add_raters(db, 1)
    mine = claimed(db, ada)
    with pytest.raises(InvalidFormError, match=words):
        submit(db, answer(db, mine, **changes), ada, at())
    assert verify(db).events == 0
    submit(db, answer(db, mine), ada, at(1))


@pytest.mark.parametrize(
    ("setting", "critique", "refused"),
    [
        ("required", "   ", True),
        ("required", "Good.", False),
        ("off", "Good.", True),
        ("off", None, False),
        ("optional", None, False),
    ],
)
def test_a_critique_is_asked_for_as_the_campaign_says(
    sqlite_db: Database, folder: Path, setting: str, critique: str | None, refused: bool
) -> None:
    db = begin(sqlite_db, folder, items=1, critique=setting)
    (ada,) = add_raters(db, 1)
    given = answer(db, claimed(db, ada), critique=critique)
    if refused:
        with pytest.raises(InvalidFormError):
            submit(db, given, ada, at())
    else:
        submit(db, given, ada, at())


def without_triggers(db: Database) -> None:
    """What someone would do who wants to forge history from outside."""
    with db.write() as session:
        if db.is_sqlite:
            for name in ("rating_event_no_update", "rating_event_no_delete"):
                session.execute(text(f"DROP TRIGGER {name}"))
        else:
            session.execute(text("ALTER TABLE rating_event DISABLE TRIGGER USER"))


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE rating_event SET scores = replace(scores, '5', '9') WHERE seq = 2",
        "UPDATE rating_event SET rater_id = 'rater-00000001' WHERE seq = 1",
        "UPDATE rating_event SET critique = 'forged' WHERE seq = 3",
        "UPDATE rating_event SET hash = 'f' WHERE seq = 3",
        "UPDATE campaign SET chain_length = 2",
        "UPDATE campaign SET rubric = replace(rubric, 'How well', 'Does')",
        "UPDATE campaign SET guidance = replace(guidance, 'harbour', 'meadow')",
    ],
)
def test_a_forged_history_is_noticed(empty_db: Database, folder: Path, forgery: str) -> None:
    db = begin(empty_db, folder, items=3)
    ada, _ = add_raters(db, 2)
    for minute in range(3):
        rate(db, ada, at(minute), score=5)
    assert verify(db).events == 3
    without_triggers(db)
    with db.write() as session:
        session.execute(text(forgery))
    with pytest.raises(ChainError):
        verify(db)


def test_a_removed_last_event_is_noticed(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=2)
    (ada,) = add_raters(db, 1)
    for minute in range(2):
        rate(db, ada, at(minute))
    without_triggers(db)
    with db.write() as session:
        session.execute(text("DELETE FROM rating_current WHERE seq = 2"))
        session.execute(text("DELETE FROM rating_event WHERE seq = 2"))
    with pytest.raises(ChainError, match="ends after 1 of 2"):
        verify(db)


def test_current_ratings_can_be_derived_again(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=3)
    (ada,) = add_raters(db, 1)
    events = [rate(db, ada, at(minute)) for minute in range(3)]
    submit(db, answer(db, events[0].assignment_id, 9, prev_event=events[0].event_id), ada, at(4))
    withdraw(db, events[1].assignment_id, str(uuid.uuid4()), events[1].event_id, ada, at(5))
    before = list(current_ratings(db))
    with db.write() as session:
        session.execute(text("DELETE FROM rating_current"))
    with pytest.raises(ChainError, match="do not follow"):
        verify(db)
    assert rebuild_current(db) == 2
    assert list(current_ratings(db)) == before
    assert check(db).problems == []
