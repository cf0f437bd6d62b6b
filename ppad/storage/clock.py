"""The time that is written into files: now, or what `SOURCE_DATE_EPOCH` says, for runs that must repeat to the byte."""

from __future__ import annotations

import os
from datetime import UTC, datetime


def timestamp() -> str:
    """UTC, ISO 8601, whole seconds."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(fixed), UTC) if fixed else datetime.now(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
