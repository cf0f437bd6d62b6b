"""`ppad critic`: the command line of the critic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ppad_model.critic.evaluation.command import evaluate
from ppad_model.training.options import HOW, MACHINE, AsJson, CheckpointS, Config, Cpu, DryRun, Epochs, Out, Seed, Workers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppad_model.critic.planning import CriticPlan
    from ppad_model.critic.saving import CriticRun
    from ppad_model.critic.subjects import Subject
    from ppad_model.critic.writing import Told
    from ppad_model.training.run import Outcome

critic = typer.Typer(
    help="A vision-language model that scores artworks and processes, and says why.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

_OPEN = "What the paper leaves open, and ablations"
_Base = Annotated[
    str | None,
    typer.Option("--base", metavar="FOLDER", help="Where the base is now, if it is not where it was.", show_default=False),
]
_Device = Annotated[str | None, typer.Option(help="cpu or cuda; the GPU by default, where there is one.")]


@critic.command()
def train(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="Folder that ppad build wrote, with ratings.")],
    out: Out,
    base: Annotated[
        str | None,
        typer.Option(
            "--model",
            "--preset",
            metavar="BASE",
            rich_help_panel=HOW,
            help="tiny (random weights, the default), 2b, 7b, 2.5-3b, 2.5-7b, a hub id, or a folder.",
        ),
    ] = None,
    revision: Annotated[str | None, typer.Option(help="Commit of a hub id.", rich_help_panel=HOW)] = None,
    rubric: Annotated[
        Path | None, typer.Option(metavar="YAML", help="A rubric that does not ship with PPAD.", rich_help_panel=HOW)
    ] = None,
    epochs: Epochs = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Works of a step, over all ranks.", rich_help_panel=HOW)] = None,
    seed: Seed = None,
    config: Config = None,
    more: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            rich_help_panel=HOW,
            help="Another setting: train.learning_rate=1e-4, critic.rank=32, critic.bits=4.",
        ),
    ] = None,
    no_description: Annotated[bool, typer.Option("--no-description", help="Show no description.", rich_help_panel=_OPEN)] = False,
    no_rubric: Annotated[bool, typer.Option("--no-rubric", help="Do not explain the rubric.", rich_help_panel=_OPEN)] = False,
    head: Annotated[str | None, typer.Option(help="visual, or text: where the scores are read.", rich_help_panel=_OPEN)] = None,
    frozen_vision: Annotated[
        bool, typer.Option("--frozen-vision", help="Train no part of the visual encoder.", rich_help_panel=_OPEN)
    ] = False,
    conditioned: Annotated[
        bool, typer.Option("--conditioned", help="Tell it the scores before it writes.", rich_help_panel=_OPEN)
    ] = False,
    micro_batch: Annotated[int, typer.Option(min=1, help="Works at once on a device.", rich_help_panel=MACHINE)] = 8,
    checkpointing: Annotated[
        bool, typer.Option("--checkpointing", help="Less memory, more time.", rich_help_panel=MACHINE)
    ] = False,
    fsdp: Annotated[
        bool, typer.Option("--fsdp", help="Of several processes, each holds its part of the weights.", rich_help_panel=MACHINE)
    ] = False,
    workers: Workers = None,
    checkpoint_s: CheckpointS = 60.0,
    cpu: Cpu = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Train a critic on scores and critiques at once.

    Without --model it stands on tiny random weights, which need no download and try the whole path. A run that is killed goes
    on where it was when the same command is run again. On several GPUs: torchrun --nproc-per-node 4 -m ppad critic train …

    Example:  [bold]ppad critic train dataset/ --out critic --model 7b[/]
    """
    from ppad.cli.settings import read_settings
    from ppad.rubric import load_rubric
    from ppad.schema import read_yaml
    from ppad.stages import available_cores
    from ppad.storage import Dataset
    from ppad_model.critic.planning import make_critic_plan
    from ppad_model.critic.training import train_critic
    from ppad_model.training.config import merged
    from ppad_model.training.devices import Machine, is_first_rank

    phase = {"epochs": epochs, "batch": batch}
    asked_open = {
        "use_description": False if no_description else None,
        "use_rubric": False if no_rubric else None,
        "head_site": head,
        "merger": "frozen" if frozen_vision else None,
        "conditioned": conditioned or None,
    }
    flags: dict[str, Any] = {"base": base, "revision": revision, "seed": seed, "pretrain": phase, "train": phase}
    if rubric is not None:
        flags["rubric"] = load_rubric(rubric).model_dump(mode="json")
    asked = merged(read_yaml(config) if config is not None else {}, read_settings(more or []), flags, {"critic": asked_open})
    machine = Machine(workers or available_cores(), micro_batch=micro_batch, checkpoint_s=checkpoint_s, cpu=cpu)
    plan = make_critic_plan(Dataset.open(dataset), out, asked)
    if is_first_rank() and (dry_run or not as_json):
        _say_plan(plan, as_json=as_json)
    if dry_run:
        return
    outcome = train_critic(plan, out, machine, checkpointing=checkpointing, fsdp=fsdp, quiet=as_json)
    if is_first_rank():
        _say_outcome(outcome, plan, out, as_json=as_json)


