"""`ppad train`: the command line of training."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

_WHAT, _HOW, _RUN = "What is trained", "How it is trained", "How it runs"


def train(
    dataset: Annotated[Path, typer.Argument(help="A dataset, as ppad build writes it.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the run; an unfinished one goes on.")],
    model: Annotated[
        str | None,
        typer.Option(
            help="As ppad models lists it.  \\[default: ppjudge-paper on a GPU, ppjudge-tiny without]", rich_help_panel=_WHAT
        ),
    ] = None,
    preset: Annotated[str | None, typer.Option(help="Short for --model ppjudge-PRESET.", rich_help_panel=_WHAT)] = None,
    config: Annotated[Path | None, typer.Option(help="YAML file with settings; flags win.", rich_help_panel=_HOW)] = None,
    more: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Another setting; settings.KEY=VALUE is one of the model.", rich_help_panel=_HOW
        ),
    ] = None,
    epochs: Annotated[
        str | None, typer.Option(metavar="N[,M]", help="Epochs of the first phase, and of the second.", rich_help_panel=_HOW)
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="Processes of a step, over all ranks.", rich_help_panel=_HOW)
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed, another run.", rich_help_panel=_HOW)] = None,
    precision: Annotated[str | None, typer.Option(help="auto, float32, bfloat16 or float16.", rich_help_panel=_HOW)] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.", rich_help_panel=_RUN)] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="Threads that decode pictures.", rich_help_panel=_RUN)] = None,
    checkpoint_steps: Annotated[int, typer.Option(min=1, help="Steps between checkpoints.", rich_help_panel=_RUN)] = 500,
    cache_mb: Annotated[int, typer.Option(min=0, help="Decoded pictures kept in memory.", rich_help_panel=_RUN)] = 1000,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and stop.", rich_help_panel=_RUN)] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.", rich_help_panel=_RUN)] = False,
) -> None:
    """Train a model on a dataset: first on its synthetic processes, then on its real ones. A run that was stopped goes on.

    Example:  [bold]ppad train dataset/ --out run[/]     on several GPUs:  [bold]torchrun --nproc-per-node 4 -m ppad train …[/]
    """
    from ppad.cli.progress import print_json
    from ppad.stages import available_cores
    from ppad_model.packages import torch
    from ppad_model.training.config import train_config

    name = model or (f"ppjudge-{preset}" if preset else None) or _default_model(torch.cuda.is_available() and device != "cpu")
    flags = _settings(more or []) | _epochs(epochs) | {"batch_size": batch_size, "seed": seed, "precision": precision}
    settings = train_config(name, config, **flags)
    if dry_run:
        print_json(_planned(dataset, settings))
        return
    from ppad_model.training.run import train as run_training
    from ppad_model.training.trainer import Means
    from ppad_model.training.view import TrainingView

    means = Means(out, threads or max(1, available_cores() - 1), checkpoint_steps, cache_mb * 10**6)
    with TrainingView(quiet=as_json or _rank() != 0) as view:
        outcome = run_training(dataset, settings, means, device, view)
    if _rank() != 0:
        return
    validation = None if outcome.validation is None else asdict(outcome.validation)
    if as_json:
        phases = [
            {"name": phase.name, "training": len(phase.training), "validation": len(phase.validation)}
            for phase in outcome.plan.phases
        ]
        print_json(
            {"run": str(out), "model": outcome.model, "phases": phases, "validation": validation, "notes": outcome.plan.notes}
        )
    else:
        typer.echo(f"The model is in {out}; its curves: {out / 'curves.png'}.", err=True)


def _default_model(gpu: bool) -> str:
    return "ppjudge-paper" if gpu else "ppjudge-tiny"


def _rank() -> int:
    import os

    return int(os.environ.get("RANK", "0"))


def _epochs(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    from ppad.errors import ConfigError

    parts = text.split(",")
    if len(parts) > 2 or not all(part.strip().isdigit() for part in parts):
        raise ConfigError(f"--epochs {text} is not one number, or two with a comma.", "For example: --epochs 60,20")
    return dict(zip(("pretrain_epochs", "train_epochs"), map(int, parts), strict=False))


def _settings(pairs: list[str]) -> dict[str, Any]:
    """The settings of `--set key=value`, values read as YAML; `settings.key` is one of the model."""
    import yaml

    from ppad.errors import ConfigError

    found: dict[str, Any] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign:
            raise ConfigError(f"'--set {pair}' has no '='.", "Give it as key=value.")
        name = key.strip().replace("-", "_")
        if name.startswith("settings."):
            found.setdefault("settings", {})[name.removeprefix("settings.")] = yaml.safe_load(value)
        else:
            found[name] = yaml.safe_load(value)
    return found


def _planned(dataset: Path, settings: Any) -> dict[str, Any]:
    from ppad.storage import Dataset
    from ppad_model.registry import model_config
    from ppad_model.training.plan import make_plan

    plan = make_plan(Dataset.open(dataset), settings, model_config(settings.model, **settings.settings).attributes)
    return {
        "config": settings.model_dump(mode="json"),
        "phases": [
            {"name": phase.name, "epochs": phase.epochs, "training": len(phase.training), "validation": len(phase.validation)}
            for phase in plan.phases
        ],
        "notes": list(plan.notes),
    }
