"""The queue: who gets which item, for how long, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from fixtures.campaigns import add_raters, answer, at, begin, claimed, process_of, rate
from ppad.errors import ConflictError, InvalidFormError, NotAllowedError
from ppad_annotation.service import board
from ppad_annotation.service.checking import check
from ppad_annotation.service.database import Database
from ppad_annotation.service.drafts import save_draft
from ppad_annotation.service.queue import Done, claim, heartbeat, release, skip, upcoming
from ppad_annotation.service.ratings import submit
from ppad_annotation.service.tables import Assignment, Slot


def test_a_claim_gives_the_same_item_until_it_is_rated(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=3)
    (ada,) = add_raters(db, 1)
    first = claimed(db, ada)
    assert claimed(db, ada, at(5)).id == first.id
    rate(db, ada, at(6))
    assert claimed(db, ada, at(7)).id != first.id


def test_an_item_goes_to_as_many_raters_as_planned_and_no_more(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1, raters_per_item=2)
    people = add_raters(db, 3)
    assert len({claimed(db, person).id for person in people[:2]}) == 2
    last = claim(db, people[2], at())
    assert isinstance(last, Done)
    assert last.reason == "all"


def test_a_reserved_item_is_the_one_that_is_claimed_next(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=4)
    (ada,) = add_raters(db, 1)
    now = claimed(db, ada)
    reserved = upcoming(db, ada, at(1))
    assert reserved is not None
    assert reserved.id != now.id
    again = upcoming(db, ada, at(2))
    assert again is not None and again.id == reserved.id
    assert claimed(db, ada, at(2)).id == now.id
    submit(db, answer(db, now), ada, at(3))
    assert claimed(db, ada, at(3)).id == reserved.id


def test_nothing_is_reserved_where_nothing_is_left(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1)
    (ada,) = add_raters(db, 1)
    claimed(db, ada)
    assert upcoming(db, ada, at()) is None


def test_a_lease_that_runs_out_gives_the_item_to_others(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1, raters_per_item=1, lease_minutes=30)
    ada, bob = add_raters(db, 2)
    claimed(db, ada, at(0))
    assert isinstance(claim(db, bob, at(29)), Done)
    claimed(db, bob, at(31))


def test_a_heartbeat_keeps_the_item_and_the_reserved_one(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=2, raters_per_item=1, lease_minutes=30)
    ada, bob = add_raters(db, 2)
    mine = claimed(db, ada, at(0))
    upcoming(db, ada, at(0))
    assert heartbeat(db, mine.id, ada, at(20)) == at(50)
    assert isinstance(claim(db, bob, at(40)), Done)


def test_a_heartbeat_after_a_long_sleep_takes_the_item_up_again(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1, raters_per_item=1)
    ada, bob = add_raters(db, 2)
    mine = claimed(db, ada, at(0))
    release(db, mine.id, ada, at(40))
    assert heartbeat(db, mine.id, ada, at(50)) == at(80)
    assert isinstance(claim(db, bob, at(60)), Done)
    claimed(db, bob, at(100))
    assert heartbeat(db, mine.id, ada, at(101)) < at(101)  # too late: Bob has it
    assert check(db).problems == []


def test_a_rater_who_comes_back_goes_on_with_the_item_and_its_draft(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=3)
    (ada,) = add_raters(db, 1)
    mine = claimed(db, ada, at(0))
    save_draft(db, mine.id, ada, {"scores": {"consistency": 4}}, at(1))
    back = claimed(db, ada, at(600))
    assert back.id == mine.id
    assert back.draft == {"scores": {"consistency": 4}}
    assert check(db).problems == []


def test_a_rater_who_comes_back_too_late_gets_another_item(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=2, raters_per_item=1)
    ada, bob = add_raters(db, 2)
    mine = claimed(db, ada, at(0))
    taken = {process_of(db, rate(db, bob, at(minute)).assignment_id) for minute in (60, 61)}
    assert process_of(db, mine.id) in taken
    assert isinstance(claim(db, ada, at(62)), Done)


def test_a_late_rating_is_taken_and_fills_its_slot(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1, raters_per_item=1)
    ada, bob = add_raters(db, 2)
    mine = claimed(db, ada, at(0))
    claim(db, bob, at(31))  # the lease has run out, and the slot is in Bob's hands
    late = submit(db, answer(db, mine), ada, at(40))
    assert late.event_type == "submit"
    assert kinds(db) == {ada: "main", bob: "main"}
    rate(db, bob, at(41))
    assert kinds(db) == {ada: "main", bob: "extra"}  # kept beside the plan: nobody's work is thrown away
    assert filled(db) == 1
    assert check(db).problems == []


def test_a_late_rating_prefers_a_slot_that_nobody_holds(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1, raters_per_item=2)
    ada, bob = add_raters(db, 2)
    mine = claimed(db, ada, at(0))
    theirs = claimed(db, bob, at(31))
    submit(db, answer(db, mine), ada, at(32))
    submit(db, answer(db, theirs), bob, at(33))
    assert kinds(db) == {ada: "main", bob: "main"}
    assert filled(db) == 2


def test_a_rating_of_an_item_that_was_filled_meanwhile_is_kept_as_extra(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1, raters_per_item=1)
    ada, bob = add_raters(db, 2)
    mine = claimed(db, ada, at(0))
    rate(db, bob, at(31))
    submit(db, answer(db, mine), ada, at(600))
    assert kinds(db) == {ada: "extra", bob: "main"}
    assert check(db).problems == []


def test_a_skipped_item_goes_to_others_and_does_not_come_back(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1, raters_per_item=1)
    ada, bob = add_raters(db, 2)
    mine = claimed(db, ada)
    skip(db, mine.id, ada, "I know the painter.", at(1))
    skip(db, mine.id, ada, "I know the painter.", at(2))
    assert isinstance(claim(db, ada, at(3)), Done)
    assert process_of(db, claimed(db, bob, at(4)).id) == process_of(db, mine.id)
    assert [one.reason for one in board.skips(db)] == ["I know the painter."]


def test_a_skip_needs_a_reason_and_an_item_that_is_not_rated(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1)
    (ada,) = add_raters(db, 1)
    mine = claimed(db, ada)
    with pytest.raises(InvalidFormError):
        skip(db, mine.id, ada, "  ", at())
    with pytest.raises(InvalidFormError):
        skip(db, mine.id, ada, "a\x00b", at())
    submit(db, answer(db, mine), ada, at(1))
    with pytest.raises(ConflictError):
        skip(db, mine.id, ada, "Too late.", at(2))


def test_a_skipped_item_that_is_rated_after_all_counts(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1, raters_per_item=1)
    (ada,) = add_raters(db, 1)
    mine = claimed(db, ada)
    skip(db, mine.id, ada, "Not sure.", at(1))
    submit(db, answer(db, mine), ada, at(2))
    assert (filled(db), board.skips(db), check(db).problems) == (1, [], [])


def test_a_released_item_is_open_at_once(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1, raters_per_item=1)
    ada, bob = add_raters(db, 2)
    release(db, claimed(db, ada).id, ada, at(1))
    claimed(db, bob, at(1))


def test_an_item_of_another_rater_cannot_be_told_from_none(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=2)
    ada, bob = add_raters(db, 2)
    theirs = claimed(db, bob)
    messages = set()
    for assignment_id in (theirs.id, "A" * 22, "", "../etc", "x" * 500, "\x00" * 22, "ä" * 22):
        for call in (
            lambda name: heartbeat(db, name, ada, at()),
            lambda name: release(db, name, ada, at()),
            lambda name: skip(db, name, ada, "because", at()),
            lambda name: save_draft(db, name, ada, {}, at()),
            lambda name: submit(db, answer(db, name), ada, at()),
        ):
            with pytest.raises(NotAllowedError) as caught:
                call(assignment_id)
            messages.add(str(caught.value))
    assert len(messages) == 1
    assert claimed(db, bob).id == theirs.id


def test_admins_and_closed_accounts_get_no_items(empty_db: Database, folder: Path) -> None:
    from ppad_annotation.service.raters import set_disabled
    from ppad_annotation.service.tables import Rater

    db = begin(empty_db, folder, items=1)
    ada, bob = add_raters(db, 2)
    with db.write() as session:
        session.get_one(Rater, bob).role = "admin"
    set_disabled(db, ada, True, at())
    for person in (ada, bob, "nobody"):
        with pytest.raises(NotAllowedError):
            claim(db, person, at())


def test_the_same_seed_gives_a_rater_the_same_order(empty_db: Database, folder: Path) -> None:
    orders = []
    for name in ("one", "two"):
        db = begin(Database.open(f"sqlite:///{folder / name}.sqlite", folder / name), folder, items=8, seed=5)
        (ada,) = add_raters(db, 1)
        orders.append([process_of(db, rate(db, ada, at(number)).assignment_id) for number in range(8)])
        db.close()
    assert orders[0] == orders[1]
    assert orders[0] != sorted(orders[0])


def kinds(db: Database) -> dict[str, str]:
    """Kind of each rater's assignment, where each has one."""
    with db.read() as session:
        return dict(session.execute(select(Assignment.rater_id, Assignment.kind)).all())


def filled(db: Database) -> int:
    """Filled slots."""
    with db.read() as session:
        return session.scalar(select(func.count()).where(Slot.state == "filled")) or 0
