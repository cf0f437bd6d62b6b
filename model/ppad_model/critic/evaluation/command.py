"""`ppad critic evaluate`: the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ppad_model.evaluation import options as o

if TYPE_CHECKING:
    from rich.console import Console

    from ppad_model.critic.evaluation.evaluating import Evaluation, Prepared
    from ppad_model.critic.evaluation.writing import Spoken
    from ppad_model.evaluation.evaluating import Question


def evaluate(
    folders: Annotated[
        list[Path], typer.Argument(metavar="RUN… DATASET", help="One critic or more, and the dataset.", show_default=False)
    ],
    encoder: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Sentence encoder: a folder, or a hub id that was downloaded.", show_default=False),
    ] = None,
    split: o.Split = None,
    group: Annotated[
        str, typer.Option(help="Column whose groups are looked into.", show_default="category, style or artist_id")
    ] = "",
    no_text: Annotated[bool, typer.Option("--no-text", help="Measure scores alone; nothing is written.")] = False,
    base: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Where the base is now, if it is not where it was.", show_default=False)
    ] = None,
    out: o.Out = None,
    allow_leak: o.AllowLeak = None,
    draws: o.Draws = 1000,
    seed: o.Seed = 0,
    device: o.Device = None,
    dry_run: o.DryRun = False,
    as_json: o.AsJson = False,
) -> None:
    """Measure how well critics score and write, with intervals, beside constants, floors and the raters themselves.

    Works that a critic was trained on, or that share something with these, are refused. Several critics are compared in pairs.
    After a kill, the same command goes on.

    Example:  [bold]ppad critic evaluate run dataset/ --encoder sentence-transformers/all-MiniLM-L6-v2[/]
    """
    from ppad.storage import Dataset
    from ppad_model.critic.evaluation.encoder import SentenceEncoder
    from ppad_model.critic.evaluation.evaluating import measure, open_critics, prepare
    from ppad_model.devices import usual_device
    from ppad_model.evaluation.command import refuse_unasked
    from ppad_model.evaluation.evaluating import Question
    from ppad_model.evaluation.report import refuse_foreign_page

    refuse_unasked(folders, allow_leak or (), "ppad critic evaluate")
    runs, dataset = open_critics(folders[:-1]), Dataset.open(folders[-1])
    question = Question(tuple(split or ()), tuple(allow_leak or ()), draws, seed)
    target = out or runs[0].run.folder / "evaluation" / dataset.root.resolve().name
    refuse_foreign_page(target)
    prepared = prepare(runs, dataset, question)
    if dry_run:
        typer.echo(f"The audit found no leak. {len(prepared.rows)} works would be measured. Results: {target}", err=True)
        return
    where = device or usual_device()
    reader = None if encoder is None or no_text else SentenceEncoder(encoder, where)  # before the long part: it may be missing
    spoken, failed = _spoken(prepared, target, where, text=not no_text, base=base, quiet=as_json)
    found = measure(prepared, spoken, question, reader, group)
    _report(found, question, target, as_json=as_json)
    raise typer.Exit(1 if failed or found.failed else 0)


def _spoken(
    prepared: Prepared, out: Path, device: str, *, text: bool, base: str | None, quiet: bool
) -> tuple[list[Spoken], bool]:
    from ppad.cli.progress import RunView
    from ppad_model.critic.evaluation.evaluating import listen
    from ppad_model.evaluation.command import WORK
    from ppad_model.evaluation.predicting import AT_ONCE

    jobs = len(prepared.runs) * -(-len(prepared.rows) // AT_ONCE)
    with RunView("Judging", jobs, f"batches of {AT_ONCE}", quiet=quiet, each=False) as view:
        spoken, report = listen(prepared, out / WORK, device, text=text, base=base, listener=view)
    if report.fatal is not None:
        raise report.fatal
    return spoken, bool(report.failed)


def _report(found: Evaluation, question: Question, out: Path, *, as_json: bool) -> None:

    from ppad.cli.progress import print_json, warn
    from ppad_model.critic.evaluation.report import PAGE, notice, to_json, write_report
    from ppad_model.evaluation.command import wide_console

    write_report(found, question, out)
    if as_json:
        print_json(to_json(found, question) | {"page": str(out / PAGE)})
        return
    for sentence in filter(None, (notice(found), *found.remarks)):
        warn(sentence)
    console = wide_console()
    _print_scores(console, found)
    _print_texts(console, found)
    for failure in found.failed:
        warn(f"{failure.input} was left out: {failure.message}")
    console.print(f"Open {out / PAGE} in a browser.", soft_wrap=True, markup=False)


def _print_scores(console: Console, found: Evaluation) -> None:
    from rich.markup import escape
    from rich.table import Table

    from ppad_model.critic.evaluation.evaluating import SCORES
    from ppad_model.critic.evaluation.report import ceiling_row, in_points, units
    from ppad_model.evaluation.words import figure, interval

    points = units(found)
    for table in found.tables:
        target = ", against the truth" if table.target == "true" else ""
        shown = Table(
            title=f"{table.source}{target}: {table.rows} works, {table.clusters} components", title_justify="left", box=None
        )
        for name in ("", "mean", "95 %", *(one.short for one in found.prepared.rubric.attributes)):
            shown.add_column(name, justify="right" if name else "left", no_wrap=True)
        for metric in SCORES:
            shown.add_row(f"[bold]{metric.title}[/]" + (" [dim]points; mean: % of the scale[/]" if metric.name == "mae" else ""))
            for line in table.lines:
                estimates = [in_points(metric, one, unit) for one, unit in zip(line.figures[metric.name], points, strict=True)]
                cells = [figure(estimates[-1].value), interval(estimates[-1]), *(figure(one.value) for one in estimates[:-1])]
                shown.add_row(f"  {escape(line.name)}", *cells, style="" if line.kind == "run" else "dim")
            bounds = ceiling_row(found, table, metric)
            if bounds:
                shown.add_row("  the raters' ceiling", "", "", *bounds, style="dim")
        console.print(shown)


def _print_texts(console: Console, found: Evaluation) -> None:
    from rich.markup import escape
    from rich.table import Table

    from ppad_model.critic.evaluation.texts import NEARNESS
    from ppad_model.evaluation.words import figure, interval

    heads = [
        *(NEARNESS if found.encoder else ()),
        *(["agreement"] if found.encoder else []),
        "words",
        "rep-4",
        "dist-1",
        "dist-2",
        "copied",
    ]
    shown = Table(
        title="words: cosine with the raters' critiques, agreement with the scores, repetition", title_justify="left", box=None
    )
    for name in ("", *heads):
        shown.add_column(name, justify="right" if name else "left")
    for texts in found.texts:
        near = []
        for name in NEARNESS if found.encoder else ():
            estimate = texts.nearness[name][0] if name in texts.nearness else None
            signed = name.startswith("over")
            near.append(
                ""
                if estimate is None
                else f"{figure(estimate.value, signed=signed)}\n[dim]{interval(estimate, signed=signed)}[/]"
            )
        agreement = [figure(texts.agreement[-1].value) if texts.agreement else ""] if found.encoder else []
        counted = [
            f"{texts.words.value:.1f}",
            figure(texts.repeated.value),
            figure(texts.distinct[1]),
            figure(texts.distinct[2]),
            figure(texts.copied),
        ]
        shown.add_row(escape(texts.name), *near, *agreement, *counted)
    console.print(shown)
