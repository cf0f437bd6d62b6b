"""Hooks of MkDocs: what the site shows beside the pages of this folder, made from the tree at each build.

README.md becomes the first page; each command of `ppad` gets a page from its own help, each package one from its docstrings; the
notebook becomes a page to read; equations become MathML, which browsers draw without a script.
"""

from __future__ import annotations

import html
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import latex2mathml.converter
import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from typer.cli import get_docs_for_click
from typer.core import MARKUP_MODE_KEY, TyperGroup

from ppad.cli.main import command_line

ROOT = Path(__file__).parents[1]
TOP = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
"""Pages that stand at the top of the tree, and their names on the site."""
NOTEBOOK = "notebooks/first-look.ipynb"
ROOMS = {"ppad": ".", "ppad_pipelines": "pipelines", "ppad_annotation": "annotation_app", "ppad_model": "model"}
HIDDEN = re.compile(r"migrations|\.command$|_command$|\.standard_errors$")
"""Modules that are no one's to import: migrations run by themselves, commands have their own pages."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Give the generated pages their places, after the pages that are written by hand."""
    commands = [{name: f"reference/commands/{name}.md"} for name in _commands()]
    packages = [{name: f"reference/python/{name}.md"} for name in _packages()]
    reference = {"Reference": [{"Commands": commands}, {"Python": packages}]}
    config.nav.insert(-1, reference)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for source, target in TOP.items():
        files.append(File.generated(config, target, content=_linked((ROOT / source).read_text("utf-8"))))
    for name in ("LICENSE", "CITATION.cff"):
        files.append(File.generated(config, name, content=(ROOT / name).read_text("utf-8")))
    notebook = json.loads((ROOT / "docs" / NOTEBOOK).read_text("utf-8"))
    files.append(File.generated(config, NOTEBOOK.replace(".ipynb", ".md"), content=notebook_page(notebook)))
    for name, page in _commands().items():
        files.append(File.generated(config, f"reference/commands/{name}.md", content=page))
    for name, modules in _packages().items():
        files.append(File.generated(config, f"reference/python/{name}.md", content=_python_page(name, modules)))
    return files


def on_page_content(content: str, **_: Any) -> str:
    """Turn the equations of a page into MathML."""
    inline = re.sub(r'<span class="arithmatex">\\\((.*?)\\\)</span>', lambda m: _mathml(m[1], "inline"), content, flags=re.DOTALL)
    return re.sub(r'<div class="arithmatex">\s*\\\[(.*?)\\\]\s*</div>', lambda m: _mathml(m[1], "block"), inline, flags=re.DOTALL)


def _mathml(latex: str, display: str) -> str:
    return latex2mathml.converter.convert(html.unescape(latex).strip(), display=display)


def _linked(text: str) -> str:
    """A page of the top of the tree with its links as they are on the site."""
    for source, target in TOP.items():
        text = text.replace(f"]({source}", f"]({target}")
    return text.replace("](docs/", "](")


def _commands() -> dict[str, str]:
    """The page of each command, from its help."""
    command = cast(TyperGroup, typer.main.get_command(command_line()))
    context = typer.Context(command, info_name="ppad", obj={MARKUP_MODE_KEY: "rich"})
    pages = {}
    for name in command.list_commands(context):
        page = get_docs_for_click(obj=command.commands[name], ctx=context, call_prefix="ppad")
        page = re.sub(r'<span style="font-weight: bold">(.*?)</span>', r"**\1**", page)
        pages[name] = re.sub(r"(Example: *)\*\*(ppad.*?)\*\*", r"\1`\2`", page)
    return pages


def _packages() -> dict[str, list[str]]:
    """Modules of each package whose modules others import, by dotted name."""
    found: dict[str, list[str]] = {}
    for room, folder in ROOMS.items():
        for module in pkgutil.walk_packages([str(ROOT / folder / room)], f"{room}."):
            if not HIDDEN.search(module.name) and not module.ispkg:
                found.setdefault(module.name.rpartition(".")[0], []).append(module.name)
    return dict(sorted(found.items()))


def _python_page(name: str, modules: list[str]) -> str:
    return f"# `{name}`\n\n" + "\n".join(f"::: {module}\n" for module in modules)


def notebook_page(notebook: dict[str, Any]) -> str:
    """A notebook as a page: its words, and its code in blocks."""
    return "\n\n".join(_cells(notebook))


def _cells(notebook: dict[str, Any]) -> Iterator[str]:
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        yield text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```"
