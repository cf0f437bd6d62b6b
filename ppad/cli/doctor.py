"""`ppad doctor`: what is installed, what works, and what to do about the rest."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ppad import __version__
from ppad.cli.findings import Finding, finding
from ppad.cli.progress import print_json
from ppad.errors import MissingExtraError
from ppad.stages import available_cores

GROUP = "ppad.findings"
"""Entry points of rooms: functions without arguments that give an iterable of `Finding`."""

NOT_FOR_USERS = frozenset({"all", "bench", "dev", "docs", "fuzz"})
"""Extras that put others together, or that only who works on PPAD needs."""

_GB = 1e9
_MARKS = {"ok": "[green]ok[/]", "missing": "[yellow]missing[/]", "warning": "[yellow]warning[/]"}


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False) -> None:
    """Say what is installed, what works here, and what to do about the rest.

    Example:  [bold]ppad doctor[/]
    """
    findings = [*_machine(), *_extras(), *_codecs(), _sqlite(), *_of_rooms()]
    if as_json:
        print_json(findings)
        return
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold", ratio=1)
    for line in findings:
        told = escape(line["found"]) + (f"\n[dim]{escape(line['fix'])}[/]" if line["fix"] else "")
        table.add_row(_MARKS[line["state"]], escape(line["what"]), told)
    Console(highlight=False).print(table)


def _machine() -> Iterator[Finding]:
    yield finding("ok", "ppad", __version__)
    yield finding("ok", "Python", f"{platform.python_version()} ({sys.executable})")
    yield finding("ok", "cores", str(available_cores()))
    yield finding("ok", "free here", f"{shutil.disk_usage(Path.cwd()).free / _GB:.0f} GB")


def extras() -> dict[str, tuple[str, ...]]:
    """Packages of each extra by their names on the package index, as this installation of PPAD declares them."""
    found: dict[str, list[str]] = {}
    for line in importlib.metadata.requires("ppad") or []:
        match = re.match(r"([\w.-]+).*;.*extra == ['\"]([\w-]+)['\"]", line)
        if match and match[2] not in NOT_FOR_USERS:
            packages = found.setdefault(match[2], [])
            packages += [match[1]] if match[1] != "ppad" else []
    return {extra: tuple(packages) for extra, packages in found.items()}


def _extras() -> Iterator[Finding]:
    for extra, packages in extras().items():
        versions = {package: _version(package) for package in packages}
        missing = [package for package, version in versions.items() if version is None]
        name = f"ppad[{extra}]"
        if missing:
            yield finding("missing", name, f"without {', '.join(missing)}", f"pip install 'ppad[{extra}]'")
        else:
            yield finding("ok", name, ", ".join(f"{package} {version}" for package, version in versions.items()))


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _codecs() -> Iterator[Finding]:
    """Decoders of the usual recordings, as the installed FFmpeg libraries have them."""
    if importlib.util.find_spec("av") is None:
        return
    from ppad.media.index import ffmpeg_version, missing_decoders

    missing = missing_decoders()
    if missing:
        found = f"FFmpeg {ffmpeg_version()}, without {', '.join(missing)}"
        yield finding("warning", "decoders", found, "Install av from the package index: its wheels hold all decoders.")
    else:
        yield finding("ok", "decoders", f"FFmpeg {ffmpeg_version()}, within av; no other FFmpeg is needed")


def _sqlite() -> Finding:
    """What campaigns of raters can trust this Python's SQLite with."""
    from ppad.storage.sqlite import WAL_RESET_FIXED, journal_mode, missing_features, sqlite_version

    version = ".".join(map(str, sqlite_version()))
    missing = missing_features()
    if missing:
        return finding("warning", "SQLite", f"{version}, without {', '.join(missing)}", "Use PostgreSQL, or another Python.")
    if journal_mode() == "wal":
        return finding("ok", "SQLite", f"{version}, write-ahead journal")
    fixed = ".".join(map(str, WAL_RESET_FIXED))
    found = f"{version}, rollback journal: before {fixed} a write-ahead journal can corrupt a database"
    return finding("ok", "SQLite", found, f"Nothing to do; a Python with SQLite {fixed}, or PostgreSQL, is quicker.")


def _of_rooms() -> Iterator[Finding]:
    """What the rooms find: engines, weights, GPU."""
    for entry in sorted(importlib.metadata.entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            look: Callable[[], Iterator[Finding]] = entry.load()
        except MissingExtraError as error:
            yield finding("missing", entry.name, error.message, error.fix)
        else:
            yield from look()
