"""PostgreSQL's own programs for dumping and restoring; passwords reach them by the environment, never by the command line."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import URL

from ppad.errors import BackupError
from ppad_annotation.service.database import without_password


def dump(url: URL, file: Path, snapshot: str) -> None:
    """Write the database, as a transaction that exported `snapshot` sees it, to a file in the custom format.

    Raises:
        BackupError: pg_dump is missing, or refuses.
    """
    _run("pg_dump", url, ["--format=custom", f"--snapshot={snapshot}", "--no-owner", "--no-privileges", f"--file={file}"])


def load(url: URL, file: Path) -> None:
    """Fill an empty database from a dump, wholly or not at all.

    Raises:
        BackupError: pg_restore is missing, or refuses.
    """
    _run("pg_restore", url, ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(file)])


def _run(program: str, url: URL, arguments: Sequence[str]) -> None:
    public = without_password(url, "postgresql").render_as_string()
    environment = os.environ | ({"PGPASSWORD": url.password} if isinstance(url.password, str) else {})
    command = [_find(program), f"--dbname={public}", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or ["no reason given"])[0]
        raise BackupError(f"{program} failed: {reason}.", "It must not be older than the server, and needs its rights.")


def _find(program: str) -> str:
    on_path = shutil.which(program)
    if on_path:
        return on_path
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[-3]))
    if not installed:
        raise BackupError(f"{program} is not installed.", "Install PostgreSQL's client: apt-get install postgresql-client")
    return str(installed[-1])
