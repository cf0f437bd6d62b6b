"""What `ppad` says when it is called alone: what lies in the folder, and the commands that go on from there."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from ppad.media.suffixes import VIDEO_SUFFIXES

MOST_LOOKED_AT = 500
"""Entries of a folder that are looked at: a greeting must not take seconds."""


@dataclass(frozen=True, slots=True)
class Lead:
    """Something of PPAD's, or for it, and where it leads; `{}` stands for its place.

    Attributes:
        marker: the file or folder by which it is known.
        what: what it is.
        steps: commands that make sense, each with what it does.
    """

    marker: str
    what: str
    steps: tuple[tuple[str, str], ...]

    def at(self, place: str) -> Lead:
        """The same with its place."""
        return replace(
            self, what=self.what.format(place), steps=tuple((step.format(place), purpose) for step, purpose in self.steps)
        )


BEGINNING = Lead(
    "",
    "Nothing of PPAD lies here, and no recording. Begin with one of these:",
    (
        ("ppad demo", "see the whole way on drawn recordings; needs no data, GPU or raters"),
        ("ppad extract VIDEOS --out collection", "find the key frames of your recordings"),
        ("ppad synth strokes --prompt 'a boat on the sea' --out collection", "or have paintings painted"),
        ("ppad doctor", "what is installed, and what works on this machine"),
    ),
)

RECORDINGS = Lead(
    "", "Recordings: {}", (("ppad extract {} --out collection", "find the key frames; run it again to go on after a stop"),)
)

PRODUCTS = (
    Lead(
        "processes",
        "A collection of painting processes: {}",
        (
            ("ppad show {}", "a page with all key frames"),
            ("ppad annotate init campaign {}", "let people rate them in the browser"),
            ("ppad build {} --out dataset", "make a dataset of it, with --ratings where there are some"),
        ),
    ),
    Lead(
        "campaign.yaml",
        "A campaign of raters: {}",
        (
            ("ppad annotate serve {}", "raters rate in the browser"),
            ("ppad annotate status {}", "how far they are"),
            ("ppad ratings export {} --out ratings", "their ratings, under pseudonyms"),
        ),
    ),
    Lead(
        "ratings.parquet",
        "Ratings: {}/ratings.parquet",
        (
            ("ppad ratings agreement {}/ratings.parquet", "how far raters agree"),
            ("ppad build COLLECTION --ratings {}/ratings.parquet --out dataset", "a dataset with scores"),
        ),
    ),
    Lead(
        "splits.parquet",
        "A dataset: {}",
        (("ppad check {}", "every problem with its place and fix"), ("ppad train {} --out run", "a judge learns from it")),
    ),
    Lead(
        "run.json",
        "A trained judge: {}",
        (
            ("ppad evaluate {} DATASET", "how well it judges, with intervals"),
            ("ppad score {} FILM", "score a painting process, and see how the scores grew"),
        ),
    ),
)
"""What the commands make, in the order of a project."""


def greet(folder: Path) -> None:
    """Print what lies in the folder and the next useful commands."""
    console = Console(highlight=False, soft_wrap=True)
    console.print("[bold]PPAD[/]: datasets of how people paint, and models that judge it.\n")
    for lead in list(leads(folder)) or [BEGINNING]:
        console.print(escape(lead.what))
        width = max(len(command) for command, _ in lead.steps)
        for command, purpose in lead.steps:
            console.print(f"  [bold]{escape(command.ljust(width))}[/]   {escape(purpose)}")
        console.print()
    console.print("[dim]ppad --help lists all commands; ppad COMMAND --help shows an example of each.[/]")


def leads(folder: Path) -> Iterator[Lead]:
    """What lies in a folder or directly below it, in the order of a project; the first of each kind.

    The kinds are told by what their files are called, so that nothing is opened: a folder that pretends is
    found out by the command.
    """
    places = {folder: "."} | {
        path: shlex.quote(path.name) for path in _entries(folder) if path.is_dir() and not path.name.startswith(".")
    }
    for lead in (RECORDINGS, *PRODUCTS):
        for path, name in places.items():
            if (path / lead.marker).exists() if lead.marker else _has_recordings(path):
                yield lead.at(name)
                break


def _has_recordings(folder: Path) -> bool:
    return any(path.suffix.lower() in VIDEO_SUFFIXES for path in _entries(folder))


def _entries(folder: Path) -> list[Path]:
    """The first entries of a folder, by name; none where it cannot be read."""
    try:
        return sorted(islice(folder.iterdir(), MOST_LOOKED_AT))
    except OSError:
        return []
