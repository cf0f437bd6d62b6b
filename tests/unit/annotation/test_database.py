"""The database: its tables, what it refuses by itself, and writers beside each other."""

from __future__ import annotations

import re
import threading
import uuid
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import event, inspect, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from fixtures.campaigns import add_raters, answer, at, begin, claimed, rate
from ppad.errors import DatabaseUnusableError
from ppad.storage.sqlite import journal_mode
from ppad_annotation.service.audit import record
from ppad_annotation.service.campaigns import campaign_row
from ppad_annotation.service.database import Database
from ppad_annotation.service.drafts import save_draft
from ppad_annotation.service.media import frame_bytes
from ppad_annotation.service.queue import heartbeat, upcoming
from ppad_annotation.service.ratings import submit, withdraw
from ppad_annotation.service.sessions import session_of
from ppad_annotation.service.tables import Base, Slot


def test_migrations_make_the_tables_of_the_models(empty_db: Database) -> None:
    empty_db.upgrade()
    with empty_db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, Base.metadata) == []
        assert set(inspect(connection).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_upgrading_twice_changes_nothing(empty_db: Database) -> None:
    empty_db.upgrade()
    empty_db.upgrade()
    assert not empty_db.is_empty()


def test_a_database_of_a_newer_ppad_is_refused(empty_db: Database) -> None:
    empty_db.upgrade()
    with empty_db.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseUnusableError, match="newer PPAD"):
        empty_db.upgrade()


def test_a_failed_write_leaves_nothing(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1)
    with pytest.raises(RuntimeError), db.write() as session:
        record(session, at(), "test", "half-done")
        session.flush()
        raise RuntimeError
    with db.read() as session:
        assert session.scalar(text("SELECT count(*) FROM audit WHERE action = 'half-done'")) == 0


@pytest.mark.parametrize("table", ["rating_event", "audit"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_history_cannot_be_changed(empty_db: Database, folder: Path, table: str, change: str) -> None:
    db = begin(empty_db, folder, items=1, raters_per_item=1)
    rate(db, *add_raters(db, 1))
    column = {"rating_event": "revision", "audit": "id"}[table]
    with pytest.raises(DatabaseError, match="only grows"), db.write() as session:
        session.execute(text(change.format(table, column, column)))


def test_history_cannot_be_emptied_on_postgresql(empty_db: Database, folder: Path) -> None:
    if empty_db.is_sqlite:
        pytest.skip("SQLite has no TRUNCATE")
    db = begin(empty_db, folder, items=1)
    with pytest.raises(DatabaseError, match="only grows"), db.write() as session:
        session.execute(text("TRUNCATE rating_event CASCADE"))


@pytest.mark.parametrize(
    "scores", ['{"consistency":11}', '{"consistency":0}', '{"consistency":"7"}', '{"beauty":7}', '{"consistency":7.5}']
)
def test_the_database_itself_refuses_scores_off_the_scale(empty_db: Database, folder: Path, scores: str) -> None:
    db = begin(empty_db, folder, items=2, raters_per_item=1)
    rate(db, *add_raters(db, 1))
    copied = (
        "prev_event, event_type, assignment_id, item_id, rater_id, replicate, kind, choice, critique, pins, active_ms, full_pass"
    )
    statement = f"""
        INSERT INTO rating_event (seq, event_id, revision, created_at, prev_hash, hash, scores, {copied})
        SELECT seq + 1, 'x', revision, created_at, hash, 'x', :scores, {copied} FROM rating_event
    """
    with pytest.raises(DatabaseError, match="off its scale"), db.write() as session:
        session.execute(text(statement), {"scores": scores})


def test_a_slot_cannot_be_made_twice(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1, raters_per_item=1)
    with db.read() as session:
        slot = session.query(Slot).one()
    with pytest.raises(IntegrityError), db.write() as session:
        session.add(Slot(item_id=slot.item_id, slot_no=0, kind="main", place=1, state="open"))


def test_twenty_writers_at_once_all_get_their_turn(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1)
    failures: list[BaseException] = []

    def add_up() -> None:
        try:
            for _ in range(5):
                with db.write() as session:
                    row = campaign_row(session)
                    row.chain_length += 1
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test must see it
            failures.append(error)

    threads = [threading.Thread(target=add_up) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with db.read() as session:
        assert campaign_row(session).chain_length == 100


def test_two_openings_of_one_database_wait_for_each_other(empty_db: Database, folder: Path) -> None:
    """The command line and the server are two processes: no lock within one of them helps."""
    db = begin(empty_db, folder, items=1)
    other = Database.open(db.engine.url.render_as_string(hide_password=False), folder / "media")
    order: list[str] = []

    def second() -> None:
        with other.write() as session:
            order.append("second")
            campaign_row(session).chain_length += 1

    with db.write() as session:
        campaign_row(session).chain_length += 1
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join()
    other.close()
    assert order == ["first", "second"]
    with db.read() as session:
        assert campaign_row(session).chain_length == 2


def test_sqlite_writes_are_durable_and_its_journal_is_the_safe_one(sqlite_db: Database) -> None:
    with sqlite_db.engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": journal_mode(), "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}


def test_a_write_ahead_journal_is_used_only_where_its_bug_is_fixed() -> None:
    assert [journal_mode(version) for version in ((3, 40, 1), (3, 51, 2), (3, 51, 3), (3, 53, 0))] == [
        "truncate",
        "truncate",
        "wal",
        "wal",
    ]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "cannot be read"),
        ("mysql://host/name", "not supported"),
        ("nosuch://host/name", "not supported"),
        ("sqlite://", "cannot live in memory"),
        ("postgresql://host/name", "needs a folder"),
    ],
)
def test_a_url_that_serves_nothing_is_refused(url: str, words: str) -> None:
    with pytest.raises(DatabaseUnusableError, match=words):
        Database.open(url)