@critic.command()
def write(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run: ppad critic train.")],
    subjects: Annotated[
        list[str],
        typer.Argument(metavar="SUBJECT…", help="Pictures, folders, recordings, process files, collections, ids of rows."),
    ],
    dataset: Annotated[Path | None, typer.Option(help="The dataset whose rows are named by their ids.")] = None,
    description: Annotated[str | None, typer.Option(metavar="TEXT", help="Of the work, in place of its own.")] = None,
    reference: Annotated[Path | None, typer.Option(metavar="IMAGE", help="What a process was painted from.")] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Keep them: .jsonl or .parquet; goes on if killed."),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Works at a time, with --out or --json.")] = 1,
    scores_only: Annotated[bool, typer.Option("--scores-only", help="Score, and write nothing.")] = False,
    base: _Base = None,
    device: _Device = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Let a critic score works and write its critiques: on the terminal as they come, or into a file.

    Example:  [bold]ppad critic write critic painting.jpg --description "A harbour at dusk."[/]

    Many at once:  [bold]ppad critic write critic pictures/ --out critiques.jsonl --batch 8[/]
    """
    from ppad_model.critic.saving import CriticRun
    from ppad_model.critic.subjects import find_subjects
    from ppad_model.critic.writing import Told
    from ppad_model.scoring.subjects import Given

    opened = CriticRun.open(run)
    found = find_subjects(subjects, dataset, of_processes=opened.config.is_of_processes)
    if dry_run:
        _say_subjects(found, out, as_json=as_json)
        return
    told = Told(Given(reference), description)
    if out is None and not as_json and not scores_only:
        raise typer.Exit(_write_aloud(opened, found, told, device, base))
    raise typer.Exit(_write_kept(opened, found, told, device, base, out, batch, text=not scores_only, as_json=as_json))


def _write_aloud(run: CriticRun, subjects: Sequence[Subject], told: Told, device: str | None, base: str | None) -> int:
    """Print each critique while it is written; 0, or 1 where a work could not be read."""
    from rich.console import Console

    from ppad.cli.progress import warn
    from ppad.errors import PpadError
    from ppad_model.critic.writing import Aloud, Desk
    from ppad_model.devices import usual_device

    desk = Desk(run, told, device or usual_device(), base)
    console, failed = Console(highlight=False), 0
    _warn_of(run)
    for number, subject in enumerate(subjects):
        if len(subjects) > 1:
            console.print(("\n" if number else "") + subject.label, markup=False, soft_wrap=True)
        try:
            desk.write([desk.read(subject)], Aloud(console, run.config.rubric))
        except PpadError as error:
            failed += 1
            warn(f"{subject.label}: {error}")
    return 1 if failed else 0


def _write_kept(
    run: CriticRun, subjects: Sequence[Subject], told: Told, device: str | None, base: str | None, out: Path | None, batch: int,
    *, text: bool, as_json: bool,
) -> int:  # fmt: skip
    """Write into a file, or print JSON or scores."""
    from ppad.cli.progress import RunView, print_json, print_report
    from ppad_model.critic.results import Results
    from ppad_model.critic.writing import Desk, write_all
    from ppad_model.devices import usual_device

    desk = Desk(run, told, device or usual_device(), base)
    results = None if out is None else Results(out, run.config.rubric, desk.digest)
    if not as_json:
        _warn_of(run)
    with RunView("Writing", len(subjects), "works", quiet=as_json, each=False) as view:
        report, rows = write_all(desk, subjects, batch, view, results, text=text)
    if as_json and out is None:
        failed = [{"input": one.input, "code": one.code, "message": one.message, "fix": one.fix} for one in report.failed]
        print_json({"run": run.run.card(), "critiques": rows, "failed": failed})
    else:
        if not as_json and not text:
            _say_scores(run, rows)
        print_report(report, f"Critiques: {out}" if out else "", as_json=as_json)
    return report.exit_code


def _say_scores(run: CriticRun, rows: Sequence[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("", overflow="fold")
    for attribute in run.config.rubric.attributes:
        table.add_column(attribute.short, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(row["input"], *(f"{value:.1f}" for value in row["scores"].values()))
    Console(highlight=False).print(table)


def _say_subjects(subjects: Sequence[Subject], out: Path | None, *, as_json: bool) -> None:
    from ppad.cli.progress import print_json

    if as_json:
        print_json([subject.label for subject in subjects])
        return
    for subject in subjects:
        typer.echo(subject.label)
    where = f" into {out}" if out else ""
    typer.echo(f"{len(subjects)} critiques would be written{where}. Nothing was written.", err=True)


def _warn_of(run: CriticRun) -> None:
    from ppad.cli.progress import warn

    for notice in run.run.notices():
        warn(f"Trained on: {notice}")
    if run.config.base.random:
        warn("The critic stands on random weights: what it says shows that everything works, and judges nothing.")
    if not run.config.critiques:
        warn("It has seen no critique: its paragraphs mean nothing.")


@critic.command()
def merge(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run: ppad critic train.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Folder of the merged model.", show_default=False)],
    base: _Base = None,
) -> None:
    """Merge the adapters into the weights: a model that transformers and serving tools open, with the head beside it.

    Example:  [bold]ppad critic merge critic --out merged[/]
    """
    from ppad_model.critic.saving import CriticRun, merge_critic

    merge_critic(CriticRun.open(run), out, base)
    typer.echo(f"{out} holds the merged model; its head is in critic_head.safetensors.", err=True)


def _say_plan(plan: CriticPlan, *, as_json: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    from ppad.cli.progress import print_json, warn

    if as_json:
        print_json(_plan_data(plan))
        return
    notices = [
        plan.dataset.metadata.get("notice"),
        f"{plan.unrated:,} works without scores are left out." if plan.unrated else None,
        f"{plan.silent:,} works have no critique: their scores alone are learned from." if plan.silent else None,
        None if plan.learned else "There are no critiques: the critic learns to score, and what it writes will mean nothing.",
    ]
    for notice in filter(None, notices):
        warn(notice)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("phase", "works", "critiques", "validation", "epochs", "batch", "learning rate"):
        table.add_column(title, justify="left" if title == "phase" else "right")
    for row in _plan_data(plan)["phases"]:
        table.add_row(str(row["phase"]), *(f"{row[name]:,}" for name in list(row)[1:]))
    Console(stderr=True, highlight=False).print(table)


def _plan_data(plan: CriticPlan) -> dict[str, Any]:
    return {
        "base": plan.config.base,
        "silent": plan.silent,
        "unrated": plan.unrated,
        "phases": [
            {
                "phase": phase.name,
                "works": len(phase.learn),
                "critiques": sum(len(plan.critiques.get(name, ())) for name in phase.learn.ids),
                "validation": len(phase.held),
                "epochs": phase.config.epochs,
                "batch": phase.config.batch,
                "learning_rate": phase.config.learning_rate,
            }
            for phase in plan.phases
        ],
        "settings": plan.config.model_dump(mode="json"),
    }


def _say_outcome(outcome: Outcome, plan: CriticPlan, out: Path, *, as_json: bool) -> None:
    from ppad_model.training.command import say_outcome

    is_random = outcome.manifest["model_settings"]["base"]["random"]
    warning = "The critic stands on random weights: it shows that everything works, and judges no artwork." if is_random else None
    following = f"Let it write: ppad critic write {out} PICTURE"
    say_outcome(outcome, _plan_data(plan), out, "The critic", following, warning=warning, as_json=as_json)


critic.command()(evaluate)
