"""The options of `ppad evaluate` and `ppad critic evaluate`, said once. Nothing heavy is imported here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Split = Annotated[
    list[str] | None, typer.Option("--split", help="Split to measure on, may be repeated.", show_default="those for test")
]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="Folder for page, pictures and figures.", show_default="RUN/evaluation/DATASET")
]
AllowLeak = Annotated[
    list[str] | None,
    typer.Option(metavar="KIND", help="Measure in spite of a leak: seen, chosen, tied or unknown. Every page will say so."),
]
Draws = Annotated[int, typer.Option(min=100, help="Resamples for intervals.")]
Seed = Annotated[int, typer.Option(min=0, help="Of the resamples.")]
Device = Annotated[str | None, typer.Option(help="cpu or cuda; the GPU by default, where there is one.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Audit, say what would be measured, and write nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print all figures as JSON on standard output.")]
