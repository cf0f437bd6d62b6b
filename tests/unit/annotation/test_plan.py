"""The plan as raters live it: shares, calibration, repeats, gold, latecomers, absentees."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from fixtures.campaigns import add_raters, answer, at, begin, claimed, rate
from fixtures.postgresql import memory_folder
from ppad_annotation.service import board
from ppad_annotation.service.calibration import departures
from ppad_annotation.service.checking import check
from ppad_annotation.service.database import Database
from ppad_annotation.service.exporting import current_ratings
from ppad_annotation.service.queue import Done, claim
from ppad_annotation.service.ratings import submit
from ppad_annotation.service.references import Reference
from ppad_annotation.service.tables import Assignment, Rater


def work(db: Database, people: list[str], chance: random.Random, minute: int = 0) -> int:
    """Raters claim and rate in any order until nobody finds anything; each asks once more at the end. Ratings made."""
    made, idle = 0, set[str]()
    while len(idle) < len(people):
        person = chance.choice([one for one in people if one not in idle])
        found = claim(db, person, at(minute + made))
        if isinstance(found, Done):
            idle.add(person)
            continue
        submit(db, answer(db, found), person, at(minute + made))
        made += 1
        idle.clear()
    return made


@settings(max_examples=8)
@given(
    raters=st.integers(3, 8),
    items=st.integers(1, 14),
    each=st.integers(1, 3),
    calibration=st.integers(0, 2),
    seed=st.integers(0, 999),
)
def test_whatever_the_order_every_slot_is_filled_and_loads_stay_level(
    raters: int, items: int, each: int, calibration: int, seed: int
) -> None:
    folder = Path(tempfile.mkdtemp(dir=memory_folder()))
    db = Database.open(f"sqlite:///{folder / 'c.sqlite'}")
    try:
        begin(db, folder, items=items, raters_per_item=each, calibration=min(calibration, items), balanced=True, seed=seed,
              repeats=0.1, repeat_gap=2)  # fmt: skip
        people = add_raters(db, raters)
        work(db, people, random.Random(seed))
        cover = board.coverage(db)
        assert (cover.open, cover.held, cover.complete) == (0, 0, cover.items)
        loads = [one.load for one in board.rater_facts(db, at())]
        # With hardly more raters than ratings an item, the last items may be left to someone who has had a full share.
        assert max(loads) - min(loads) <= (1 if raters >= 2 * each else 2)
        assert sum(loads) == cover.slots
        once_each(db)
        assert check(db).problems == []
    finally:
        db.close()
        shutil.rmtree(folder)


def once_each(db: Database) -> None:
    """No rater has rated an item twice, but for planned repeats, and these once."""
    seen = Counter((row["process_id"], row["rater_id"], row["replicate"]) for row in current_ratings(db))
    assert set(seen.values()) <= {1}
    repeats = {key[:2] for key in seen if key[2] == 1}
    assert repeats <= {key[:2] for key in seen if key[2] == 0}
    assert max((key[2] for key in seen), default=0) <= 1


def test_a_rater_at_the_share_is_told_so_while_others_still_work(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=4, raters_per_item=1, balanced=True)
    ada, _ = add_raters(db, 2)
    rate(db, ada, at(0))
    rate(db, ada, at(1))
    done = claim(db, ada, at(2))
    assert isinstance(done, Done)
    assert (done.reason, done.progress.left) == ("share", 0)


def test_a_rater_who_stays_away_leaves_the_share_to_the_others(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=4, raters_per_item=1, balanced=True, absent_days=7)
    ada, _ = add_raters(db, 2)
    for minute in range(2):
        rate(db, ada, at(minute))
    assert isinstance(claim(db, ada, at(days=6)), Done)
    for minute in range(2):
        rate(db, ada, at(minute, days=8))
    assert board.coverage(db).open == 0


def test_a_closed_account_leaves_the_share_to_the_others_at_once(empty_db: Database, folder: Path) -> None:
    from ppad_annotation.service.raters import set_disabled

    db = begin(empty_db, folder, items=2, raters_per_item=1, balanced=True)
    ada, bob = add_raters(db, 2)
    rate(db, ada, at(0))
    assert isinstance(claim(db, ada, at(1)), Done)
    set_disabled(db, bob, True, at(2))
    claimed(db, ada, at(3))


def test_a_rater_who_joins_late_catches_up(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=12, raters_per_item=1, balanced=True)
    early = add_raters(db, 2)
    for minute in range(4):
        for person in early:
            rate(db, person, at(minute))
    with db.write() as session:
        session.add(Rater(id="rater-late", login="late", password_hash="!", role="rater", created_at=at(5)))
    assert work(db, [*early, "rater-late"], random.Random(0), 10) == 4
    assert {one.id: one.load for one in board.rater_facts(db, at(20))} == {early[0]: 4, early[1]: 4, "rater-late": 4}


def test_without_shares_a_rater_may_do_everything(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=5, raters_per_item=1, balanced=False)
    ada, _ = add_raters(db, 2)
    for minute in range(5):
        rate(db, ada, at(minute))


def test_every_rater_begins_with_the_whole_calibration_block(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=6, calibration=3, raters_per_item=1)
    people = add_raters(db, 3)
    orders = []
    for person in people:
        for minute in range(3):
            assert claimed(db, person, at(minute)).progress.in_calibration
            rate(db, person, at(minute))
        assert not claimed(db, person, at(3)).progress.in_calibration
        mine = [row for row in current_ratings(db) if row["rater_id"] == person]
        assert {row["kind"] for row in mine} == {"calibration"}
        orders.append([row["process_id"] for row in mine])
    assert len({frozenset(order) for order in orders}) == 1


def test_experts_scores_decide_what_is_for_calibration_and_picks_fill_the_block_up(empty_db: Database, folder: Path) -> None:
    experts = {
        "drawn-000000000001": Reference("calibration", {"consistency": 6.5}, "Mind the sky."),
        "drawn-000000000002": Reference("gold", {"consistency": 3.0}, None),
    }
    db = begin(empty_db, folder, items=6, references=experts, calibration=2)
    roles = Counter(role for _, role in item_roles(db))
    assert roles == {"calibration": 2, "gold": 1, "main": 3}
    assert dict(item_roles(db))["drawn-000000000001"] == "calibration"


def item_roles(db: Database) -> list[tuple[str, str]]:
    """Process and role of each item."""
    from ppad_annotation.service.tables import Item

    with db.read() as session:
        return list(session.execute(select(Item.process_id, Item.role)).all())


def test_calibration_carries_the_experts_scores_and_gold_does_not(empty_db: Database, folder: Path) -> None:
    experts = {
        "drawn-000000000000": Reference("calibration", {"consistency": 6.5}, "Mind the sky."),
        "drawn-000000000001": Reference("gold", {"consistency": 3.0}, None),
    }
    db = begin(empty_db, folder, items=8, references=experts, gold=0.2, raters_per_item=1)
    (ada,) = add_raters(db, 1)
    first = rate(db, ada, at(0), score=8)
    assert first.feedback is not None
    assert first.feedback.comment == "Mind the sky."
    seen = first.feedback.differences["consistency"]
    assert (seen.own, seen.reference, seen.difference) == (8, 6.5, 1.5)
    later = [rate(db, ada, at(minute)) for minute in range(1, 6)]
    assert all(event.feedback is None for event in later)
    assert [(one.role, one.items, one.mean.value, one.size, one.attributes) for one in departures(db)] == [
        ("calibration", 1, 1.5, 1.5, {"consistency": 1.5}),
        ("gold", 1, 4.0, 4.0, {"consistency": 4.0}),
    ]
    assert "gold" in {row["kind"] for row in current_ratings(db)}


def test_repeats_come_back_unannounced_after_the_gap_and_once(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=30, raters_per_item=1, repeats=0.2, repeat_gap=5)
    (ada,) = add_raters(db, 1)
    views = []
    while not isinstance(found := claim(db, ada, at(len(views))), Done):
        submit(db, answer(db, found), ada, at(len(views)))
        views.append(found)
    with db.read() as session:
        rows = session.scalars(select(Assignment)).all()
    first = {row.item_id: row.position for row in rows if row.replicate == 0}
    repeats = [row for row in rows if row.kind == "repeat"]
    assert 4 <= len(repeats) <= 8  # one in each block of five, from the second on, while there are new items
    assert all(row.replicate == 1 and row.position - first[row.item_id] >= 5 for row in repeats)
    assert len({row.item_id for row in repeats}) == len(repeats)
    # What a rater receives of a repeat has the same fields as of any other item.
    assert {frozenset(vars_of(view)) for view in views} == {frozenset(vars_of(views[0]))}


def vars_of(view: object) -> list[str]:
    """The names of a view's values."""
    return list(type(view).__slots__)  # type: ignore[attr-defined]


def test_raters_mix_so_that_the_design_is_connected_early(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=60, raters_per_item=2, balanced=True)
    people = add_raters(db, 6)
    for minute in range(10):
        for person in people:
            rate(db, person, at(minute))
    by_item: dict[str, set[str]] = {}
    for row in current_ratings(db):
        by_item.setdefault(row["process_id"], set()).add(row["rater_id"])
    groups = [{person} for person in people]
    for together in by_item.values():
        joined = [group for group in groups if group & together]
        groups = [group for group in groups if not group & together] + [set().union(*joined)]
    assert len(groups) == 1
    assert (
        board.coverage(db).complete >= 20
    )  # of 60, with half of all ratings: items are finished as the campaign goes, not all at its end
