"""`ppad show`: contact sheets, and a page for a whole collection."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ppad.cli.progress import RunView, print_json, print_report
from ppad.errors import ConfigError, NotFoundError
from ppad.stages import Job, Planned, choose_executor, run_stage
from ppad.storage import Collection, write_bytes
from ppad.storage.remote import RemotePath

# The drawing needs the extra `show`, so its modules are imported where they are used.


def show(
    path: Annotated[Path, typer.Argument(metavar="COLLECTION|FILE", help="A collection, or one process file of it.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Folder for the page, or PNG file for one sheet.",
            show_default="COLLECTION-show",
            metavar="DIR|FILE.png",
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Show the first N processes only.", metavar="N")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that draw at once.", show_default="one a core")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be drawn, and write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Draw contact sheets: key frames with their times, the reference, and why each frame was chosen.

    Of a collection it makes a folder with a page, index.html, that opens in a browser without a server.
    Sheets of processes that did not change are kept.

    [bold]Example:[/] ppad show paintings/ --out paintings-page/
    """
    if path.is_file():
        _show_file(path, out, dry_run=dry_run, as_json=as_json)
    else:
        _show_collection(Collection.open(path), out, limit, workers, dry_run=dry_run, as_json=as_json)


def _show_file(file: Path, out: Path | None, *, dry_run: bool, as_json: bool) -> None:
    from ppad.plotting.show import Gallery, draw_sheet

    if file.suffix != ".parquet":
        raise NotFoundError(f"{file} is no process file.", "Give a collection, or one of its files processes/*.parquet.")
    collection = Collection(file.absolute().parent.parent)
    collection.processes = file.absolute().parent
    in_collection = collection.processes.name == "processes"
    target = out or (Gallery(_beside(collection.root)).sheet(file.stem) if in_collection else file.with_suffix(".png"))
    if target.suffix and target.suffix.lower() != ".png":
        raise ConfigError(f"A sheet is a PNG file, not {target.name}.", "Give --out NAME.png, or a folder.")
    if not target.suffix:
        target = target / f"{file.stem}.png"
    if not dry_run:
        _, sheet = draw_sheet(collection, file.stem)
        write_bytes(target, sheet)
    if as_json:
        print_json({"sheet": str(target), "written": not dry_run})
    else:
        typer.echo(f"{'Would write' if dry_run else 'Wrote'} {target}", err=True)


def _show_collection(
    collection: Collection, out: Path | None, limit: int | None, workers: int | None, *, dry_run: bool, as_json: bool
) -> None:
    from ppad.plotting.show import PAGE, DrawProcess, Gallery, plan, write_page

    gallery = Gallery(out or _beside(collection.root))
    if gallery.root.suffix.lower() == ".png":
        raise ConfigError(f"{collection.root} is a collection, which needs a folder.", "Give --out a folder, or show one file.")
    gallery.refuse_foreign()
    ids = collection.ids()[:limit]
    if dry_run:
        _say_plan(list(plan(collection, gallery, ids)), gallery.root, as_json=as_json)
        return
    with RunView("Drawing", len(ids), "sheets", quiet=as_json) as view:
        work = DrawProcess(collection.root, gallery)
        report = run_stage("show", work, plan(collection, gallery, ids), choose_executor("local", workers), view)
    if report.fatal is None:
        write_page(collection, gallery, ids, report.failed)
    page = gallery.root / PAGE
    print_report(report, f"Open {page} in a browser.", as_json=as_json, extra={"page": str(page)})
    raise typer.Exit(report.exit_code)


def _say_plan(planned: list[Planned], folder: Path, *, as_json: bool) -> None:
    from ppad.plotting.labels import count

    to_draw = [item.id for item in planned if isinstance(item, Job)]
    if as_json:
        print_json({"out": str(folder), "would_draw": to_draw, "up_to_date": len(planned) - len(to_draw)})
    else:
        typer.echo(
            f"Would draw {count(len(to_draw), 'sheet')} into {folder}; up to date: {len(planned) - len(to_draw)}.", err=True
        )


def _beside(collection: Path) -> Path:
    """The folder for the page: beside the collection, which holds nothing but itself; here, where that is in a store."""
    if isinstance(collection, RemotePath):
        return Path(f"{collection.name}-show")
    named = collection if collection.name not in ("", "..") else collection.resolve()
    return named.with_name(f"{named.name}-show")
