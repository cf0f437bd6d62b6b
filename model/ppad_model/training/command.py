"""`ppad train`: the command line of the trainer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ppad_model.training.options import HOW, MACHINE, AsJson, CheckpointS, Config, Cpu, DryRun, Epochs, Out, Seed, Workers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from ppad_model.training.planning import Plan
    from ppad_model.training.run import Outcome


def train(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="Folder that ppad build or ppad simulate wrote.")],
    out: Out,
    preset: Annotated[
        str | None,
        typer.Option("--preset", "--model", help="A model of 'ppad models'; by the machine without.", rich_help_panel=HOW),
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="paper, or small for little data; by the dataset without.", rich_help_panel=HOW)
    ] = None,
    epochs: Epochs = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Processes of a step, over all ranks.", rich_help_panel=HOW)] = None,
    seed: Seed = None,
    config: Config = None,
    more: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Another setting: train.learning_rate=1e-4, model_settings.image_size=128.",
            rich_help_panel=HOW,
        ),
    ] = None,
    micro_batch: Annotated[int, typer.Option(min=1, help="Processes at once on a device.", rich_help_panel=MACHINE)] = 16,
    workers: Workers = None,
    memory_gb: Annotated[
        float, typer.Option(min=0, help="For decoded pictures; more are streamed.", rich_help_panel=MACHINE)
    ] = 4.0,
    checkpoint_s: CheckpointS = 60.0,
    cpu: Cpu = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Train a judge on a dataset: first on its synthetic processes, then on its real ones.

    A run that is killed goes on where it was when the same command is run again, with the same curve as if nothing had
    happened. On several GPUs: torchrun --nproc-per-node 4 -m ppad train …

    Example:  [bold]ppad train dataset/ --out run[/]
    """
    from ppad.cli.settings import read_settings
    from ppad.schema import read_yaml
    from ppad.stages import available_cores
    from ppad.storage import Dataset
    from ppad_model.training.config import merged
    from ppad_model.training.devices import Machine, is_first_rank
    from ppad_model.training.planning import make_plan
    from ppad_model.training.run import run_training

    phase = {"epochs": epochs, "batch": batch}
    flags: dict[str, Any] = {"model": preset, "recipe": recipe, "seed": seed, "pretrain": phase, "train": phase}
    asked = merged(read_yaml(config) if config is not None else {}, read_settings(more or []), flags)
    threads = workers or available_cores()
    machine = Machine(threads, int(memory_gb * (1 << 30)), micro_batch, checkpoint_s, cpu)
    plan = make_plan(Dataset.open(dataset), out, asked, machine)
    if is_first_rank() and (dry_run or not as_json):
        _say_plan(plan, as_json=as_json)
    if dry_run:
        return
    outcome = run_training(plan, out, machine, quiet=as_json)
    if is_first_rank():
        following = f"Measure it: ppad evaluate {out} {plan.dataset.root}"
        say_outcome(outcome, _plan_data(plan), out, outcome.manifest["model"], following, as_json=as_json)


def _say_plan(plan: Plan, *, as_json: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    from ppad.cli.progress import print_json, warn

    if as_json:
        print_json(_plan_data(plan))
        return
    for notice in filter(None, [plan.dataset.metadata.get("notice"), _unrated(plan), _unheld(plan)]):
        warn(notice)
    if plan.reasons and not plan.is_closed_form:
        chosen = "; ".join(plan.reasons)
        typer.echo(f"{chosen[0].upper()}{chosen[1:]}.", err=True)
    counts = ["processes", "validation"] if plan.is_closed_form else ["processes", "validation", "epochs", "batch"]
    ways = [] if plan.is_closed_form else ["optimizer", "learning_rate"]
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("phase", *counts, *ways):
        table.add_column(title.replace("_", " "), justify="right" if title in counts else "left")
    for row in _plan_data(plan)["phases"][-1:] if plan.is_closed_form else _plan_data(plan)["phases"]:
        table.add_row(row["phase"], *(f"{row[name]:,}" for name in counts), *(str(row[name]) for name in ways))
    Console(stderr=True, highlight=False).print(table)


def _unrated(plan: Plan) -> str | None:
    return f"{plan.unrated:,} processes without scores are left out." if plan.unrated else None


def _unheld(plan: Plan) -> str | None:
    names = [phase.name for phase in plan.phases if not len(phase.held)]
    return f"Nothing could be held out of {', '.join(names)}: the last weights are kept, not the best." if names else None


def _plan_data(plan: Plan) -> dict[str, Any]:
    return {
        "model": plan.config.model,
        "recipe": plan.config.recipe,
        "reasons": list(plan.reasons),
        "phases": [
            {
                "phase": phase.name,
                "processes": len(phase.learn),
                "validation": len(phase.held),
                "epochs": phase.config.epochs,
                "batch": phase.config.batch,
                "optimizer": phase.config.optimizer,
                "learning_rate": phase.config.learning_rate,
            }
            for phase in plan.phases
        ],
        "settings": plan.config.model_dump(mode="json"),
    }


def say_outcome(
    outcome: Outcome,
    planned: Mapping[str, Any],
    out: Path,
    what: str,
    following: str,
    *,
    warning: str | None = None,
    as_json: bool,
) -> None:
    """Say what a training left, of whatever kind of model.

    Args:
        planned: what was planned, as JSON has it.
        what: was trained.
        following: what to do next.
        warning: about what was trained.
    """
    from rich.console import Console

    from ppad.cli.progress import print_json, warn

    figures = outcome.manifest["validation"]
    if as_json:
        print_json({**planned, "run": str(out), "was_done": outcome.was_done, "validation": figures})
        return
    console = Console(stderr=True, highlight=False)
    if figures:
        console.print(validation_table(figures))
    if warning is not None:
        warn(warning)
    done = "was trained before" if outcome.was_done else "is trained"
    console.print(f"{what} {done}: {out}   {following}", soft_wrap=True)


def validation_table(figures: Mapping[str, Mapping[str, float | None]]) -> Table:
    """A row for each attribute of the figures in `run.json`."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("validation", "SRCC", "PCC", "MSE"):
        table.add_column(title, justify="left" if title == "validation" else "right")
    for name in figures["mse"]:
        table.add_row(name, *(_number(figures[metric][name]) for metric in ("srcc", "pcc", "mse")))
    return table


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
