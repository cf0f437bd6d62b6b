"""The options of `ppad synth`: what each engine's command takes, said once. Nothing heavy is imported here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_WHAT, _HOW, _KEPT, _RUN = "What is painted", "How it is painted", "What is kept", "How it runs"
_EXTRA = "Besides the processes (strokes only)"

Out = Annotated[Path, typer.Option("--out", "-o", help="Folder of the collection.")]
Prompt = Annotated[str | None, typer.Option(help="One prompt; with pictures: what they show.", rich_help_panel=_WHAT)]
Prompts = Annotated[Path | None, typer.Option(help="Text file, one prompt a line, UTF-8.", rich_help_panel=_WHAT)]
Images = Annotated[list[Path] | None, typer.Option(help="Finished paintings: files or folders.", rich_help_panel=_WHAT)]
Partial = Annotated[
    Path | None,
    typer.Option(
        help="A painter's own first frames: a folder, or with several --images one named like each.", rich_help_panel=_WHAT
    ),
]
Variants = Annotated[int, typer.Option(min=1, help="Processes of each motif.", rich_help_panel=_WHAT)]

Seed = Annotated[int, typer.Option(min=0, help="Another seed, other processes.", rich_help_panel=_HOW)]
Config = Annotated[Path | None, typer.Option(help="YAML file with the engine's settings; flags win.", rich_help_panel=_HOW)]
Model = Annotated[str | None, typer.Option(help="Weights: hub id or folder.", rich_help_panel=_HOW)]
Steps = Annotated[int | None, typer.Option(help="Denoising steps.", rich_help_panel=_HOW)]
More = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Another setting of the engine.", rich_help_panel=_HOW)
]
Medium = Annotated[
    str | None,
    typer.Option(help="strokes: oil, watercolour, pencil, ink, digital, any.  \\[default: oil]", rich_help_panel=_HOW),
]
PixelSize = Annotated[int | None, typer.Option(help="Longer side of the frames, pixels.  \\[default: 512]", rich_help_panel=_HOW)]
Frames = Annotated[int | None, typer.Option(help="Key frames of a process.  \\[default: 12]", rich_help_panel=_HOW)]
Licences = Annotated[
    list[str] | None,
    typer.Option("--allow-license", help="Licence of the weights that you have read and accept.", rich_help_panel=_HOW),
]

Codec = Annotated[str, typer.Option(help="jpeg, webp or png.", rich_help_panel=_KEPT)]
Filters = Annotated[
    bool, typer.Option("--filters/--no-filters", help="Reject what went wrong, with a reason.", rich_help_panel=_KEPT)
]
Retries = Annotated[int, typer.Option(min=0, help="Further seeds for what is rejected.", rich_help_panel=_KEPT)]

Videos = Annotated[Path | None, typer.Option(help="Folder for recordings of the painting.", rich_help_panel=_EXTRA)]
Logs = Annotated[Path | None, typer.Option(help="Folder for the log of every stroke.", rich_help_panel=_EXTRA)]
VideoSeconds = Annotated[float, typer.Option(min=1, help="Painting time of a recording.", rich_help_panel=_EXTRA)]
Hand = Annotated[bool, typer.Option("--hand", help="A hand covers part of the canvas.", rich_help_panel=_EXTRA)]
Drift = Annotated[bool, typer.Option("--drift", help="The camera moves a little.", rich_help_panel=_EXTRA)]

Workers = Annotated[int | None, typer.Option(min=1, help="Worker processes.  \\[default: one a core]", rich_help_panel=_RUN)]
Batch = Annotated[int | None, typer.Option(min=1, help="Processes painted at once.", rich_help_panel=_RUN)]
On = Annotated[
    str | None,
    typer.Option(help="local, inline, or ray\\[://HOST:PORT].  \\[default: local; inline with weights]", rich_help_panel=_RUN),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.", rich_help_panel=_RUN)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.", rich_help_panel=_RUN)]
