"""`ppad doctor`: what is installed, what works, and what to do about the rest."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ppad import __version__
from ppad.cli.progress import print_json
from ppad.stages import available_cores

EXTRAS = {
    "extract": ("av", "opencv-python-headless"),
    "show": ("matplotlib",),
    "ratings": ("scipy", "threadpoolctl"),
    "synth": ("torch", "diffusers", "transformers"),
    "model": ("accelerate", "safetensors"),
    "annotate": ("sqlalchemy", "alembic", "argon2-cffi", "fastapi", "gradio", "uvicorn"),
    "postgresql": ("psycopg",),
    "ray": ("ray",),
}
"""Packages of each extra, by their names on the package index."""

Finding = dict[str, str]


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False) -> None:
    """Say what is installed, what works here, and what to do about the rest.

    Example:  [bold]ppad doctor[/]
    """
    findings = [*_machine(), *_extras(), *_codecs(), _sqlite()]
    if as_json:
        print_json(findings)
        return
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for finding in findings:
        mark = {"ok": "[green]ok[/]", "missing": "[yellow]missing[/]", "warning": "[yellow]warning[/]"}[finding["state"]]
        table.add_row(mark, finding["what"], finding["found"], f"[dim]{finding['fix']}[/]")
    Console(highlight=False).print(table)


def _machine() -> list[Finding]:
    return [
        _finding("ok", "ppad", __version__),
        _finding("ok", "Python", f"{platform.python_version()} ({sys.executable})"),
        _finding("ok", "cores", str(available_cores())),
    ]


def _extras() -> list[Finding]:
    findings = []
    for extra, packages in EXTRAS.items():
        for package in packages:
            try:
                findings.append(_finding("ok", package, importlib.metadata.version(package)))
            except importlib.metadata.PackageNotFoundError:
                findings.append(_finding("missing", package, "not installed", f"pip install 'ppad[{extra}]'"))
    return findings


def _codecs() -> list[Finding]:
    """Decoders of the usual recordings, as the installed FFmpeg libraries have them."""
    if importlib.util.find_spec("av") is None:
        return []
    from ppad.media.index import ffmpeg_version, missing_decoders

    missing = missing_decoders()
    state, fix = ("warning", "Install av from the package index: its wheels hold all decoders.") if missing else ("ok", "")
    found = f"FFmpeg {ffmpeg_version()}" + (f", without {', '.join(missing)}" if missing else "")
    return [_finding(state, "decoders", found, fix)]


def _sqlite() -> Finding:
    """What campaigns of raters can trust this Python's SQLite with."""
    from ppad.storage.sqlite import WAL_RESET_FIXED, journal_mode, missing_features, sqlite_version

    version = ".".join(map(str, sqlite_version()))
    missing = missing_features()
    if missing:
        return _finding("warning", "SQLite", f"{version}, without {', '.join(missing)}", "Use PostgreSQL, or another Python.")
    if journal_mode() == "wal":
        return _finding("ok", "SQLite", f"{version}, write-ahead journal")
    fixed = ".".join(map(str, WAL_RESET_FIXED))
    found = f"{version}, rollback journal: before {fixed} a write-ahead journal can corrupt a database"
    return _finding("ok", "SQLite", found, f"Nothing to do; a Python with SQLite {fixed}, or PostgreSQL, is quicker.")


def _finding(state: str, what: str, found: str, fix: str = "") -> Finding:
    return {"state": state, "what": what, "found": found, "fix": fix}
