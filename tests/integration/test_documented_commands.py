"""Every command line that the documentation or the greeting shows is one that the command of that name understands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import pytest
import typer

from ppad.cli.greeting import BEGINNING, PRODUCTS, RECORDINGS
from ppad.cli.main import CORE_COMMANDS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
IN_THE_CONTAINER = re.compile(r"^\$ campaign (?:run --rm app|exec app ppad annotate) ", re.MULTILINE)


def documented() -> Iterator[tuple[str, list[str]]]:
    """Where a command stands, and its words after `ppad`."""
    for page in PAGES:
        text = IN_THE_CONTAINER.sub("$ ppad annotate ", page.read_text("utf-8")).replace("\\\n", " ")
        for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            for line in re.findall(r"^\$ ppad (.*)", block, re.MULTILINE):
                words = shlex.split(line, comments=True)
                if words[0].startswith("-"):  # of `ppad` itself: what it would do, it does while it is parsed
                    continue
                yield page.name, words[: words.index(">")] if ">" in words else words


def command(name: str) -> Any:
    """The command that a room brings, or the core has."""
    places = CORE_COMMANDS | {entry.name: entry.value for entry in entry_points(group="ppad.commands")}
    found = EntryPoint(name, places[name], "ppad.commands").load()
    if isinstance(found, typer.Typer):
        return typer.main.get_command(found)
    alone = typer.Typer()
    alone.command(name=name)(found)
    return typer.main.get_command(alone)


def understand(words: list[str]) -> None:
    """Parse a command line without doing what it says."""
    known, rest = command(words[0]), words[1:]
    while hasattr(known, "commands") and rest and rest[0] in known.commands:
        known, rest = known.commands[rest[0]], rest[1:]
    known.make_context(" ".join(words), list(rest))


@pytest.mark.parametrize(
    ("page", "words"), list(documented()), ids=lambda value: value if isinstance(value, str) else " ".join(value)
)
def test_a_documented_command_is_understood(page: str, words: list[str]) -> None:
    understand(words)


@pytest.mark.parametrize("shown", [shown for lead in (BEGINNING, RECORDINGS, *PRODUCTS) for shown, _ in lead.steps])
def test_a_command_that_the_greeting_names_is_understood(shown: str) -> None:
    understand(shlex.split(shown)[1:])


def test_an_option_or_argument_that_does_not_exist_is_found() -> None:
    for words, said in ((["extract", "films", "--colour"], "--colour"), (["train", "dataset", "more", "--out", "run"], "more")):
        with pytest.raises(Exception, match=said):  # Typer keeps its click, and the class of the error, to itself
            understand(words)


def test_there_are_commands_to_check() -> None:
    found = [words for _, words in documented()]
    assert len(found) > 40
    assert ["annotate", "backup", "/campaign", "--out", "/backups", "--keep", "60"] in found
