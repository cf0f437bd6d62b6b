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
def export(
    campaign: Annotated[str, typer.Argument(help="Folder of the campaign, or the URL of its database.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the files.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Write what raters said: ratings.parquet, their history rating_events.parquet, and exclusions.csv, under pseudonyms.

    All ratings are written; exclusions.csv holds the recorded decisions, which agreement and build take with --exclusions.

    Example: [bold]ppad ratings export campaign/ --out export/[/]
    """
    from ppad_annotation.ratings.exporting import export_ratings, open_campaign

    found = export_ratings(open_campaign(campaign), out)
    if as_json:
        print_json({"ratings": found.ratings, "events": found.events, "exclusions": found.exclusions, "out": str(out)})
    else:
        counts = f"{found.ratings:,} ratings, {found.events:,} events and {found.exclusions} decisions"
        typer.echo(f"Wrote {counts} to {out}.", err=True)


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


@ratings.command()
def simulate(
    raters: Annotated[int, typer.Option(min=1, help="Raters of the campaign.")] = 15,
    processes: Annotated[int, typer.Option(min=1, help="Processes that are simulated.")] = 1000,
    each: Annotated[int, typer.Option(min=1, help="Raters a process: the most to try, or those of --write.")] = 8,
    like: Annotated[
        list[Path] | None, typer.Option("--from", help="Take the panel from a ratings.parquet; give it again for more.")
    ] = None,
    attribute: Annotated[str | None, typer.Option(help="Attribute to take it from; the mean over all by default.")] = None,
    item_sd: Annotated[float | None, typer.Option(min=0, help="How far processes differ, points of a 1–10 scale.")] = None,
    rater_sd: Annotated[float | None, typer.Option(min=0, help="How far raters differ in severity.")] = None,
    taste_sd: Annotated[float | None, typer.Option(min=0, help="How far raters differ about single processes.")] = None,
    chance_sd: Annotated[float | None, typer.Option(min=0, help="How far a rater differs from themselves.")] = None,
    draws: Annotated[int, typer.Option(min=2, help="Campaigns that are simulated for each number of raters.")] = 20,
    seed: Annotated[int, typer.Option(help="Seed of the simulation.")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for a page with pictures, and the figures as JSON.")
    ] = None,
    collection: Collections = None,
    write: Annotated[Path | None, typer.Option(help="Write simulated ratings of the collections to this file.")] = None,
    calibration: Annotated[int, typer.Option(min=0, help="With --write: processes that all raters rate.")] = 0,
    repeats: Annotated[float, typer.Option(min=0, max=1, help="With --write: share that raters see again.")] = 0.03,
    rubric: RubricOption = "ppad-8",
    as_json: AsJson = False,
) -> None:
    """How many raters, processes and repeats a campaign needs, by simulating it.

    The panel is a usual one, is given by standard deviations, or is estimated from ratings. With --write it makes ratings for a
    collection instead, to try things on; their raters are called simulated-01, simulated-02, … wherever they go.

    Example: [bold]ppad ratings simulate --from pilot.parquet --raters 15 --out plan/[/]
    """
    from dataclasses import replace

    from ppad.agreement.simulation import Panel
    from ppad.rubric import load_rubric

    known = load_rubric(rubric)
    given = {"item": item_sd, "rater": rater_sd, "taste": taste_sd, "residual": chance_sd}
    changes = {name: value for name, value in given.items() if value is not None}
    if write is not None:
        from ppad_annotation.ratings.simulating import HABITS, write_simulated

        rows = write_simulated(
            write,
            collection or [],
            known,
            replace(HABITS, **changes),
            {"raters": raters, "each": each, "calibration": calibration, "repeats": repeats, "seed": seed},
        )
        if as_json:
            print_json({"ratings": rows, "out": str(write), "simulated": True})
        else:
            typer.echo(f"Wrote {rows:,} simulated ratings to {write}.", err=True)
        return
    from ppad_annotation.ratings.planning import as_data, panel_from_files, plan_campaign, print_plan, write_plan

    panel, source = panel_from_files(like, rubric, attribute) if like else (Panel(), "a usual panel")
    source = f"{source}, changed as asked" if changes else source
    numbers = range(1, each + 1)
    plan = plan_campaign(
        replace(panel, **changes), source, raters=raters, processes=processes, each=numbers, draws=draws, seed=seed
    )
    if out is not None:
        write_plan(plan, out)
    if as_json:
        print_json(as_data(plan))
    else:
        print_plan(plan)
