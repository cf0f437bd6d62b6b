"""What the documents say of the tree is what the tree is."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest
import typer
import yaml
from typer.core import TyperGroup

from ppad import __version__
from ppad.cli.greeting import BEGINNING, PRODUCTS, RECORDINGS
from ppad.cli.main import command_line

ROOT = Path(__file__).parents[2]
ROOMS = {"ppad_pipelines": "pipelines", "ppad_annotation": "annotation_app", "ppad_model": "model"}
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
ROOT_COMMAND = typer.main.get_command(command_line())
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def first_cells(title: str) -> list[list[str]]:
    """The names in the first cell of each row of the table below a heading."""
    section = ARCHITECTURE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [re.findall(r"`([\w.]+)`", row) for row in rows]


def packages_below(folder: Path) -> set[str]:
    """Dotted names of the packages below a package, without its own name."""
    return {".".join(init.parent.relative_to(folder).parts) for init in folder.glob("*/**/__init__.py")}


def test_the_layers_of_the_core_are_those_that_the_import_rules_keep() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0]
    kept = [{name.strip().removeprefix("ppad.") for name in layer.split("|")} for layer in contract["layers"]]
    assert [set(names) for names in first_cells("Layers of the core")] == kept


def test_every_package_of_the_core_is_in_a_layer() -> None:
    named = {name for names in first_cells("Layers of the core") for name in names}
    assert named == packages_below(ROOT / "ppad") | {"errors", "critique"}


def test_every_package_of_a_room_is_named_and_every_named_one_exists() -> None:
    named = [name for names in first_cells("The packages of the rooms") for name in names]
    there = {f"{room}.{name}" for room, folder in ROOMS.items() for name in packages_below(ROOT / folder / room)}
    assert len(named) == len(set(named))
    assert set(named) == there


def test_every_file_that_the_architecture_names_exists() -> None:
    named = set(re.findall(r"`([\w/]+\.(?:py|js|html|yaml|json))`", ARCHITECTURE))
    of_a_run = {"run.json"}
    assert len(named) > 20
    assert {name for name in named - of_a_run if not any(f"/{file}".endswith(f"/{name}") for file in TRACKED)} == set()


def test_the_readme_names_every_page_of_the_guide() -> None:
    pages = {file for file in TRACKED if re.fullmatch(r"docs/[\w-]+\.md", file)}
    readme = (ROOT / "README.md").read_text("utf-8")
    assert {page for page in pages if f"({page}" not in readme} == set()


def shown_commands(page: Path) -> list[list[str]]:
    """The words of each `ppad` command in the blocks of a page, without comments."""
    blocks = re.findall(r"```(?:console|sh)\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("ppad ")]


def unknown_words(words: list[str]) -> list[str]:
    """The sub-command or options of a command line that `ppad` does not know."""
    command, rest = ROOT_COMMAND, words
    while isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
        if rest[0] not in command.commands:
            return rest[:1]
        command, rest = command.commands[rest[0]], rest[1:]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
    return [word for word in rest if word.startswith("--") and word.partition("=")[0] not in known]


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name)
def test_every_command_that_a_page_shows_exists_with_its_options(page: Path) -> None:
    assert {" ".join(words): unknown for words in shown_commands(page) if (unknown := unknown_words(words))} == {}


def test_every_command_that_the_greeting_names_exists_with_its_options() -> None:
    commands = [command for lead in (BEGINNING, RECORDINGS, *PRODUCTS) for command, _ in lead.steps]
    assert {command: unknown for command in commands if (unknown := unknown_words(shlex.split(command)[1:]))} == {}


def test_an_option_that_does_not_exist_would_be_found() -> None:
    assert unknown_words(["extract", "films", "--colour", "red"]) == ["--colour"]
    assert unknown_words(["stats", "collection", "--out", "x"]) == ["collection"]


def test_the_version_is_the_same_everywhere() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == __version__
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_notebook_holds_no_output() -> None:
    notebook = yaml.safe_load((ROOT / "docs" / "notebooks" / "first-look.ipynb").read_text("utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell for cell in code if cell["outputs"] or cell["execution_count"]] == []