def test_an_unreachable_server_is_named_without_its_password(folder: Path) -> None:
    db = Database.open("postgresql://ppad:secret-word@127.0.0.1:1/ppad", folder)
    with pytest.raises(DatabaseUnusableError) as caught, db.read() as session:
        session.execute(text("SELECT 1"))
    assert "127.0.0.1:1" in str(caught.value)
    assert not re.search("secret-word", str(caught.value))


def test_no_call_of_a_rater_reads_a_whole_table(sqlite_db: Database, folder: Path) -> None:
    """What a claim or a submission costs must not grow with the campaign."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    db = begin(sqlite_db, folder, items=12, raters_per_item=2, balanced=True, calibration=1, repeats=0.2, repeat_gap=2)
    ada, bob = add_raters(db, 2)
    event.listen(db.engine, "before_cursor_execute", note)
    for minute in range(6):
        for person in (ada, bob):
            mine = claimed(db, person, at(minute))
            save_draft(db, mine.id, person, {}, at(minute))
            heartbeat(db, mine.id, person, at(minute))
            upcoming(db, person, at(minute))
            frame_bytes(db, mine.item.frames[0], person)
            rated = submit(db, answer(db, mine), person, at(minute))
    withdraw(db, rated.assignment_id, str(uuid.uuid4()), rated.event_id, person, at(7))
    session_of(db, "token", at())
    event.remove(db.engine, "before_cursor_execute", note)
    wanted = {statement: parameters for statement, parameters in asked if statement.startswith(("SELECT", "UPDATE", "DELETE"))}
    assert len(wanted) > 25
    with db.engine.connect() as connection:
        plans = {
            statement: [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            for statement, parameters in wanted.items()
        }
    small = ("SCAN rater", "SCAN campaign")  # a hundred rows, and one
    scans = {s: plan for s, plan in plans.items() if any(step.startswith("SCAN") and step not in small for step in plan)}
    assert scans == {}
