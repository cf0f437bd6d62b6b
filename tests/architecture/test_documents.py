"""What the documents say of the tree is what the tree is."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import yaml

from ppad import __version__

ROOT = Path(__file__).parents[2]
ROOMS = {"ppad_pipelines": "pipelines", "ppad_annotation": "annotation_app", "ppad_model": "model"}
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
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


def test_the_version_is_the_same_everywhere() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == __version__
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_notebook_holds_no_output() -> None:
    notebook = yaml.safe_load((ROOT / "docs" / "notebooks" / "first-look.ipynb").read_text("utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell for cell in code if cell["outputs"] or cell["execution_count"]] == []
