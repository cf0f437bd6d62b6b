"""Identifiers that tell nothing, and the seeded numbers that order items for raters."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets

_ID = re.compile(r"[A-Za-z0-9_-]{22}\Z")


def new_id() -> str:
    """128 random bits, 22 characters that are safe in a URL."""
    return secrets.token_urlsafe(16)


def is_id(value: str) -> bool:
    """Whether a value from outside has the form of an id: nothing else is asked of the database."""
    return bool(_ID.match(value))


def new_pseudonym() -> str:
    """A rater's name in everything that leaves the campaign: `rater-` and 8 random letters and digits."""
    return "rater-" + base64.b32encode(secrets.token_bytes(5)).decode().lower()


def mixed(number: int, key: int) -> int:
    """The number, scrambled by the key: as `seeded` for many numbers at once, by a multiplicative hash."""
    return (number ^ key) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF


def seeded(*parts: object) -> int:
    """A number of 63 bits that looks random and depends on the parts alone: the order of items comes from it."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1
