"""`ppad stats process`: what painting processes do, and how far collections of them are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ppad.cli.progress import RunView, print_json, warn
from ppad.errors import ConfigError, NoInputsError
from ppad.stages import choose_executor

if TYPE_CHECKING:
    from ppad_pipelines.stats.distances import Apart
    from ppad_pipelines.stats.measures import Profile

stats = typer.Typer(help="Statistics of painting processes.", no_args_is_help=True, rich_markup_mode="rich")


@stats.callback()
def _group() -> None:
    """Statistics of painting processes."""


@stats.command("process")
def process(
    collections: Annotated[
        list[Path], typer.Argument(metavar="COLLECTION…", help="One or more; the first is the reference.", show_default=False)
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE.png", help="Draw them side by side.", show_default="no picture")
    ] = None,
    table: Annotated[
        Path | None, typer.Option(metavar="FILE.parquet", help="Write every process's curves and numbers.", show_default="none")
    ] = None,
    over: Annotated[str, typer.Option(help="frames: key frame by key frame; time: by the clock, where there is one.")] = "frames",
    rounds: Annotated[int, typer.Option(min=20, help="Resamplings behind intervals and chance levels.")] = 200,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes.", show_default="one a core")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be measured, and write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Measure how processes cover the canvas, near their end and come back; compare collections with the first.

    Example:  [bold]ppad stats process real/ synthetic/ --out course.png[/]
    """
    from ppad_pipelines.stats.distances import apart
    from ppad_pipelines.stats.measures import Profile

    if over not in ("frames", "time"):
        raise ConfigError(f"There is no axis {over!r}.", "Choose --over frames or --over time.")
    axis: Any = over
    _refuse_endings(out, table)
    if dry_run:
        _say_plan(collections, as_json=as_json)
        return
    measured, failures = _measured(collections, workers, quiet=as_json)
    profiles = [Profile.of(name, found, axis) for name, found in zip(_names(collections), measured, strict=True)]
    _refuse_empty(profiles, over)
    distances = [apart(profiles[0], other, rounds=rounds) for other in profiles[1:]]
    if out is not None:
        _draw(out, profiles, distances, axis)
    if table is not None:
        from ppad_pipelines.stats.table import write_table

        write_table(table, profiles)
    if as_json:
        print_json(_as_data(collections, profiles, distances, over))
    else:
        _print_tables(profiles, distances)
        for path in (out, table):
            if path is not None:
                typer.echo(f"Wrote {path}", err=True)
    raise typer.Exit(1 if failures else 0)


def _refuse_endings(out: Path | None, table: Path | None) -> None:
    for path, ending, option in ((out, ".png", "--out"), (table, ".parquet", "--table")):
        if path is not None and path.suffix.lower() != ending:
            raise ConfigError(f"{path.name} does not end in {ending}.", f"Give {option} NAME{ending}.")


def _say_plan(collections: Sequence[Path], *, as_json: bool) -> None:
    from ppad.storage import Collection

    counts = {str(path): len(Collection.open(path)) for path in collections}
    if as_json:
        print_json({"would_measure": counts})
        return
    for path, number in counts.items():
        typer.echo(f"Would measure {number} processes of {path}. Nothing was written.", err=True)


def _measured(collections: Sequence[Path], workers: int | None, *, quiet: bool) -> tuple[list[Any], int]:
    """The measures of each collection, and how many processes could not be measured."""
    from ppad.storage import Collection
    from ppad_pipelines.stats.collecting import measure_collection

    found, failures = [], 0
    for path in collections:
        total = len(Collection.open(path))
        with RunView(f"Measuring {path.name}:", total, "processes", quiet=quiet, each=False) as view:
            measured, report = measure_collection(path, choose_executor("local", min(workers or total or 1, total or 1)), view)
        found.append(measured)
        failures += len(report.failed)
    return found, failures


def _names(collections: Sequence[Path]) -> list[str]:
    """What pictures and tables call each collection: its folder's name, with as much of the path as tells them apart."""
    paths = [path.resolve() for path in collections]
    names = [path.name for path in paths]
    if len(set(names)) == len(names):
        return names
    return ["/".join(path.parts[-2:]) for path in paths]


def _refuse_empty(profiles: Sequence[Profile], over: str) -> None:
    for profile in profiles:
        if not len(profile):
            without = "no process with a clock" if over == "time" else "no process in which anything changes"
            raise NoInputsError(f"{profile.name} holds {without}.", "Give a collection with painting processes.")


def _draw(out: Path, profiles: Sequence[Profile], distances: Sequence[Sequence[Apart]], axis: Any) -> None:
    from ppad.errors import MissingExtraError
    from ppad.media.images import encode_image
    from ppad.storage import write_bytes

    try:
        from ppad_pipelines.stats.picture import comparison
    except ImportError as error:
        raise MissingExtraError.of("matplotlib", "stats") from error
    write_bytes(out, encode_image(comparison(profiles, distances, axis), "png"))


def _as_data(
    collections: Sequence[Path], profiles: Sequence[Profile], distances: Sequence[Sequence[Apart]], over: str
) -> dict[str, Any]:
    from ppad_pipelines.stats.summary import summary_of

    return {
        "over": over,
        "collections": [{"path": str(path), **summary_of(profile)} for path, profile in zip(collections, profiles, strict=True)],
        "distances": [
            {"reference": profiles[0].name, "other": other.name, **asdict(one)}
            for other, several in zip(profiles[1:], distances, strict=True)
            for one in several
        ],
    }


def _print_tables(profiles: Sequence[Profile], distances: Sequence[Sequence[Apart]]) -> None:
    from ppad_pipelines.stats.measures import TITLES
    from ppad_pipelines.stats.summary import middles

    console = Console(highlight=False)
    table = Table(box=None, padding=(0, 2, 0, 0), title_justify="left", title="median, middle half", title_style="dim")
    table.add_column("")
    for profile in profiles:
        table.add_column(f"{escape(profile.name)} [dim]({len(profile)})[/]", no_wrap=True)
    for name, cells in middles(profiles).items():
        table.add_row(TITLES[name], *cells)
    console.print(table)
    for profile in profiles:
        if profile.left_out:
            warn(f"{profile.left_out} of {profile.name} were left out: nothing changes in them, or they have no clock.")
    for other, several in zip(profiles[1:], distances, strict=True):
        title = f"distance of {escape(other.name)} from {escape(profiles[0].name)}"
        console.print(_distance_table(several, title))


def _distance_table(distances: Sequence[Apart], title: str) -> Table:
    from ppad_pipelines.stats.measures import TITLES

    table = Table(box=None, padding=(0, 2, 0, 0), title=title, title_justify="left", title_style="dim")
    for head in ("", "Wasserstein", "95 % interval", "by chance", "RMS", "in spreads"):
        table.add_column(head, justify="left" if not head else "right", no_wrap=True)
    for one in distances:
        style = "bold" if one.distance > one.chance else "dim"
        table.add_row(
            TITLES[one.statistic],
            f"[{style}]{one.distance:.3f}[/]", f"{one.low:.3f}–{one.high:.3f}", f"{one.chance:.3f}", f"{one.rms:.3f}",
            f"{one.relative:.2f}",
        )  # fmt: skip
    return table
