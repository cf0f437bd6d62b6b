"""`ppad score`: the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ppad.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppad_model.scoring.scored import Judge, Scored
    from ppad_model.scoring.subjects import Given, Place

_WHAT, _LIVE, _MANY = "What the painter worked from", "While someone paints", "When there are many"


def score(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a training run: ppad train.")],
    processes: Annotated[
        list[str],
        typer.Argument(
            metavar="PROCESS…", help="Recordings, folders of numbered stills, process files, collections, ids of rows."
        ),
    ],
    dataset: Annotated[Path | None, typer.Option(help="The dataset whose rows are named by their ids.")] = None,
    reference: Annotated[Path | None, typer.Option(metavar="IMAGE", help="A picture.", rich_help_panel=_WHAT)] = None,
    prompt: Annotated[str | None, typer.Option(metavar="TEXT", help="Words.", rich_help_panel=_WHAT)] = None,
    live: Annotated[
        bool, typer.Option("--follow", help="Watch a growing recording or folder; Ctrl-C ends.", rich_help_panel=_LIVE)
    ] = False,
    until_idle: Annotated[
        float | None, typer.Option(min=0, metavar="S", help="End after so many seconds without news.", rich_help_panel=_LIVE)
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.01, help="Of a recording between two looks.", rich_help_panel=_LIVE)] = 0.5,
    explain: Annotated[bool, typer.Option("--explain", help="Also draw which parts and which experts made the scores.")] = False,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for pictures and JSON files.")] = Path("scores"),
    device: Annotated[str | None, typer.Option(help="cpu or cuda; the GPU by default, where there is one.")] = None,
    on: Annotated[
        str, typer.Option(help="Where it runs: inline, local (worker processes), or ray\\[://HOST:PORT].", rich_help_panel=_MANY)
    ] = "inline",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes, each with a model.", rich_help_panel=_MANY)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be scored, and write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON on standard output.")] = False,
) -> None:
    """Score painting processes with a trained judge: scores, how they grew frame by frame, and a picture of both.

    Example:  [bold]ppad score run painting.mp4 --reference photo.jpg[/]

    With --follow it gives feedback while someone paints:  [bold]ppad score run recording.mkv --follow[/]
    """
    from ppad_model.runs import Run
    from ppad_model.scoring.scored import Judge
    from ppad_model.scoring.subjects import Given, find_places

    if reference is not None and prompt is not None:
        raise ConfigError("Both a picture and a prompt were given.", "Give --reference or --prompt, not both.")
    if explain and live:
        raise ConfigError("--explain looks at a process that has ended.", "Leave out --follow; or explain it afterwards.")
    judge = Judge.of(Run.open(run))
    given = Given(reference, prompt)
    if live:
        _follow(judge, processes, given, out, device, seconds, until_idle, as_json=as_json, dry_run=dry_run)
        return
    places = find_places(processes, dataset)
    if dry_run:
        _say_plan(places, out, as_json=as_json)
        return
    _score_all(judge, places, given, out, device, on, workers, explain=explain, as_json=as_json)


def _score_all(
    judge: Judge, places: Sequence[Place], given: Given, out: Path, device: str | None, on: str, workers: int | None,
    *, explain: bool, as_json: bool,
) -> None:  # fmt: skip
    from ppad.cli.progress import RunView, print_report
    from ppad.stages import available_cores, choose_executor, run_stage
    from ppad_model.scoring.work import STAGE, Scoring, in_order

    work = Scoring(judge, out, given, explain, device, available_cores())
    plan, executor = work.plan(places), choose_executor(on, workers)
    if explain:
        work.check_explicable()
    with RunView("Scoring", len(places), "processes", quiet=as_json, each=False) as view:
        report = run_stage(STAGE, work, plan, executor, view)
    experts = work.write_experts(in_order(report, plan))
    if not as_json:
        _say_scores(judge, [(job.id, summary) for job, summary in report.done])
    extra = {"run": judge.run.card(), "notices": judge.run.notices(), "experts": experts}
    print_report(report, f"Pictures: {out}", as_json=as_json, extra=extra)
    raise typer.Exit(report.exit_code)


def _follow(
    judge: Judge, processes: Sequence[str], given: Given, out: Path, device: str | None, seconds: float, until_idle: float | None,
    *, as_json: bool, dry_run: bool,
) -> None:  # fmt: skip
    from ppad.cli.progress import print_json
    from ppad_model.devices import usual_device
    from ppad_model.scoring.following import Patience
    from ppad_model.scoring.live import INTERVAL_S, ended_by_ctrl_c, follow_process, watch

    if len(processes) != 1:
        raise ConfigError(f"{len(processes)} processes cannot be followed at once.", "Name one recording, or one folder.")
    watched = watch(Path(processes[0]), seconds)
    if dry_run:
        typer.echo(f"Would follow {watched.name} and write {out}. Nothing was written.", err=True)
        return
    if not as_json:
        ends = "Ctrl-C ends" if until_idle is None else f"ends {until_idle:g} s after the last change"
        typer.echo(f"Following {watched.name}; {ends}. Picture: {out}", err=True)
    with ended_by_ctrl_c() as stop:
        patience = Patience(INTERVAL_S, until_idle, stop)
        say = _say_nothing if as_json else _say_update
        scored, files = follow_process(watched, judge, given, out, patience, device or usual_device(), say)
    if as_json:
        print_json(scored.to_json() | {"files": files})
    else:
        typer.echo(f"Picture: {files['picture']}", err=True)


def _say_nothing(_scored: Scored) -> None:
    """For scripts, which read the end alone."""


def _say_update(scored: Scored) -> None:
    """One line an update."""
    from ppad.plotting.labels import count

    figures = "  ".join(f"{attribute.short} {scored.scores[attribute.id]:.1f}" for attribute in scored.judge.attributes)
    moment = "final" if scored.is_final else scored.looks[-1].place
    typer.echo(f"{moment:>10}  {count(scored.key_frames, 'key frame'):>13}  {figures}", err=True)


def _say_scores(judge: Judge, done: Sequence[tuple[str, Any]]) -> None:
    """A row a process."""
    from rich.console import Console
    from rich.table import Table

    from ppad.cli.progress import warn

    for notice in judge.run.notices():
        warn(f"Trained on: {notice}")
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("", overflow="fold")
    for attribute in judge.attributes:
        table.add_column(attribute.short, justify="right", no_wrap=True)
    for name, summary in done:
        table.add_row(name, *(f"{value:.1f}" for value in summary["scores"].values()))
    console = Console(highlight=False)
    console.print(table)
    console.print(f"Scored by {judge.run.name}: {judge.run.card()}", soft_wrap=True, markup=False)


def _say_plan(places: Sequence[Place], out: Path, *, as_json: bool) -> None:
    from ppad.cli.progress import print_json

    if as_json:
        print_json([{"input": place.label, "name": place.name} for place in places])
        return
    for place in places:
        typer.echo(f"{place.label}  {out / place.name}.png")
    typer.echo(f"{len(places)} would be scored. Nothing was written.")
