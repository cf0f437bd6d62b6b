"""`ppad build`: collections and ratings become a dataset."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ppad.cli.progress import RunView, print_report, warn
from ppad.stages import choose_executor
from ppad_pipelines.build.card import SplitCount, split_counts
from ppad_pipelines.build.config import BuildConfig
from ppad_pipelines.build.plan import Plan
from ppad_pipelines.build.run import Outcome, run_build

MAX_NAMED = 5


def build(
    collections: Annotated[
        list[Path], typer.Argument(metavar="COLLECTION…", help="Folders that producers wrote.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="Folder of the dataset; an earlier dataset there is replaced.", show_default=False)],
    ratings: Annotated[list[Path] | None, typer.Option(help="A ratings.parquet; give it again for more.")] = None,
    exclusions: Annotated[Path | None, typer.Option(help="CSV table of ratings to leave out, with reasons.")] = None,
    rubric: Annotated[str | None, typer.Option(help="Rubric of the scores: an id or a YAML file; ppad-8 by default.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the splits and the order of rows; 0 by default.")] = None,
    shard_mb: Annotated[float | None, typer.Option(help="Size of a shard, MB; 256 by default.")] = None,
    row_group_mb: Annotated[float | None, typer.Option(help="Size of a row group, MB, at most 32; 16 by default.")] = None,
    licence: Annotated[str | None, typer.Option(help="Licence of the dataset, SPDX where there is one.")] = None,
    name: Annotated[str | None, typer.Option(help="Title of the dataset card; painting-processes by default.")] = None,
    config: Annotated[Path | None, typer.Option(help="YAML file with these settings; flags go before it.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; one a core by default.")] = None,
    on: Annotated[str, typer.Option(help="Where it runs: local, inline, or ray\\[://HOST:PORT].")] = "local",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be built, and write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")] = False,
) -> None:
    """Build a dataset from collections: shards, splits with their audit, a dataset card, Croissant, checksums.

    A build that is killed goes on where it stopped when the same command is run again; until it is finished, an earlier
    dataset stays as it is. The same input gives the same bytes.

    Example: [bold]ppad build collection/ --ratings ratings.parquet --out dataset/[/]
    """
    settings = BuildConfig.load(
        config,
        rubric=rubric,
        seed=seed,
        shard_mb=shard_mb,
        row_group_mb=row_group_mb,
        licence=licence,
        name=name,
    )
    executor = choose_executor(on, workers)
    view = partial(RunView, quiet=as_json, each=False)
    outcome = run_build(collections, out, ratings or [], settings, executor, view, exclusions=exclusions, dry_run=dry_run)
    if not as_json:
        _print_splits(outcome.plan)
    for sentence in notes(outcome.plan):
        warn(sentence)
    print_report(outcome.report, _sentence(outcome, out, dry_run=dry_run), as_json=as_json, extra=_as_data(outcome))
    raise typer.Exit(_exit_code(outcome, dry_run=dry_run))


def notes(plan: Plan) -> list[str]:
    """What the user should know of a plan: ratings that belong to no process, and empty splits."""
    found = []
    if plan.excluded:
        found.append(f"{plan.excluded} ratings are left out by {len(plan.exclusions)} recorded decisions.")
    if plan.unknown:
        named = ", ".join(plan.unknown[:MAX_NAMED]) + (", …" if len(plan.unknown) > MAX_NAMED else "")
        found.append(f"Ratings of {_processes(len(plan.unknown))} in no collection are left out: {named}.")
    for training, test, kind in (("train", "test_real", "real"), ("pretrain", "test_synthetic", "synthetic")):
        found += _empty_notes({count.split: count for count in split_counts(plan)}, training, test, kind)
    return found


def _empty_notes(counts: dict[str, SplitCount], training: str, test: str, kind: str) -> list[str]:
    if not counts[training].rows and not counts[test].rows:
        return [f"The splits {training} and {test} are empty: there are no {kind} processes."]
    if not counts[test].rows:
        reason = "there are too few, or they form groups too large to hold out"
        return [f"The split {test} is empty: no {kind} process could be held out, since {reason}."]
    if not counts[training].rows:
        return [f"The split {training} is empty: all {kind} processes are in {test}."]
    return []


def _processes(count: int) -> str:
    return f"{count} process{'es' if count != 1 else ''}"


def _sentence(outcome: Outcome, out: Path, *, dry_run: bool) -> str:
    count = len(outcome.plan.facts)
    if dry_run:
        return f"{_processes(count)} would go into {len(outcome.plan.shards)} shards in {out}; nothing was written."
    if outcome.published:
        return f"The dataset in {out} holds {_processes(count)} in {len(outcome.plan.shards)} shards."
    return f"The dataset could not be finished; {out} is as it was. Run the same command to go on."


def _exit_code(outcome: Outcome, *, dry_run: bool) -> int:
    if not outcome.published and not dry_run:
        return 2
    return 1 if outcome.report.failed else 0


def _print_splits(plan: Plan) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("split")
    for title in ("processes", "key frames", "groups", "rated", "raters", "MB"):
        table.add_column(title, justify="right")
    for count in split_counts(plan):
        numbers = (count.rows, count.frames, count.groups, count.rated, count.raters, count.megabytes)
        table.add_row(count.split, *(f"{number:,}" for number in numbers))
    Console(stderr=True, highlight=False).print(table)


def _as_data(outcome: Outcome) -> dict[str, Any]:
    return {
        "published": outcome.published,
        "processes": len(outcome.plan.facts),
        "splits": [asdict(count) for count in split_counts(outcome.plan)],
        "shards": [shard.name for shard in outcome.plan.shards],
        "unknown_rated": list(outcome.plan.unknown),
        "notes": notes(outcome.plan),
    }
