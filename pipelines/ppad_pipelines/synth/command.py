"""`ppad synth`: the command line of synthesis."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ppad.cli.progress import RunView, print_json, print_report
from ppad.cli.settings import read_settings
from ppad.errors import ConfigError
from ppad.stages import available_cores, choose_executor

if TYPE_CHECKING:
    from ppad_pipelines.synth.plan import SynthPlan

_WHAT, _HOW, _EXTRA, _RUN = "What is painted", "How it is painted", "Besides the processes (strokes only)", "How it runs"
_KEPT = "What is kept"


def synth(
    engine: Annotated[
        str, typer.Argument(help="strokes (needs no weights), paints-undo, processpainter; or: convert.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the collection (or of the converted weights).")],
    weights_of: Annotated[
        str | None, typer.Argument(metavar="[OF]", help="With convert: the engine.", show_default=False)
    ] = None,
    prompt: Annotated[str | None, typer.Option(help="One prompt.", rich_help_panel=_WHAT)] = None,
    prompts: Annotated[Path | None, typer.Option(help="Text file, one prompt a line, UTF-8.", rich_help_panel=_WHAT)] = None,
    images: Annotated[
        list[Path] | None, typer.Option(help="Finished paintings: files or folders.", rich_help_panel=_WHAT)
    ] = None,
    partial: Annotated[
        Path | None,
        typer.Option(
            help="A painter's own first frames: a folder, or with several --images one named like each.", rich_help_panel=_WHAT
        ),
    ] = None,
    variants: Annotated[int, typer.Option(min=1, help="Processes of each motif.", rich_help_panel=_WHAT)] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other processes.", rich_help_panel=_HOW)] = 0,
    config: Annotated[
        Path | None, typer.Option(help="YAML file with the engine's settings; flags win.", rich_help_panel=_HOW)
    ] = None,
    model: Annotated[str | None, typer.Option(help="Weights: hub id or folder.", rich_help_panel=_HOW)] = None,
    steps: Annotated[int | None, typer.Option(help="Denoising steps.", rich_help_panel=_HOW)] = None,
    more: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Another setting of the engine.", rich_help_panel=_HOW)
    ] = None,
    medium: Annotated[
        str | None,
        typer.Option(help="strokes: oil, watercolour, pencil, ink, digital, any.  \\[default: oil]", rich_help_panel=_HOW),
    ] = None,
    size: Annotated[
        int | None, typer.Option(help="Longer side of the frames, pixels.  \\[default: 512]", rich_help_panel=_HOW)
    ] = None,
    frames: Annotated[int | None, typer.Option(help="Key frames of a process.  \\[default: 12]", rich_help_panel=_HOW)] = None,
    codec: Annotated[str, typer.Option(help="jpeg, webp or png.", rich_help_panel=_HOW)] = "jpeg",
    allow_license: Annotated[
        list[str] | None, typer.Option(help="Licence of the weights that you have read and accept.", rich_help_panel=_HOW)
    ] = None,
    is_filtered: Annotated[
        bool, typer.Option("--filters/--no-filters", help="Reject what went wrong, with a reason.", rich_help_panel=_KEPT)
    ] = True,
    retries: Annotated[int, typer.Option(min=0, help="Further seeds for what is rejected.", rich_help_panel=_KEPT)] = 0,
    videos: Annotated[Path | None, typer.Option(help="Folder for recordings of the painting.", rich_help_panel=_EXTRA)] = None,
    logs: Annotated[Path | None, typer.Option(help="Folder for the log of every stroke.", rich_help_panel=_EXTRA)] = None,
    video_seconds: Annotated[float, typer.Option(min=1, help="Painting time of a recording.", rich_help_panel=_EXTRA)] = 20.0,
    hand: Annotated[bool, typer.Option("--hand", help="A hand covers part of the canvas.", rich_help_panel=_EXTRA)] = False,
    drift: Annotated[bool, typer.Option("--drift", help="The camera moves a little.", rich_help_panel=_EXTRA)] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes.  \\[default: one a core]", rich_help_panel=_RUN)
    ] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Processes painted at once.", rich_help_panel=_RUN)] = None,
    on: Annotated[
        str | None,
        typer.Option(
            help="local, inline, or an installed executor.  \\[default: local; inline with weights]", rich_help_panel=_RUN
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.", rich_help_panel=_RUN)
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.", rich_help_panel=_RUN)] = False,
) -> None:
    """Make painting processes from prompts or finished paintings. They say of themselves that nobody painted them.

    Example:  [bold]ppad synth strokes --images paintings/ --out collection --medium any[/]
    """
    from ppad.storage import Collection
    from ppad_pipelines.synth.inputs import find_motifs
    from ppad_pipelines.synth.registry import config_class, engine_entry
    from ppad_pipelines.synth.run import Extras, plan_of, synthesize
    from ppad_pipelines.synth.strokes.recording import Take

    flags = {"medium": medium, "size": size, "frames": frames, "model": model, "steps": steps, **read_settings(more or [])}
    if engine == "convert":
        _convert(weights_of, flags, config, out, allow_license or [], dry_run=dry_run)
        return
    entry = engine_entry(engine)
    settings = config_class(entry).load(config, **flags)
    motifs = find_motifs(prompt, prompts, images or [], partial)
    wanted: dict[str, Any] = {
        "seed": seed, "variants": variants, "retries": retries, "batch": batch, "is_filtered": is_filtered,
        "allowed_licences": allow_license or (), "extras": Extras(videos, logs, Take(video_seconds, hand=hand, drift=drift)),
    }  # fmt: skip
    if dry_run:
        _say_plan(plan_of(engine, settings, motifs, Collection(out), **wanted), out, as_json=as_json)
        return
    place = on or ("inline" if entry.licences.weights else "local")
    executor = choose_executor(place, min(workers or available_cores(), len(motifs) * variants))
    with RunView("Painting", len(motifs) * variants, "processes", quiet=as_json) as view:
        report = synthesize(engine, settings, motifs, out, executor, view, codec=_codec(codec), **wanted)
    print_report(report, f"Collection: {out}   Look at it: ppad show {out}", as_json=as_json)
    raise typer.Exit(report.exit_code)


def _say_plan(plan: SynthPlan, out: Path, *, as_json: bool) -> None:
    """What a run would do, process by process."""
    from ppad.stages import Failure, Job

    lines: list[dict[str, str]] = []
    for item in plan:
        if isinstance(item, Job):
            lines += [{"input": o.motif.label, "action": "paint", "id": o.attempts[0].id} for o in item.payload]
        elif isinstance(item, Failure):
            lines.append({"input": item.input, "action": "fail", "code": item.code})
        else:
            lines.append({"input": item.label, "action": "skip", "reason": item.reason})
    if as_json:
        print_json(lines)
        return
    for line in lines:
        typer.echo("  ".join(line.values()))
    todo = sum(line["action"] == "paint" for line in lines)
    typer.echo(f"{todo} of {len(lines)} would be painted into {out}. Nothing was written.")


def _convert(
    engine: str | None, flags: dict[str, Any], config: Path | None, out: Path, allowed: list[str], *, dry_run: bool
) -> None:
    """`ppad synth convert ENGINE`: published weights, converted once, in a folder of their own."""
    from ppad_pipelines.synth.registry import config_class, convert_weights, engine_entry
    from ppad_pipelines.synth.run import refuse_unread_licences

    if engine is None:
        raise ConfigError("It is not said whose weights to convert.", "For example: ppad synth convert paints-undo --out DIR")
    entry = engine_entry(engine)
    settings = config_class(entry).load(config, **flags)
    refuse_unread_licences(engine, entry.licences.needing_consent, allowed)
    if dry_run:
        typer.echo(f"Would convert {getattr(settings, 'model', '')} to {out}. Nothing was written.", err=True)
        return
    convert_weights(entry, getattr(settings, "model", ""), out, settings)
    typer.echo(f"Converted to {out}. Use it: ppad synth {engine} --model {out} …", err=True)


def _codec(name: str) -> Any:
    if name not in ("jpeg", "webp", "png"):
        raise typer.BadParameter("jpeg, webp or png", param_hint="--codec")
    return name
