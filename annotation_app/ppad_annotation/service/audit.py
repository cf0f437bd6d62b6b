"""The audit log: who did what, apart from rating."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ppad_annotation.service.tables import Audit

CONSOLE = "command line"
"""The actor of what was done from the command line."""


def record(session: Session, now: datetime, actor: str, action: str, target: str = "", **detail: Any) -> None:
    """Add a line to the audit log, in the transaction of what it tells of.

    Args:
        actor: pseudonym of a rater, or the name of who used the command line.
        action: one or two words, `rater-added`.
        target: id of what was acted on.
    """
    session.add(Audit(at=now, actor=actor, action=action, target=target, detail=detail))
