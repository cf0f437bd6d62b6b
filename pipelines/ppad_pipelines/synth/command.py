"""`ppad synth`: a command for each engine, `convert` for weights, and `fit` for the habits of the stroke planner."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ppad.cli.progress import RunView, print_json, print_report
from ppad.cli.settings import read_settings
from ppad.stages import choose_executor
from ppad_pipelines.synth import options as o
from ppad_pipelines.synth.fit.command import fit

if TYPE_CHECKING:
    from ppad_pipelines.synth.plan import SynthPlan

SUMMARIES = {
    "strokes": "Paint any picture stroke by stroke, or a drawn scene from a prompt; needs no weights.",
    "paints-undo": "Take a finished painting apart, back to its first strokes; published weights.",
    "processpainter": "Paint all key frames at once, from a prompt, a painting or first frames; published weights.",
}
_EXAMPLES = {
    "strokes": "ppad synth strokes --images paintings/ --out collection --medium any",
    "paints-undo": "ppad synth paints-undo --images paintings/ --out collection --allow-license openrail",
    "processpainter": 'ppad synth processpainter --prompt "a lighthouse" --out collection --allow-license AGPL-3.0 …',
}

synth = typer.Typer(
    help="Make painting processes. They say of themselves that nobody painted them.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


def _engine_command(engine: str) -> None:
    """Add the command of an engine."""

    @synth.command(engine, help=f"{SUMMARIES[engine]}\n\n[bold]Example:[/] {_EXAMPLES[engine]}")
    def command(
        out: o.Out,
        prompt: o.Prompt = None,
        prompts: o.Prompts = None,
        images: o.Images = None,
        partial: o.Partial = None,
        variants: o.Variants = 1,
        seed: o.Seed = 0,
        config: o.Config = None,
        model: o.Model = None,
        steps: o.Steps = None,
        more: o.More = None,
        medium: o.Medium = None,
        size: o.PixelSize = None,
        frames: o.Frames = None,
        licences: o.Licences = None,
        codec: o.Codec = "jpeg",
        is_filtered: o.Filters = True,
        retries: o.Retries = 0,
        videos: o.Videos = None,
        logs: o.Logs = None,
        video_seconds: o.VideoSeconds = 20.0,
        hand: o.Hand = False,
        drift: o.Drift = False,
        workers: o.Workers = None,
        batch: o.Batch = None,
        on: o.On = None,
        dry_run: o.DryRun = False,
        as_json: o.AsJson = False,
    ) -> None:
        from ppad_pipelines.synth.inputs import find_motifs
        from ppad_pipelines.synth.registry import config_class, engine_entry
        from ppad_pipelines.synth.strokes.extras import Extras
        from ppad_pipelines.synth.strokes.recording import Take

        flags = {"medium": medium, "size": size, "frames": frames, "model": model, "steps": steps, **read_settings(more or [])}
        settings = config_class(engine_entry(engine)).load(config, **flags)
        motifs = find_motifs(prompt, prompts, images or [], partial)
        wanted: dict[str, Any] = {
            "seed": seed, "variants": variants, "retries": retries, "batch": batch, "is_filtered": is_filtered,
            "allowed_licences": licences or (), "extras": Extras(videos, logs, Take(video_seconds, hand=hand, drift=drift)),
        }  # fmt: skip
        if dry_run:
            _dry_run(engine, settings, motifs, out, wanted, as_json=as_json)
        else:
            _run(engine, settings, motifs, out, wanted, _codec(codec), on, workers, as_json=as_json)


for _engine in SUMMARIES:
    _engine_command(_engine)

synth.command("fit")(fit)


@synth.command("convert")
def convert(
    engine: Annotated[str, typer.Argument(help="Whose weights: paints-undo or processpainter.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the converted weights.")],
    model: o.Model = None,
    config: o.Config = None,
    more: o.More = None,
    licences: o.Licences = None,
    dry_run: o.DryRun = False,
) -> None:
    """Convert published weights, once, into a folder that the engine loads as it is.

    [bold]Example:[/] ppad synth convert paints-undo --model undo/ --out undo-converted --allow-license openrail
    """
    from ppad_pipelines.synth.registry import config_class, convert_weights, engine_entry
    from ppad_pipelines.synth.run import refuse_unread_licences

    entry = engine_entry(engine)
    settings = config_class(entry).load(config, model=model, **read_settings(more or []))
    refuse_unread_licences(engine, entry.licences.needing_consent, licences or [])
    source = getattr(settings, "model", "")
    if dry_run:
        typer.echo(f"Would convert {source} to {out}. Nothing was written.", err=True)
        return
    convert_weights(entry, source, out, settings)
    typer.echo(f"Converted to {out}. Use it: ppad synth {engine} --model {out} …", err=True)


def _run(
    engine: str, settings: Any, motifs: list[Any], out: Path, wanted: dict[str, Any], codec: Any, on: str | None,
    workers: int | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Paint; a large model is loaded once, in this process, unless the executor is named."""
    from ppad_pipelines.synth.registry import engine_entry
    from ppad_pipelines.synth.run import synthesize

    count = len(motifs) * wanted["variants"]
    place = on or ("inline" if engine_entry(engine).licences.weights else "local")
    executor = choose_executor(place, workers)
    with RunView("Painting", count, "processes", quiet=as_json) as view:
        report = synthesize(engine, settings, motifs, out, executor, view, codec=codec, **wanted)
    print_report(report, f"Collection: {out}   Look at it: ppad show {out}", as_json=as_json)
    raise typer.Exit(report.exit_code)


def _dry_run(engine: str, settings: Any, motifs: list[Any], out: Path, wanted: dict[str, Any], *, as_json: bool) -> None:
    from ppad.storage import Collection
    from ppad_pipelines.synth.run import plan_of

    lines = _planned(plan_of(engine, settings, motifs, Collection(out), **wanted))
    if as_json:
        print_json(lines)
        return
    for line in lines:
        typer.echo("  ".join(line.values()))
    todo = sum(line["action"] == "paint" for line in lines)
    typer.echo(f"{todo} of {len(lines)} would be painted into {out}. Nothing was written.")


def _planned(plan: SynthPlan) -> list[dict[str, str]]:
    """What a run would do, process by process."""
    from ppad.stages import Failure, Job

    lines: list[dict[str, str]] = []
    for item in plan:
        if isinstance(item, Job):
            lines += [{"input": one.motif.label, "action": "paint", "id": one.attempts[0].id} for one in item.payload]
        elif isinstance(item, Failure):
            lines.append({"input": item.input, "action": "fail", "code": item.code})
        else:
            lines.append({"input": item.label, "action": "skip", "reason": item.reason})
    return lines


def _codec(name: str) -> Any:
    if name not in ("jpeg", "webp", "png"):
        raise typer.BadParameter("jpeg, webp or png", param_hint="--codec")
    return name
