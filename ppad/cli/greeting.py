"""What `ppad` says when it is called alone: what lies in the folder, and the commands that go on from there."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from ppad.media.suffixes import VIDEO_SUFFIXES

MOST_LOOKED_AT = 500
"""Entries of a folder that are looked at: a greeting must not take seconds."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command that makes sense here, and what it does."""

    command: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something of PPAD's, or for it, in a folder, and where it leads."""

    what: str
    steps: tuple[Step, ...]


def greet(folder: Path) -> None:
    """Print what lies in the folder and the next useful commands."""
    console = Console(highlight=False, soft_wrap=True)
    console.print("[bold]PPAD[/]: datasets of how people paint, and models that judge it.\n")
    found = list(findings(folder))
    if not found:
        console.print("Nothing of PPAD lies here, and no recording. Begin with one of these:\n")
    for finding in found or [_BEGINNING]:
        if finding.what:
            console.print(f"{escape(finding.what)}")
        width = max(len(step.command) for step in finding.steps)
        for step in finding.steps:
            console.print(f"  [bold]{escape(step.command.ljust(width))}[/]   {escape(step.purpose)}")
        console.print()
    console.print("[dim]ppad --help lists all commands; ppad COMMAND --help shows an example of each.[/]")


def findings(folder: Path) -> Iterator[Finding]:
    """What lies in a folder and directly below it, in the order of a project; one finding a kind.

    The kinds are told by what their files are called, so that nothing is opened: a folder that pretends is
    found out by the command.
    """
    places = [folder, *(path for path in _entries(folder) if path.is_dir() and not path.name.startswith("."))]
    names = {place: "." if place == folder else shlex.quote(place.name) for place in places}
    for look in (_videos, _collection, _campaign, _ratings, _dataset, _run):
        finding = next((found for place in places if (found := look(place, names[place]))), None)
        if finding:
            yield finding


_BEGINNING = Finding(
    "",
    (
        Step("ppad demo", "see the whole way on drawn recordings; needs no data, GPU or raters"),
        Step("ppad extract VIDEOS --out collection", "find the key frames of your recordings"),
        Step("ppad synth strokes --prompt 'a boat on the sea' --out collection", "or have paintings painted"),
        Step("ppad doctor", "what is installed, and what works on this machine"),
    ),
)


def _videos(place: Path, name: str) -> Finding | None:
    count = sum(path.suffix.lower() in VIDEO_SUFFIXES for path in _entries(place))
    if not count:
        return None
    return Finding(
        f"{count} recording{'s' if count > 1 else ''} in {name}",
        (Step(f"ppad extract {name} --out collection", "find the key frames; run it again to go on after a stop"),),
    )


def _collection(place: Path, name: str) -> Finding | None:
    if not (place / "processes").is_dir():
        return None
    return Finding(
        f"A collection of painting processes: {name}",
        (
            Step(f"ppad show {name}", "a page with all key frames"),
            Step(f"ppad annotate init campaign {name}", "let people rate them in the browser"),
            Step(f"ppad build {name} --out dataset", "make a dataset of it, with --ratings where there are some"),
        ),
    )


def _campaign(place: Path, name: str) -> Finding | None:
    if not (place / "campaign.yaml").is_file():
        return None
    return Finding(
        f"A campaign of raters: {name}",
        (
            Step(f"ppad annotate serve {name}", "raters rate in the browser"),
            Step(f"ppad annotate status {name}", "how far they are"),
            Step(f"ppad ratings export {name} --out ratings", "their ratings, under pseudonyms"),
        ),
    )


def _ratings(place: Path, name: str) -> Finding | None:
    if not (place / "ratings.parquet").is_file():
        return None
    file = "ratings.parquet" if name == "." else f"{name}/ratings.parquet"
    return Finding(
        f"Ratings: {file}",
        (
            Step(f"ppad ratings agreement {file}", "how far raters agree"),
            Step(f"ppad build COLLECTION --ratings {file} --out dataset", "a dataset with scores"),
        ),
    )


def _dataset(place: Path, name: str) -> Finding | None:
    if not (place / "splits.parquet").is_file():
        return None
    return Finding(
        f"A dataset: {name}",
        (
            Step(f"ppad check {name}", "every problem with its place and fix"),
            Step(f"ppad train {name} --out run", "a judge learns from it"),
        ),
    )


def _run(place: Path, name: str) -> Finding | None:
    if not (place / "run.json").is_file():
        return None
    return Finding(
        f"A trained judge: {name}",
        (
            Step(f"ppad evaluate {name} DATASET", "how well it judges, with intervals"),
            Step(f"ppad score {name} FILM", "score a painting process, and see how the scores grew"),
        ),
    )


def _entries(folder: Path) -> list[Path]:
    """The first entries of a folder, by name; none where it cannot be read."""
    try:
        return sorted(islice(folder.iterdir(), MOST_LOOKED_AT))
    except OSError:
        return []
