"""Passwords: argon2id, and passwords that are made up and shown once."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ppad.errors import ConfigError

SHORTEST, LONGEST = 10, 256
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without letters and digits that look alike."""
_GROUPS, _GROUP = 4, 5


def generate() -> str:
    """A password of 20 characters in four groups: 99 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))


def hashed(password: str) -> str:
    """The argon2id hash of a password, with its salt and parameters.

    Raises:
        ConfigError: it is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise ConfigError(f"The password has {len(password)} characters.", f"Use {SHORTEST} to {LONGEST}.")
    return _hasher().hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Whether it is the password. Without a hash the answer is no, and takes as long: the time tells no logins."""
    try:
        return _hasher().verify(password_hash or _nobody(), password[: LONGEST + 1]) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()  # argon2id by the low-memory profile of RFC 9106


@cache
def _nobody() -> str:
    return _hasher().hash(secrets.token_urlsafe())
