"""Logging in: sessions that outlive a restart, and a lock after wrong passwords."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ppad.errors import DatabaseUnusableError, DiskFullError
from ppad_annotation.service import passwords
from ppad_annotation.service.audit import record
from ppad_annotation.service.database import Database
from ppad_annotation.service.raters import is_login, login_digest
from ppad_annotation.service.tables import LoginSession, Throttle
from ppad_annotation.service.tables import Rater as RaterRow

FREE_FAILURES = 5
"""Wrong passwords before the first lock."""
FIRST_LOCK = timedelta(seconds=30)
LONGEST_LOCK = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)
"""A failure older than this no longer counts."""

IDLE = timedelta(days=14)
"""A session unused for so long has ended."""
LIFETIME = timedelta(days=90)
_NOTED_EVERY = timedelta(minutes=5)
"""How often the use of a session is written down: not at each request."""


@dataclass(frozen=True, slots=True)
class RaterSession:
    """Who a request comes from.

    Attributes:
        csrf: token that the session's own pages send back.
    """

    rater_id: str
    role: str
    csrf: str


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A new session; `token` goes into the cookie and is stored nowhere."""

    token: str
    session: RaterSession


@dataclass(frozen=True, slots=True)
class LockedOut:
    """Too many wrong passwords under this login.

    Attributes:
        retry_after_s: seconds until the next try counts.
    """

    retry_after_s: float


def check_login(db: Database, login: str, password: str, now: datetime) -> LoggedIn | LockedOut | None:
    """Log in; None for a wrong login or password, which are not told apart, not even by the time it takes.

    Verifying takes some 50 ms of a core: call it in a worker thread.
    """
    login = login.strip().casefold()
    digest = login_digest(login)
    with db.read() as session:
        throttle = session.get(Throttle, digest)
        row = session.scalar(select(RaterRow).where(RaterRow.login == login)) if is_login(login) else None
    left = throttle.locked_until - now if throttle is not None and throttle.locked_until is not None else timedelta(0)
    if timedelta(0) < left <= LONGEST_LOCK:  # what would last longer was written by a clock that ran ahead
        return LockedOut(left.total_seconds())
    known = row if row is not None and row.disabled_at is None else None
    if passwords.matches(password, None if known is None else known.password_hash) and known is not None:
        return _open(db, known, digest, now)
    return _note_failure(db, digest, None if row is None else row.id, now)


def session_of(db: Database, token: str, now: datetime) -> RaterSession | None:
    """Who holds this token; None where the session has ended or the account is closed."""
    digest = _token_digest(token)
    with db.read() as session:
        found = session.execute(
            select(LoginSession, RaterRow)
            .join(RaterRow, RaterRow.id == LoginSession.rater_id)
            .where(LoginSession.token_sha256 == digest)
        ).one_or_none()
    if found is None:
        return None
    login, rater = found
    if rater.disabled_at is not None or now - login.seen_at > IDLE or now - login.created_at > LIFETIME:
        return None
    if now - login.seen_at > _NOTED_EVERY:
        with contextlib.suppress(DiskFullError, DatabaseUnusableError):  # who only looks needs no room
            _note_use(db, digest, now)
    return RaterSession(rater.id, rater.role, login.csrf)


def end_session(db: Database, token: str) -> None:
    """Log out."""
    with db.write() as session:
        session.execute(delete(LoginSession).where(LoginSession.token_sha256 == _token_digest(token)))


def _open(db: Database, rater: RaterRow, digest: str, now: datetime) -> LoggedIn:
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    with db.write() as session:
        _forget_old(session, now)
        session.execute(delete(Throttle).where(Throttle.login_sha256 == digest))
        session.add(LoginSession(token_sha256=_token_digest(token), rater_id=rater.id, csrf=csrf, created_at=now, seen_at=now))
        session.get_one(RaterRow, rater.id).last_seen_at = now
    return LoggedIn(token, RaterSession(rater.id, rater.role, csrf))


def _note_failure(db: Database, digest: str, rater_id: str | None, now: datetime) -> LockedOut | None:
    with db.write() as session:
        row = session.get(Throttle, digest)
        if row is None or abs(now - row.last_at) > FORGOTTEN_AFTER:  # either way: the clock may have been set back
            row = session.merge(Throttle(login_sha256=digest, failures=0, locked_until=None, last_at=now))
        row.failures, row.last_at = row.failures + 1, now
        if row.failures < FREE_FAILURES:
            return None
        lock = min(LONGEST_LOCK, FIRST_LOCK * 2 ** min(row.failures - FREE_FAILURES, 10))
        row.locked_until = now + lock
        record(session, now, rater_id or "nobody", "login-locked", rater_id or "", failures=row.failures)
    return LockedOut(lock.total_seconds())


def _note_use(db: Database, token_digest: str, now: datetime) -> None:
    with db.write() as session:
        row = session.get(LoginSession, token_digest)
        if row is not None:
            row.seen_at = now
            session.get_one(RaterRow, row.rater_id).last_seen_at = now


def _forget_old(session: Session, now: datetime) -> None:
    """Drop sessions and failures that no longer count: both tables stay small."""
    session.execute(delete(LoginSession).where(LoginSession.seen_at < now - IDLE))
    session.execute(delete(LoginSession).where(LoginSession.created_at < now - LIFETIME))
    session.execute(delete(Throttle).where(Throttle.last_at < now - FORGOTTEN_AFTER))


def _token_digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
