"""The options of `ppad train` and `ppad critic train`, said once. Nothing heavy is imported here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HOW = "How it learns"
MACHINE = "What the machine bears (changes no result beyond rounding)"

Out = Annotated[Path, typer.Option("--out", "-o", metavar="RUN", help="Folder of the run.", show_default=False)]
Epochs = Annotated[int | None, typer.Option(min=0, help="Epochs of each phase.", rich_help_panel=HOW)]
Seed = Annotated[int | None, typer.Option(help="Of weights, order and chance; 0 by default.", rich_help_panel=HOW)]
Config = Annotated[Path | None, typer.Option(help="YAML file with settings; flags go before it.", rich_help_panel=HOW)]
Workers = Annotated[int | None, typer.Option(min=1, help="Decoding threads; one a core by default.", rich_help_panel=MACHINE)]
CheckpointS = Annotated[float, typer.Option(min=0, help="Seconds between checkpoints.", rich_help_panel=MACHINE)]
Cpu = Annotated[bool, typer.Option("--cpu", help="Leave GPUs alone.", rich_help_panel=MACHINE)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and write nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
