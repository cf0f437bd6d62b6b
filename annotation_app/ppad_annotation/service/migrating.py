"""Alembic, driven from Python: there is no alembic.ini to find or to edit."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from ppad.errors import DatabaseUnusableError

_SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Run the migrations that this database lacks, in the connection's transaction.

    Raises:
        DatabaseUnusableError: its version is unknown to this PPAD.
    """
    config = config_for(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise DatabaseUnusableError("A newer PPAD wrote this campaign's database.", "Run: pip install --upgrade ppad")
    command.upgrade(config, "head")


def config_for(connection: Connection) -> Config:
    """Alembic's settings for an open connection."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
