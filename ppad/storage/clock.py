"""The time that is written into files: now, or what `SOURCE_DATE_EPOCH` says, for runs that must repeat to the byte."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from ppad.errors import ConfigError


def timestamp() -> str:
    """UTC, ISO 8601, whole seconds."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        moment = datetime.fromtimestamp(int(fixed), UTC) if fixed else datetime.now(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ConfigError(f"SOURCE_DATE_EPOCH is {fixed!r}, not a number of seconds.", "Correct or unset it.") from error
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
