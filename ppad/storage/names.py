"""Readable, portable names for what is written."""

from __future__ import annotations

import re
import unicodedata

_MAX_STEM = 60


def readable_stem(name: str) -> str:
    """A stem of lower-case letters, digits and hyphens: `My Castle (2)` gives `my-castle-2`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_MAX_STEM].strip("-") or "process"
