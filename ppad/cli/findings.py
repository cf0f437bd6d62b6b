"""What `ppad doctor` finds, in one form for the core and the rooms."""

from __future__ import annotations

from typing import Literal, TypedDict

State = Literal["ok", "missing", "warning"]


class Finding(TypedDict):
    """One line of `ppad doctor`.

    Attributes:
        state: `missing` is something that may be left out; `warning` something that works less well than it could.
        what: what was looked at.
        found: what is there.
        fix: what to do about it; empty where nothing is to be done.
    """

    state: State
    what: str
    found: str
    fix: str


def finding(state: State, what: str, found: str, fix: str = "") -> Finding:
    """A line of `ppad doctor`."""
    return {"state": state, "what": what, "found": found, "fix": fix}
