"""The folder of a campaign: where its database and its pictures are.

campaign/
  campaign.yaml     `database:` an SQLite file beside it, or the URL of a PostgreSQL database without its password
  campaign.sqlite   the database, unless it is PostgreSQL
  rubric.yaml       the rubric's definition, where it is none that ships
  media/            the pictures as raters see them
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from ppad.errors import ConfigError, NotFoundError
from ppad.rubric import builtin_rubrics
from ppad.schema import yaml_value
from ppad.storage import write_text
from ppad.storage.atomic import make_folder
from ppad_annotation.service.campaigns import campaign, require_same_rubric
from ppad_annotation.service.database import Database, without_password

URL_VARIABLE = "PPAD_DATABASE_URL"
"""Environment variable that goes before the URL in `campaign.yaml`: it may hold the password."""
_SQLITE = "campaign.sqlite"
OWNER_ONLY = 0o700
"""The database holds logins and the hashes of passwords."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folder of one campaign."""

    root: Path

    @property
    def settings(self) -> Path:
        """The file that says which database it is."""
        return self.root / "campaign.yaml"

    @property
    def media(self) -> Path:
        """The folder of the pictures."""
        return self.root / "media"

    @property
    def rubric(self) -> Path:
        """The definition of a rubric that does not ship."""
        return self.root / "rubric.yaml"

    def make(self, database: str | None = None) -> Database:
        """Make the folder, or find it made, and open its database.

        Args:
            database: URL of a PostgreSQL database; by default that of `PPAD_DATABASE_URL`, or an SQLite file in the folder.

        Raises:
            ConfigError: the URL holds a password, or another database than before is given.
        """
        if database is not None and _parsed(database).password is not None:
            raise ConfigError(
                "The database URL holds a password, which would be written into campaign.yaml.",
                f"Leave it out, and set {URL_VARIABLE} to the URL with the password, or use ~/.pgpass.",
            )
        self.make_root()
        if not self.settings.exists():
            given = database or os.environ.get(URL_VARIABLE)
            self.name_database(without_password(_parsed(given)).render_as_string() if given else _SQLITE)
        elif database is not None and database != self.database:
            raise ConfigError(f"{self.settings} names another database: {self.database}.", "Leave --database out.")
        return self.connect(self.database)

    def open(self) -> Database:
        """The database of a campaign that was begun; its tables are brought up to date.

        Raises:
            NotFoundError: the folder holds no campaign.
            RubricChangedError: `rubric.yaml`, or the rubric that ships, is not the one that the campaign was begun with.
            DatabaseUnusableError: the database cannot be reached.
        """
        if not self.settings.is_file():
            raise NotFoundError(f"{self.root} holds no campaign.", "Begin one: ppad annotate init")
        db = self.connect(self.database)
        if db.is_empty():
            raise NotFoundError(f"The database of {self.root} is empty.", "Begin the campaign: ppad annotate init")
        db.upgrade()
        require_same_rubric(db, self.rubric if self.rubric.exists() else campaign(db).rubric.id)
        return db

    def make_root(self) -> None:
        """Make the folder, for its owner alone."""
        make_folder(self.root)
        if not any(self.root.iterdir()):
            self.root.chmod(OWNER_ONLY)

    def keep_rubric(self, definition: str) -> None:
        """Keep a copy of a rubric that does not ship; a later change to it is refused.

        Args:
            definition: id of a rubric that ships, or a YAML file.
        """
        if definition not in builtin_rubrics() and not self.rubric.exists():
            write_text(self.rubric, Path(definition).read_text("utf-8"))

    def connect(self, named: str) -> Database:
        """Open a database, which may be empty.

        Args:
            named: an SQLite file in the folder, or a URL; `PPAD_DATABASE_URL` goes before it.
        """
        named = os.environ.get(URL_VARIABLE) or named
        url = named if "://" in named else f"sqlite:///{self.root / named}"
        return Database.open(url, self.media)

    def name_database(self, named: str) -> None:
        """Write down which database is the campaign's: from now on the folder is one."""
        write_text(self.settings, f"database: {named}\n")

    @property
    def database(self) -> str:
        """What `campaign.yaml` names: an SQLite file in the folder, or a URL without its password.

        Raises:
            ConfigError: it names none.
        """
        try:
            values = yaml_value(self.settings.read_text("utf-8"))
            return str(values["database"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{self.settings} does not say 'database: …'.", "Correct the file.") from error


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise ConfigError("The database URL cannot be read.", "Give postgresql://user@host/name.") from error
