"""`ppad synth fit`: settings of the stroke planner from recordings of how people paint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from ppad.cli.progress import RunView, print_json, warn
from ppad.stages import choose_executor

if TYPE_CHECKING:
    from ppad_pipelines.synth.fit.run import Fitted


def fit(
    references: Annotated[
        list[Path], typer.Argument(metavar="REFERENCE…", help="Collections of how people paint.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE.yaml", help="The settings; the search is noted beside it.")],
    medium: Annotated[str, typer.Option(help="oil, watercolour, pencil, ink, digital; any: whichever is nearest.")] = "oil",
    evaluations: Annotated[int, typer.Option(min=16, help="Habits that are tried, about.")] = 96,
    most: Annotated[int, typer.Option(min=4, help="Processes that are used, half of them held out.")] = 32,
    size: Annotated[int, typer.Option(min=64, max=1024, help="Longer side at which it is painted and measured, pixels.")] = 160,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another choice and search.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes.", show_default="one a core")] = None,
    on: Annotated[str, typer.Option(help="Where it runs: local, inline, or ray\\[://HOST:PORT].")] = "local",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Fit the habits of the stroke engine to collections of real processes.

    The pictures that half of the processes end in are painted anew with many habits; those whose course is nearest to
    the painters' are kept. What is told of the fit is measured on the other half.

    [bold]Example:[/] ppad synth fit real/ --out planner.yaml, then ppad synth strokes --config planner.yaml …
    """
    from ppad_pipelines.synth.fit.run import Wish, chosen, fit_planner, refuse_unknown_medium

    refuse_unknown_medium(medium)
    wish = Wish(medium, size, evaluations, most, seed)
    if dry_run:
        motifs, held_out, _ = chosen(references, wish)
        words = f"Would fit to {len(motifs)} processes, hold out {len(held_out)}, and write {out}. Nothing was written."
        print_json({"fit": len(motifs), "held_out": len(held_out), "out": str(out)}) if as_json else typer.echo(words, err=True)
        return
    executor = choose_executor(on, workers)
    with RunView("Trying", evaluations, "habits", quiet=as_json, each=False) as view:
        fitted = fit_planner(references, out, wish, executor, view)
    if as_json:
        print_json(fitted.to_data())
        return
    _print(fitted)
    typer.echo(f"Wrote {out}. Use it: ppad synth strokes --config {out} …", err=True)


def _print(fitted: Fitted) -> None:
    before, after = fitted.means
    table = Table(box=None, padding=(0, 2, 0, 0), title_justify="left", title_style="dim")
    table.title = f"distance of {fitted.held_out} held-out processes, in spreads"
    for head in ("", "usual habits", "fitted"):
        table.add_column(head, justify="left" if not head else "right")
    for title, one, other in fitted.rows():
        table.add_row(title, f"{one:.2f}", f"{other:.2f}")
    table.add_row("[bold]mean[/]", f"[bold]{before:.2f}[/]", f"[bold]{after:.2f}[/]")
    Console(highlight=False).print(table)
    if after >= before:
        warn("On what was held out, the fitted habits come no nearer than the usual ones: give more recordings.")
