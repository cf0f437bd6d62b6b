"""`ppad extract`: the command line of extraction."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ppad.cli.progress import RunView, print_json, print_report, warn
from ppad.stages import available_cores, choose_executor

if TYPE_CHECKING:
    from ppad.keyframes.config import ExtractConfig
    from ppad_pipelines.extract.sidecar import Sidecar
    from ppad_pipelines.extract.sources import Found

_CANVAS, _FRAMES, _RUN = "What the canvas is", "Which frames are kept", "How it runs"


def extract(
    videos: Annotated[
        list[str], typer.Argument(help="Videos, animated pictures, folders (searched through), globs.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the collection; made if it does not exist.")],
    metadata: Annotated[
        Path | None,
        typer.Option(
            help="Table by file name (CSV or .jsonl): file, reference, prompt, artist_id, style, category, licence, origin."
        ),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="YAML file with these settings; flags win over it.")] = None,
    every: Annotated[int | None, typer.Option(help="Look at one frame in this many.", rich_help_panel=_FRAMES)] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Look at one frame in this many seconds.", rich_help_panel=_FRAMES)
    ] = None,
    min_frames: Annotated[int | None, typer.Option(help="Fewest key frames.  \\[default: 8]", rich_help_panel=_FRAMES)] = None,
    max_frames: Annotated[int | None, typer.Option(help="Most key frames.  \\[default: 32]", rich_help_panel=_FRAMES)] = None,
    sensitivity: Annotated[
        float | None, typer.Option(help="Above 1: more key frames; below: fewer.  \\[default: 1]", rich_help_panel=_FRAMES)
    ] = None,
    occlusion: Annotated[
        bool | None,
        typer.Option("--occlusion", help="A hand covers the canvas: use moments without movement.", rich_help_panel=_FRAMES),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(help="A key frame differs from the 'last' one or from 'any' earlier one.", rich_help_panel=_FRAMES),
    ] = None,
    exposure: Annotated[
        bool | None, typer.Option("--exposure", help="Correct a drifting exposure before comparing.", rich_help_panel=_FRAMES)
    ] = None,
    mask_restless: Annotated[
        bool | None,
        typer.Option("--mask-restless", help="Ignore pixels that never rest (clock, face-cam, cursor).", rich_help_panel=_CANVAS),
    ] = None,
    crop: Annotated[
        str | None, typer.Option(help="The canvas: x,y,width,height in upright pixels.", rich_help_panel=_CANVAS)
    ] = None,
    rotate: Annotated[int | None, typer.Option(help="Turn clockwise: 90, 180 or 270.", rich_help_panel=_CANVAS)] = None,
    size: Annotated[
        int | None, typer.Option(help="Longer side of stored frames, 0: as it is.  \\[default: 1024]", rich_help_panel=_CANVAS)
    ] = None,
    codec: Annotated[str | None, typer.Option(help="jpeg, webp or png.  \\[default: jpeg]", rich_help_panel=_CANVAS)] = None,
    quality: Annotated[int | None, typer.Option(help="1–100.  \\[default: 95]", rich_help_panel=_CANVAS)] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes.  \\[default: one a core]", rich_help_panel=_RUN)
    ] = None,
    on: Annotated[
        str, typer.Option(help="Where it runs: local, inline, or ray\\[://HOST:PORT].", rich_help_panel=_RUN)
    ] = "local",
    time_limit: Annotated[float, typer.Option(min=1, help="Seconds a file may take (not inline).", rich_help_panel=_RUN)] = 7200,
    overwrite: Annotated[
        bool, typer.Option(help="Make processes again that exist with other settings.", rich_help_panel=_RUN)
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.", rich_help_panel=_RUN)
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.", rich_help_panel=_RUN)] = False,
) -> None:
    """Extract key frames from painting videos into a collection.

    Example:  [bold]ppad extract videos/ --out collection[/]

    Running it again continues where it stopped, and tries failed files anew.
    """
    from ppad.keyframes.config import ExtractConfig
    from ppad_pipelines.extract.run import extract_sources
    from ppad_pipelines.extract.sidecar import EMPTY, read_sidecar
    from ppad_pipelines.extract.sources import find_sources

    settings = ExtractConfig.load(
        config, every=every, seconds=seconds, min_frames=min_frames, max_frames=max_frames, sensitivity=sensitivity,
        occlusion=occlusion, compare=compare, exposure=exposure, mask_restless=mask_restless, crop=crop, rotate=rotate,
        size=size, codec=codec, quality=quality,
    )  # fmt: skip
    sidecar = EMPTY if metadata is None else read_sidecar(metadata)
    found = find_sources(videos, leave_out=[*sidecar.references(), *([metadata] if metadata else [])])
    _warn_of_leftovers(sidecar, found)
    if dry_run:
        _say_plan(found, out, settings, sidecar, overwrite=overwrite, as_json=as_json)
        return
    executor = choose_executor(on, workers, time_limit)
    with RunView("Extracting", len(found.sources), "recordings", quiet=as_json) as view:
        report = extract_sources(
            found.sources, out, settings, executor, view,
            sidecar=sidecar, overwrite=overwrite, cores=workers or available_cores(),
        )  # fmt: skip
    outcome = f"Collection: {out}   Look at it: ppad show {out}" if report.done or report.skipped else f"Collection: {out}"
    print_report(report, outcome, as_json=as_json)
    raise typer.Exit(report.exit_code)


def _warn_of_leftovers(sidecar: Sidecar, found: Found) -> None:
    """Name what a searched folder or the table holds and is not used: typing errors hide there."""
    if sidecar.unknown_columns:
        warn(f"Columns of the metadata that are not used: {', '.join(sidecar.unknown_columns)}.")
    unmatched = sidecar.unmatched(found.sources)
    if unmatched:
        names = [source.path.name for source in found.sources]
        guesses = [(name, difflib.get_close_matches(name, names, n=1, cutoff=0.8)) for name in unmatched[:10]]
        words = ", ".join(name + (f" (did you mean {meant[0]}?)" if meant else "") for name, meant in guesses)
        more = f" and {len(unmatched) - 10} more" if len(unmatched) > 10 else ""
        warn(f"Rows of the metadata that match no recording: {words}{more}.")
    if found.ignored:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(found.ignored.items()))
        warn(f"Not recordings, passed by: {kinds}.")


def _say_plan(found: Found, out: Path, settings: ExtractConfig, sidecar: Sidecar, *, overwrite: bool, as_json: bool) -> None:
    """What a run would do, item by item."""
    from ppad.stages import Failure, Job
    from ppad.storage import Collection
    from ppad_pipelines.extract.plan import ExtractPlan

    lines = []
    for item in ExtractPlan(Collection(out), found.sources, sidecar, settings, overwrite=overwrite, remember=False):
        if isinstance(item, Job):
            lines.append({"input": item.label, "action": "extract", "id": item.id})
        elif isinstance(item, Failure):
            lines.append({"input": item.input, "action": "fail", "code": item.code})
        else:
            lines.append({"input": item.label, "action": "skip", "reason": item.reason})
    if as_json:
        print_json(lines)
        return
    for line in lines:
        typer.echo("  ".join(line.values()))
    todo = sum(line["action"] == "extract" for line in lines)
    typer.echo(f"{todo} of {len(lines)} would be extracted into {out}. Nothing was written.")
