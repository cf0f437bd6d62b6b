"""`ppad import`: the command line."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ppad.cli.progress import RunView, print_report, warn
from ppad.stages import choose_executor
from ppad_annotation.ratings.choices import Again, Method

_HOW = "How it runs"


def import_(
    table: Annotated[Path, typer.Argument(help="CSV table: a row for each rating, or for each artwork.", show_default=False)],
    images: Annotated[Path, typer.Option("--images", help="Folder of the pictures; searched through.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the collection.", show_default=False)],
    rubric: Annotated[str, typer.Option(help="Rubric of the scores: an id or a YAML file.")] = "artwork-5",
    column: Annotated[
        list[str] | None, typer.Option(help="What a column holds: rater_id=Expert; give it again for more.", metavar="FIELD=NAME")
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of the table: utf-8, utf-16, cp1252, gb18030, …")] = "utf-8",
    pseudonyms: Annotated[Method, typer.Option(help="How raters are called; none: their names are pseudonyms already.")] = "hash",
    key: Annotated[Path | None, typer.Option(help="Key file of the pseudonyms, kept apart from the ratings.")] = None,
    again: Annotated[Again, typer.Option(help="What to do where a rater rated an artwork twice.")] = "refuse",
    rounding: Annotated[bool, typer.Option("--round", help="Round scores such as 7.5 to whole ones.")] = False,
    size: Annotated[int | None, typer.Option(help="Longer side of stored pictures, 0: as it is.  \\[default: 1024]")] = None,
    codec: Annotated[str | None, typer.Option(help="jpeg, webp or png.  \\[default: jpeg]")] = None,
    quality: Annotated[int | None, typer.Option(help="1–100.  \\[default: 95]")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes; one a core by default.", rich_help_panel=_HOW)
    ] = None,
    on: Annotated[
        str, typer.Option(help="Where it runs: local, inline, or an installed executor.", rich_help_panel=_HOW)
    ] = "local",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and write nothing.", rich_help_panel=_HOW)] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on standard output.", rich_help_panel=_HOW)
    ] = False,
) -> None:
    """Bring finished artworks in: a table of scores and critiques and a folder of pictures become a collection with ratings.

    Everything is checked first: missing pictures, scores off the scale, misspelt columns and ratings given twice are named, and
    then nothing is written.

    Example: [bold]ppad import works.csv --images photos/ --key ~/keys/raters.json --out artworks/[/]
    """
    from ppad.rubric import load_rubric
    from ppad_annotation.ratings.artworks.making import ArtworkConfig
    from ppad_annotation.ratings.artworks.run import RATINGS_FILE, Intent, import_artworks
    from ppad_annotation.ratings.columns import parsed

    known = load_rubric(rubric)
    intent = Intent(table, images, known, parsed(column or []), pseudonyms, key, again, rounding, encoding)
    view = partial(RunView, quiet=as_json, each=False)
    config = ArtworkConfig.load(size=size, codec=codec, quality=quality)
    found = import_artworks(intent, out, config, choose_executor(on, workers), view, dry_run=dry_run)
    for note in found.notes:
        warn(note)
    raters = len({row["rater_id"] for row in found.rows})
    counts = f"{found.artworks:,} artworks, {len(found.rows):,} ratings by {raters} raters"
    fate = f"in {out}. Next: ppad build {out} --ratings {out / RATINGS_FILE} --rubric {rubric} --out DATASET"
    extra = {"artworks": found.artworks, "ratings": len(found.rows), "raters": raters, "notes": list(found.notes)}
    print_report(found.report, f"{counts}: {'nothing was written.' if dry_run else fate}", as_json=as_json, extra=extra)
    raise typer.Exit(found.report.exit_code)
