"""`ppad models`: the models that can be trained, and what each needs."""

from __future__ import annotations

from typing import Annotated

import typer


def models(as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False) -> None:
    """List the models: parameters, what they look at, what they need. Nothing is loaded.

    Example:  [bold]ppad models[/]
    """
    from rich.console import Console
    from rich.table import Table

    from ppad.cli.progress import print_json
    from ppad_model.ppjudge.presets import ROWS
    from ppad_model.registry import MODELS

    if as_json:
        print_json(
            [
                {"name": name, "parameters": entry.parameters, "input": entry.sees, "needs": entry.needs}
                | {"summary": entry.summary, "beside": entry.beside}
                for name, entry in MODELS.items()
            ]
        )
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("model", "parameters", "what it is", "looks at", "needs"):
        table.add_column(title, justify="right" if title == "parameters" else "left", no_wrap=title in ("model", "parameters"))
    for name, entry in MODELS.items():
        table.add_row(name, f"{entry.parameters:,}", entry.summary, entry.sees, f"[dim]{entry.needs}[/]")
    console = Console(highlight=False)
    console.print(table)
    console.print(f"\nAblations of the paper: ppjudge-ROW or ppjudge-tiny/ROW, ROW one of {', '.join(ROWS)}.", soft_wrap=True)
