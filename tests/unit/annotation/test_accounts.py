"""Accounts, logging in, and who may not."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from fixtures.campaigns import PASSWORD, add_real_rater, at
from ppad.errors import ConfigError, NotFoundError
from ppad_annotation.service import passwords
from ppad_annotation.service.database import Database
from ppad_annotation.service.raters import add_rater, import_raters, list_raters, reset_password, set_disabled
from ppad_annotation.service.sessions import LockedOut, LoggedIn, check_login, end_session, session_of
from ppad_annotation.service.tables import Audit


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 with the least work: its strength is checked once, below."""
    from argon2 import PasswordHasher

    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: hasher)
    passwords._nobody.cache_clear()


@pytest.fixture
def db(empty_db: Database) -> Database:
    """A database with tables."""
    empty_db.upgrade()
    return empty_db


def logged_in(db: Database, login: str = "ada", password: str = PASSWORD, now: object = None) -> LoggedIn:
    """A session that must come about."""
    found = check_login(db, login, password, now or at())  # type: ignore[arg-type]
    assert isinstance(found, LoggedIn)
    return found


def test_a_rater_logs_in_and_out(db: Database) -> None:
    ada = add_real_rater(db)
    found = logged_in(db)
    session = session_of(db, found.token, at(1))
    assert session == found.session
    assert (session.rater_id, session.role) == (ada.id, "rater")
    end_session(db, found.token)
    assert session_of(db, found.token, at(2)) is None


def test_logins_do_not_mind_case_and_spaces(db: Database) -> None:
    add_real_rater(db, " Ada ")
    logged_in(db, "ADA")
    with pytest.raises(ConfigError, match="taken"):
        add_real_rater(db, "ada")


@pytest.mark.parametrize(
    ("login", "password"), [("ada", "wrong"), ("bob", PASSWORD), ("", ""), ("a\x00b", "x"), ("ada", "x" * 9999)]
)
def test_a_wrong_login_and_a_wrong_password_are_not_told_apart(db: Database, login: str, password: str) -> None:
    add_real_rater(db)
    assert check_login(db, login, password, at()) is None


def test_an_unknown_login_is_verified_too_so_that_time_tells_nothing(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    real = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda password, known: asked.append(known) or real(password, known))
    assert check_login(db, "nobody", PASSWORD, at()) is None
    assert asked == [None]
    assert real(PASSWORD, None) is False


@pytest.mark.parametrize("login", ["ada", "nobody"])
def test_five_wrong_passwords_lock_a_login_for_longer_and_longer(db: Database, login: str) -> None:
    add_real_rater(db)
    found = [check_login(db, login, "wrong-password", at(0, seconds=second)) for second in range(5)]
    assert found[:4] == [None] * 4
    assert found[4] == LockedOut(30)
    assert check_login(db, login, PASSWORD, at(0, seconds=14)) == LockedOut(20)
    assert check_login(db, login, "wrong-password", at(1)) == LockedOut(60)
    for minute in (3, 10, 30, 60):
        last = check_login(db, login, "wrong-password", at(minute))
    assert last == LockedOut(15 * 60)


def test_the_right_password_after_the_lock_forgets_the_failures(db: Database) -> None:
    add_real_rater(db)
    for second in range(5):
        check_login(db, "ada", "wrong-password", at(0, seconds=second))
    logged_in(db, now=at(1))
    assert check_login(db, "ada", "wrong-password", at(2)) is None


def test_sessions_outlive_the_process_and_are_stored_as_digests_only(db: Database, folder: Path) -> None:
    add_real_rater(db)
    found = logged_in(db)
    other = Database.open(db.engine.url.render_as_string(hide_password=False), folder / "media")
    assert session_of(other, found.token, at(5)) == found.session
    with other.read() as session:
        stored = " ".join(str(row) for row in session.execute(text("SELECT * FROM login_session")))
    other.close()
    assert found.token not in stored


def test_a_session_ends_when_it_is_left_lying_and_after_its_lifetime(db: Database) -> None:
    add_real_rater(db)
    found = logged_in(db)
    assert session_of(db, found.token, at(days=13)) is not None
    assert session_of(db, found.token, at(days=26)) is not None
    assert session_of(db, found.token, at(days=41)) is None
    for day in range(0, 90, 10):
        session_of(db, logged_in(db, now=at(days=100)).token, at(days=100 + day))
    token = logged_in(db, now=at(days=200)).token
    for day in range(200, 291, 10):
        assert session_of(db, token, at(days=day)) is not None
    assert session_of(db, token, at(days=291)) is None


