"""`ppad ratings`: bring ratings in and out, see how far raters agree, and plan how many are needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ppad.cli.progress import print_json, warn
from ppad_annotation.ratings.choices import Again, Format, Method

# What reads, computes and draws is imported where it is used: the help of `ppad` loads this module.

ratings = typer.Typer(
    name="ratings",
    help="Ratings: import, export, agreement of the raters, and how many are needed.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

Collections = Annotated[
    list[Path] | None, typer.Option("--collection", help="Collection with the processes; give it again for more.")
]
RubricOption = Annotated[str, typer.Option("--rubric", help="Rubric: an id or a YAML file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything and write nothing.")]


@ratings.command("import")
def import_(
    source: Annotated[Path, typer.Argument(help="A CSV table, a Label Studio export, or the PPJudge authors' JSON.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The ratings.parquet to write.", show_default=False)],
    collection: Collections = None,
    layout: Annotated[Format, typer.Option("--format", help="Layout of the source.")] = "auto",
    column: Annotated[
        list[str] | None, typer.Option(help="What a column holds: rater_id=Expert; give it again for more.", metavar="FIELD=NAME")
    ] = None,
    rubric: RubricOption = "ppad-8",
    pseudonyms: Annotated[Method, typer.Option(help="How raters are called; none: their names are pseudonyms already.")] = "hash",
    key: Annotated[Path | None, typer.Option(help="Key file of the pseudonyms, kept apart from the ratings.")] = None,
    again: Annotated[Again, typer.Option(help="What to do where a rater rated a process twice.")] = "refuse",
    rounding: Annotated[bool, typer.Option("--round", help="Round scores such as 7.5 to whole ones.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in ratings that were gathered elsewhere.

    Everything is checked first: scores off the scale, unknown processes and ratings given twice are named, and then nothing
    is written.

    Example: [bold]ppad ratings import scores.csv --collection painted/ --key ~/keys/raters.json --out ratings.parquet[/]
    """
    from ppad.rubric import load_rubric
    from ppad_annotation.ratings.columns import parsed
    from ppad_annotation.ratings.importing import import_ratings

    found = import_ratings(
        source,
        out,
        load_rubric(rubric),
        collections=collection or [],
        layout=layout,
        columns=parsed(column or []),
        method=pseudonyms,
        key_file=key,
        again=again,
        rounding=rounding,
        dry_run=dry_run,
    )
    facts = {
        "ratings": len(found.rows),
        "processes": len({row["process_id"] for row in found.rows}),
        "raters": len({row["rater_id"] for row in found.rows}),
    }
    for note in found.notes:
        warn(note)
    if as_json:
        print_json({**facts, "notes": found.notes, "out": None if dry_run else str(out)})
    else:
        counts = f"{facts['ratings']:,} ratings of {facts['processes']:,} processes by {facts['raters']} raters"
        typer.echo(f"{counts}: {'nothing was written.' if dry_run else f'wrote {out}.'}", err=True)


@ratings.command()
def agreement(
    files: Annotated[list[Path], typer.Argument(metavar="RATINGS…", help="Files ratings.parquet.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the report: index.html and agreement.json.")] = None,
    collection: Collections = None,
    exclusions: Annotated[Path | None, typer.Option(help="CSV table of ratings to leave out, with reasons.")] = None,
    rubric: Annotated[str | None, typer.Option(help="Rubric: an id or a YAML file; that of the ratings by default.")] = None,
    name: Annotated[str | None, typer.Option(help="Title of the ratings in the report; the first file by default.")] = None,
    draws: Annotated[int, typer.Option(min=20, help="Resamples for intervals.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the resamples.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; by default one a core if it pays.")] = None,
    as_json: AsJson = False,
) -> None:
    """How far raters agree: reliability with intervals, severity, drift, halo, repeats, and who stands out.

    The table in the terminal is the short of it; --out writes a page with charts that says what each figure means and what to do,
    and every figure as JSON. With --collection it shows the processes that raters disagree about.

    Example: [bold]ppad ratings agreement ratings.parquet --out agreement/[/]
    """
    from ppad.cli.progress import RunView
    from ppad.rubric import load_rubric
    from ppad.storage import Collection
    from ppad.storage.ratings import rubric_of
    from ppad_annotation.ratings.report import PAGE, analyse, as_data, executor_for, refuse_foreign, write_report
    from ppad_annotation.ratings.terminal import print_findings

    known = load_rubric(rubric) if rubric else rubric_of(files)
    collections = [Collection.open(path) for path in collection or []]
    if out is not None:
        refuse_foreign(out)
    with RunView("Analysing", len(known.attributes), "attributes", quiet=as_json, each=False) as view:
        found = analyse(files, known, exclusions, executor_for(files, workers), view, draws=draws, seed=seed)
    if out is not None:
        title, settings = name or files[0].stem, {"draws": draws, "seed": seed, "rubric": known.id}
        write_report(found, known, out, name=title, collections=collections, settings=settings)
    if as_json:
        print_json(as_data(found))
    else:
        print_findings(found.findings, known)
        if out is not None:
            typer.echo(f"Open {out / PAGE} in a browser.", err=True)
