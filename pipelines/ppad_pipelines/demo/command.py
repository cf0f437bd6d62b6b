"""`ppad demo`: the whole way from a recording to its scores, on recordings that it paints itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for everything that the demo makes.")] = Path("demo-output"),
) -> None:
    """Paint three small landscapes, then extract, rate, build, train, evaluate, score: no data, weights, server or GPU.

    Example:  [bold]ppad demo[/]
    """
    from ppad_pipelines.demo.run import run_demo

    run_demo(out, say=typer.echo)