def test_an_invented_token_opens_nothing(db: Database) -> None:
    add_real_rater(db)
    for token in ("", "x", "\x00", "\ud800", "a" * 10_000):
        assert session_of(db, token, at()) is None


def test_closing_an_account_ends_its_sessions(db: Database) -> None:
    add_real_rater(db)
    found = logged_in(db)
    set_disabled(db, "ada", True, at(1))
    assert session_of(db, found.token, at(2)) is None
    assert check_login(db, "ada", PASSWORD, at(3)) is None
    set_disabled(db, "ada", False, at(4))
    logged_in(db, now=at(5))


def test_a_new_password_ends_sessions_and_lifts_the_lock(db: Database) -> None:
    add_real_rater(db)
    found = logged_in(db)
    for second in range(5):
        check_login(db, "ada", "wrong-password", at(1, seconds=second))
    made = reset_password(db, "Ada", at(2)).password
    assert made is not None
    assert session_of(db, found.token, at(2)) is None
    logged_in(db, password=made, now=at(2))
    with pytest.raises(NotFoundError):
        reset_password(db, "bob", at(3))


def test_a_made_up_password_is_long_readable_and_never_the_same(db: Database) -> None:
    made = {passwords.generate() for _ in range(50)}
    assert len(made) == 50
    assert all(len(one) == 23 and not set(one) & set("0O1lI ") for one in made)
    rater = add_rater(db, "bob", None, "rater", at())
    assert rater.password is not None
    logged_in(db, "bob", rater.password)
    assert [one.password for one in list_raters(db)] == [None]


def test_pseudonyms_tell_nothing_of_the_login(db: Database) -> None:
    names = {add_rater(db, f"person{number}", PASSWORD, "rater", at()).id for number in range(5)}
    assert len(names) == 5
    assert all(name.startswith("rater-") and len(name) == 14 and "person" not in name for name in names)


@pytest.mark.parametrize(
    ("login", "password", "role", "words"),
    [("", PASSWORD, "rater", "malformed"), ("a b", PASSWORD, "rater", "malformed"), ("a\n", "x", "rater", "too|Use"),
     ("ada", "short", "rater", "5 characters"), ("ada", PASSWORD, "boss", "no role")],
)  # fmt: skip
def test_a_malformed_account_is_refused(db: Database, login: str, password: str, role: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        add_rater(db, login, password, role, at())
    assert list_raters(db) == []


def test_a_table_of_accounts_can_be_imported_again(db: Database, folder: Path) -> None:
    table = folder / "raters.csv"
    table.write_text("login,role,password\nada,,\nbob,admin,a-long-password\n", "utf-8-sig")
    added = import_raters(db, table, at())
    assert [(one.login, one.role, one.password is None) for one in added] == [("ada", "rater", False), ("bob", "admin", True)]
    table.write_text(table.read_text() + "cy,,\n")
    assert [one.login for one in import_raters(db, table, at())] == ["cy"]


@pytest.mark.parametrize(
    ("content", "words"),
    [("name\nada\n", "no column 'login'"), ("login,role\nada,boss\n", "role 'boss'"), ("login\nada\nADA\n", "more than once"),
     ("login,password\nada,short\n", "too short"), ("login\na b\n", "malformed")],
)  # fmt: skip
def test_a_malformed_table_adds_nobody(db: Database, folder: Path, content: str, words: str) -> None:
    (folder / "raters.csv").write_text(content)
    with pytest.raises(ConfigError, match=words):
        import_raters(db, folder / "raters.csv", at())
    assert list_raters(db) == []


def test_no_secret_is_logged_or_audited(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        rater = add_rater(db, "ada", None, "rater", at())
        assert rater.password is not None
        token = logged_in(db, password=rater.password).token
        for second in range(6):
            check_login(db, "ada", "wrong-password", at(1, seconds=second))
        with db.read() as session:
            audit = " ".join(f"{row.action} {row.target} {row.detail}" for row in session.query(Audit))
    for secret in (rater.password, token, "wrong-password", "argon2"):
        assert secret not in caplog.text + audit
    assert "login-locked" in audit


def test_passwords_are_hashed_by_argon2id_with_the_memory_that_the_rfc_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert passwords.hashed(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")  # RFC 9106, second recommendation


def test_old_failures_no_longer_count(db: Database) -> None:
    add_real_rater(db)
    for second in range(4):
        check_login(db, "ada", "wrong-password", at(0, seconds=second))
    assert check_login(db, "ada", "wrong-password", at() + timedelta(hours=25)) is None
