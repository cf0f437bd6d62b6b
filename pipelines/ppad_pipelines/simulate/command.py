"""`ppad simulate`: the command line of the simulated benchmark."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ppad.cli.progress import RunView, print_json, print_report, warn
from ppad.stages import choose_executor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ppad_pipelines.simulate.design import Process
    from ppad_pipelines.simulate.run import Simulation


def simulate(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the dataset; an earlier dataset there is replaced.")],
    n: Annotated[int | None, typer.Option("--n", help="Number of processes or artworks, for example 2000.")] = None,
    artworks: Annotated[
        bool, typer.Option("--artworks", help="Finished artworks with descriptions and critiques, for the critic.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Another seed, other scenes and raters; 0 by default.")] = None,
    size: Annotated[int | None, typer.Option(help="Longer side of the frames, pixels; 128 by default.")] = None,
    collection: Annotated[
        Path | None, typer.Option(help="Folder of the processes one by one, which is kept.  \\[default: OUT-collection]")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="YAML file with these and more settings; flags go before it.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; one a core by default.")] = None,
    on: Annotated[str, typer.Option(help="Where it runs: local, inline, or ray\\[://HOST:PORT].")] = "local",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be made, and write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")] = False,
) -> None:
    """Make a labelled benchmark with known truth: processes painted from eight severities, rated by simulated raters.

    Simulated, known controls; not PPAD; not comparable with the paper's numbers. A run that is killed goes on when the
    same command is run again, and a larger --n keeps what is there.

    With --artworks it makes finished pictures by the rubric artwork-5, whose five qualities can be seen, with critiques.

    Example: [bold]ppad simulate --n 2000 --out simulated/[/]
    """
    if artworks:
        given = {"n": n, "seed": seed, "size": size}
        _simulate_artworks(out, collection or _store(out), config, given, on, workers, dry_run=dry_run, as_json=as_json)
        return
    from ppad_pipelines.simulate.config import SimulateConfig
    from ppad_pipelines.simulate.design import design
    from ppad_pipelines.simulate.run import run_simulation
    from ppad_pipelines.simulate.truth import NOTICE

    settings = SimulateConfig.load(config, n=n, seed=seed, size=size)
    store = collection or _store(out)
    if not as_json:
        warn(NOTICE)
    if dry_run:
        _say_plan(design(settings.n, settings.seed, settings.size), out, as_json=as_json)
        return
    executor = choose_executor(on, workers)
    made = run_simulation(out, store, settings, executor, partial(RunView, quiet=as_json, each=False))
    if not as_json:
        _print_audit(made)
    print_report(made.report, _sentence(made, out, store), as_json=as_json, extra=_as_data(made))
    raise typer.Exit(_exit_code(made))


def _simulate_artworks(
    out: Path, store: Path, config: Path | None, given: Mapping[str, int | None], on: str, workers: int | None, *,
    dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    from ppad_pipelines.simulate.artworks.recipe import NOTICE
    from ppad_pipelines.simulate.artworks.run import run_artworks
    from ppad_pipelines.simulate.config import ArtworksConfig

    settings = ArtworksConfig.load(config, **given)
    if not as_json:
        warn(NOTICE)
    if dry_run:
        if as_json:
            print_json({"notice": NOTICE, "artworks": settings.n})
        else:
            typer.echo(f"{settings.n} artworks would go into {out}; nothing was written.", err=True)
        return
    made = run_artworks(out, store, settings, choose_executor(on, workers), partial(RunView, quiet=as_json, each=False))
    published = made.built is not None and made.built.published
    sentence = f"{out} holds {len(made.artworks)} artworks, {store} the same one by one. {NOTICE}"
    if not published:
        sentence = f"The dataset could not be finished; {out} is as it was. Run the same command to go on."
    extra = {"notice": NOTICE, "published": published, "artworks": len(made.artworks)}
    print_report(made.report, sentence, as_json=as_json, extra=extra)
    raise typer.Exit((1 if made.report.failed else 0) if published else 2)


def _store(out: Path) -> Path:
    """Where the processes are kept one by one unless the user says."""
    return out.absolute().with_name(f"{out.absolute().name}-collection")


def _say_plan(processes: Sequence[Process], out: Path, *, as_json: bool) -> None:
    from ppad_pipelines.simulate.truth import NOTICE

    frames = sum(process.recipe.frames for process in processes)
    parts = Counter(process.part for process in processes)
    splits = Counter("test_synthetic" if process.is_test else "pretrain" for process in processes)
    held = Counter(process.held for process in processes if process.held)
    if as_json:
        print_json(
            {"notice": NOTICE, "processes": len(processes), "key frames": frames, "parts": parts, "splits": splits, "ood": held}
        )
        return
    for title, counts in (("part", parts), ("split", splits), ("out of distribution", held)):
        Console(stderr=True).print(f"{title}: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    typer.echo(f"{len(processes)} processes with {frames} key frames would go into {out}; nothing was written.", err=True)


def _print_audit(made: Simulation) -> None:
    if made.found is None:
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("audit", "found", "wanted", ""):
        table.add_column(title)
    for check in made.found.checks:
        table.add_row(check.statement, check.found, check.wanted, "holds" if check.holds else "[red]does not hold[/]")
    console = Console(stderr=True, highlight=False)
    console.print(table)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("raters' ceiling", "PCC", "SRCC", "MSE"):
        table.add_column(title, justify="left" if title.startswith("raters") else "right")
    for ceiling in made.found.ceilings:
        table.add_row(ceiling.attribute, f"{ceiling.pcc:.3f}", f"{ceiling.srcc:.3f}", f"{ceiling.mse:.2f}")
    console.print(table)


def _sentence(made: Simulation, out: Path, store: Path) -> str:
    from ppad_pipelines.simulate.truth import NOTICE

    if made.built is None or not made.built.published:
        return f"The dataset could not be finished; {out} is as it was. Run the same command to go on."
    return f"{out} holds {len(made.processes)} processes, {store} the same one by one. {NOTICE}"


def _exit_code(made: Simulation) -> int:
    if made.built is None or not made.built.published:
        return 2
    return 1 if made.report.failed else 0


def _as_data(made: Simulation) -> dict[str, Any]:
    from ppad_pipelines.simulate.truth import NOTICE

    return {
        "notice": NOTICE,
        "published": made.built is not None and made.built.published,
        "processes": len(made.processes),
        "audit": None if made.found is None else asdict(made.found),
    }
