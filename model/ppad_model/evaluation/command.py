"""`ppad evaluate`: the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ppad.errors import ConfigError
from ppad_model.evaluation import options as o

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from ppad_model.evaluation.evaluating import Evaluation, Prepared, Question
    from ppad_model.evaluation.tables import Table

_WIDE = 124
"""Characters that a table needs where no terminal sets a width."""
WORK = ".ppad"
"""Folder of what was predicted so far, in that of the results: safe to delete."""


def evaluate(
    folders: Annotated[
        list[Path], typer.Argument(metavar="RUN… DATASET", help="One run or more, and the dataset.", show_default=False)
    ],
    split: o.Split = None,
    out: o.Out = None,
    allow_leak: o.AllowLeak = None,
    draws: o.Draws = 1000,
    seed: o.Seed = 0,
    device: o.Device = None,
    dry_run: o.DryRun = False,
    as_json: o.AsJson = False,
) -> None:
    """Measure how well runs judge: by attribute and source, with intervals, beside what needs no model.

    Nothing is printed before an audit: processes that a run was trained on, that chose its weights, or that share a reference, a
    prompt or an artist with those are refused. Several runs are compared in pairs. After a kill, the same command goes on.

    Example:  [bold]ppad evaluate run dataset/[/]
    """
    from ppad.storage import Dataset
    from ppad_model.evaluation.evaluating import Question, prepare
    from ppad_model.evaluation.report import refuse_foreign_page
    from ppad_model.runs import open_runs

    refuse_unasked(folders, allow_leak or (), "ppad evaluate")
    runs, dataset = open_runs(folders[:-1]), Dataset.open(folders[-1])
    question = Question(tuple(split or ()), tuple(allow_leak or ()), draws, seed)
    target = out or runs[0].folder / "evaluation" / dataset.root.resolve().name
    refuse_foreign_page(target)
    prepared = prepare(runs, dataset, question)
    if dry_run:
        _say_plan(prepared, target, as_json=as_json)
        return
    found, exit_code = _measured(prepared, question, target, device, as_json=as_json)
    _report(found, prepared, question, target, as_json=as_json)
    raise typer.Exit(exit_code)


def refuse_unasked(folders: Sequence[Path], leaks: Sequence[str], command: str) -> None:
    """Check what every evaluation is asked.

    Args:
        folders: runs, then the dataset.
        leaks: kinds to measure in spite of.
        command: what a person calls it by.

    Raises:
        ConfigError: there are too few folders, or no such kind of leak.
    """
    from ppad_model.evaluation.audit import LEAKS

    if len(folders) < 2:
        raise ConfigError("A run and a dataset are needed.", f"Say: {command} RUN DATASET")
    unknown = sorted(set(leaks) - set(LEAKS))
    if unknown:
        raise ConfigError(f"There is no kind of leak {unknown[0]!r}.", f"The kinds are {', '.join(LEAKS)}.")


def wide_console() -> Console:
    """Where tables are printed: a terminal as it is, anything else wide enough for them."""
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=max(console.width, _WIDE))


def _measured(prepared: Prepared, question: Question, out: Path, device: str | None, *, as_json: bool) -> tuple[Evaluation, int]:
    from rich.console import Console
    from rich.progress import Progress

    from ppad.cli.progress import RunView
    from ppad_model.devices import usual_device
    from ppad_model.evaluation.evaluating import measure, predict, table_lines
    from ppad_model.evaluation.predicting import AT_ONCE

    jobs = len(prepared.runs) * -(-len(prepared.rows) // AT_ONCE)
    with RunView("Predicting", jobs, f"batches of {AT_ONCE}", quiet=as_json, each=False) as view:
        said, report = predict(prepared, out / WORK, device or usual_device(), view)
    if report.fatal is not None:
        raise report.fatal
    with Progress(console=Console(stderr=True), transient=True, disable=as_json or not sys.stderr.isatty()) as bars:
        bar = bars.add_task("Measuring", total=table_lines(len(prepared.runs), prepared.rows))
        found = measure(prepared, said, question, lambda: bars.advance(bar))
    return found, 1 if found.failed or report.failed else 0


def _report(found: Evaluation, prepared: Prepared, question: Question, out: Path, *, as_json: bool) -> None:

    from ppad.cli.progress import print_json, warn
    from ppad_model.evaluation.report import PAGE, Names, to_json, write_report

    write_report(found, question, prepared.dataset, out)
    if as_json:
        print_json(to_json(found, question) | {"page": str(out / PAGE)})
        return
    if found.notice:
        warn(found.notice)
    for remark in found.remarks:
        warn(remark)
    console = wide_console()
    names = Names.of(prepared.dataset)
    aside = [table for table in found.tables if table.target == "true" or table.is_held_out]
    for table in found.tables:
        if table not in aside:
            _print_table(console, found, table, names.short)
    if aside:
        _print_means(console, aside)
    for failure in found.failed:
        warn(f"{failure.input} was left out: {failure.message}")
    console.print(f"Open {out / PAGE} in a browser.", soft_wrap=True, markup=False)


def _print_means(console: Console, tables: Sequence[Table]) -> None:
    """What stands apart, in short: the page and the JSON file hold it by attribute."""
    from rich.markup import escape
    from rich.table import Table as RichTable

    from ppad_model.evaluation.metrics import METRICS
    from ppad_model.evaluation.words import figure

    shown = RichTable(title="Apart, means over the attributes", title_justify="left", box=None)
    for name in ("", *(metric.title for metric in METRICS)):
        shown.add_column(name, justify="right" if name else "left", no_wrap=True)
    for table in tables:
        target = ", against the truth" if table.target == "true" else ""
        shown.add_row(f"[bold]{table.source}{target}[/] ({table.rows})")
        for line in table.lines:
            means = (figure(line.figures[metric.name][-1].value) for metric in METRICS)
            shown.add_row(f"  {escape(line.name)}", *means, style="" if line.kind == "run" else "dim")
    console.print(shown)


def _print_table(console: Console, found: Evaluation, table: Table, shorts: tuple[str, ...]) -> None:
    """All lines of a source: metric by metric, the mean first, as a narrow terminal cuts what stands on the right."""
    from rich.markup import escape
    from rich.table import Table as RichTable

    from ppad_model.evaluation.metrics import METRICS
    from ppad_model.evaluation.report import ceiling_row
    from ppad_model.evaluation.words import figure, interval

    target = ", against the truth" if table.target == "true" else ""
    shown = RichTable(
        title=f"{table.source}{target}: {table.rows} processes, {table.clusters} components", title_justify="left", box=None
    )
    for name in ("", "mean", "95 %", *shorts):
        shown.add_column(name, justify="right" if name else "left", no_wrap=True)
    for metric in METRICS:
        shown.add_row(f"[bold]{metric.title}[/]")
        for line in table.lines:
            *each, mean = line.figures[metric.name]
            style = "" if line.kind == "run" else "dim"
            shown.add_row(
                f"  {escape(line.name)}", figure(mean.value), interval(mean), *(figure(one.value) for one in each), style=style
            )
        row = ceiling_row(metric, found.ceilings[table.source]) if table.target == "rated" else []
        if row:
            shown.add_row("  the raters' ceiling", "", "", *row, style="dim")
    console.print(shown)


def _say_plan(prepared: Prepared, out: Path, *, as_json: bool) -> None:
    from ppad.cli.progress import print_json

    sources = {source.name: len(source.rows) for source in prepared.rows.sources()}
    if as_json:
        print_json({"out": str(out), "runs": [run.name for run in prepared.runs], "rows": len(prepared.rows), "sources": sources})
        return
    typer.echo(f"The audit found no leak. {len(prepared.rows)} processes would be measured: {sources}. Results: {out}", err=True)
