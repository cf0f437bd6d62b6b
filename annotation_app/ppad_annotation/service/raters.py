"""Accounts of raters and admins."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ppad.errors import ConfigError, NotAllowedError, NotFoundError
from ppad.storage.tables import read_table
from ppad_annotation.service import passwords
from ppad_annotation.service.audit import CONSOLE, record
from ppad_annotation.service.database import Database
from ppad_annotation.service.ids import new_pseudonym
from ppad_annotation.service.tables import LoginSession, Throttle
from ppad_annotation.service.tables import Rater as RaterRow

ROLES = ("rater", "admin")
_LOGIN = re.compile(r"[^\s\x00-\x1f\x7f]{1,80}\Z")


@dataclass(frozen=True, slots=True)
class Rater:
    """An account. `id` is the pseudonym that leaves the campaign; `login` never does.

    Attributes:
        password: a password that was made up, to be shown once; None otherwise.
    """

    id: str
    login: str
    role: str
    disabled: bool
    last_seen_at: datetime | None
    done: int
    password: str | None = None


def add_rater(db: Database, login: str, password: str | None, role: str, now: datetime, actor: str = CONSOLE) -> Rater:
    """Add an account.

    Args:
        password: None to have one made up; it is in the answer, and nowhere else.
        role: `rater` or `admin`.

    Raises:
        ConfigError: the login is taken or malformed, the password too short, or the role unknown.
    """
    login = _checked_login(login)
    if role not in ROLES:
        raise ConfigError(f"There is no role {role!r}.", f"Use {' or '.join(ROLES)}.")
    made = passwords.generate() if password is None else None
    password_hash = passwords.hashed(password or made or "")
    with db.write() as session:
        if session.scalar(select(RaterRow.id).where(RaterRow.login == login)):
            raise ConfigError(f"The login {login} is taken.", "Choose another, or reset its password.")
        row = RaterRow(id=new_pseudonym(), login=login, password_hash=password_hash, role=role, created_at=now)
        session.add(row)
        session.flush()
        record(session, now, actor, "rater-added", row.id, role=role)
        return _rater(row, made)


def list_raters(db: Database) -> list[Rater]:
    """All accounts, by login."""
    with db.read() as session:
        return [_rater(row) for row in session.scalars(select(RaterRow).order_by(RaterRow.login))]


def reset_password(db: Database, login: str, now: datetime, password: str | None = None, actor: str = CONSOLE) -> Rater:
    """Give an account a new password: ends its sessions and lifts a lock.

    Raises:
        NotFoundError: no account has this login.
        ConfigError: the password is too short.
    """
    made = passwords.generate() if password is None else None
    password_hash = passwords.hashed(password or made or "")
    with db.write() as session:
        row = rater_by_login(session, login)
        row.password_hash = password_hash
        session.execute(delete(LoginSession).where(LoginSession.rater_id == row.id))
        session.execute(delete(Throttle).where(Throttle.login_sha256 == login_digest(row.login)))
        record(session, now, actor, "password-reset", row.id)
        return _rater(row, made)


def set_disabled(db: Database, login: str, disabled: bool, now: datetime, actor: str = CONSOLE) -> Rater:
    """Close an account, or open it again. Its ratings stay; its share goes to the others.

    Raises:
        NotFoundError: no account has this login.
    """
    with db.write() as session:
        row = rater_by_login(session, login)
        row.disabled_at = now if disabled else None
        if disabled:
            session.execute(delete(LoginSession).where(LoginSession.rater_id == row.id))
        record(session, now, actor, "rater-disabled" if disabled else "rater-enabled", row.id)
        return _rater(row)


def import_raters(db: Database, file: Path, now: datetime, actor: str = CONSOLE) -> list[Rater]:
    """Add the accounts of a CSV table with the column `login`, and `role` and `password` where it has them.

    Logins that exist are left as they are, so that the same table can be imported again.

    Returns:
        The accounts that were added, with the passwords that were made up.

    Raises:
        NotFoundError, ConfigError: the table is missing, or a row of it is malformed; then none is added.
    """
    rows = _read_table(file)
    known = {rater.login for rater in list_raters(db)}
    fresh = [row for row in rows if row[0] not in known]
    return [add_rater(db, login, password, role, now, actor) for login, password, role in fresh]


def active_rater(session: Session, rater_id: str) -> RaterRow:
    """The account of someone who wants to rate.

    Raises:
        NotAllowedError: it is no rater's, or disabled.
    """
    row = session.get(RaterRow, rater_id)
    if row is None or row.disabled_at is not None or row.role != "rater":
        raise NotAllowedError("This account does not rate.", "Log in as a rater.")
    return row


def rater_by_login(session: Session, login: str) -> RaterRow:
    """The account with this login.

    Raises:
        NotFoundError: there is none.
    """
    row = session.scalar(select(RaterRow).where(RaterRow.login == login.strip().casefold()))
    if row is None:
        raise NotFoundError(f"There is no account {login!r}.", "See: ppad annotate raters list")
    return row


def login_digest(login: str) -> str:
    """What stands for a login where it must not be read: in the table of failed logins."""
    return hashlib.sha256(login.strip().casefold().encode("utf-8", "replace")).hexdigest()


def is_login(login: str) -> bool:
    """Whether a text can be a login: 1 to 80 characters without spaces and control characters."""
    return bool(_LOGIN.match(login)) and login.isprintable()


def _checked_login(login: str) -> str:
    login = login.strip().casefold()
    if not is_login(login):
        raise ConfigError(f"The login {login[:80]!r} is malformed.", "Use 1 to 80 characters without spaces.")
    return login


def _read_table(file: Path) -> list[tuple[str, str | None, str]]:
    if not file.is_file():
        raise NotFoundError(f"There is no table {file}.", "Check the path.")
    try:
        names, found = read_table(file)
    except ValueError as error:
        raise ConfigError(f"{file.name} {error}.", "Save the table as CSV, UTF-8.") from error
    if "login" not in names:
        raise ConfigError(f"{file.name} has no column 'login'.", "Its first line names the columns: login, role, password.")
    rows = [(_checked_login(row["login"] or ""), row.get("password") or None, row.get("role") or "rater") for row in found]
    for login, password, role in rows:
        if role not in ROLES:
            raise ConfigError(f"{file.name}: {login} has the role {role!r}.", f"Use {' or '.join(ROLES)}.")
        if password is not None and not passwords.SHORTEST <= len(password) <= passwords.LONGEST:
            raise ConfigError(f"{file.name}: the password of {login} is too short or too long.", "Or leave it out.")
    logins = [login for login, _, _ in rows]
    twice = sorted({login for login in logins if logins.count(login) > 1})
    if twice:
        raise ConfigError(f"{file.name} names {', '.join(twice)} more than once.", "Keep one row each.")
    return rows


def _rater(row: RaterRow, password: str | None = None) -> Rater:
    return Rater(row.id, row.login, row.role, row.disabled_at is not None, row.last_seen_at, row.done, password)
