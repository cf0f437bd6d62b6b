"""`ppad annotate`: campaigns in which people rate."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from ppad.cli.progress import RunView, print_json, print_report, warn
from ppad.errors import ConfigError, NotFoundError
from ppad.stages import available_cores, choose_executor
from ppad_annotation.raters_command import raters

if TYPE_CHECKING:
    from ppad_annotation.service.config import CampaignConfig
    from ppad_annotation.service.database import Database

# The service needs the extra `annotate`, so its modules are imported where they are used.

annotate = typer.Typer(
    help="Campaigns in which people rate painting processes in the browser.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
annotate.add_typer(raters, name="raters")

Folder = Annotated[Path, typer.Argument(metavar="CAMPAIGN", help="Folder of the campaign.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
_PLAN, _FORM, _RUN = "Who rates what", "What raters see", "How it runs"


@annotate.command()
def init(
    campaign: Folder,
    collections: Annotated[
        list[Path], typer.Argument(metavar="COLLECTION…", help="Collections; or folders of pictures, for a rubric of artworks.")
    ],
    rubric: Annotated[str | None, typer.Option(help="Id of a rubric, or a YAML file.  \\[default: ppad-8]")] = None,
    mode: Annotated[str | None, typer.Option(help="rating, or preference.  \\[default: rating]")] = None,
    assessments: Annotated[
        list[Path] | None, typer.Option(help="Preference mode: a table of what one source says (CSV, .jsonl); again for more.")
    ] = None,
    references: Annotated[
        Path | None, typer.Option(help="Expert scores (CSV): process_id, role (calibration, gold), attributes, comment.")
    ] = None,
    raters_per_item: Annotated[int | None, typer.Option(help="Ratings an item.  \\[default: 3]", rich_help_panel=_PLAN)] = None,
    calibration: Annotated[
        int | None, typer.Option(help="Items that every rater rates first.  \\[default: 0]", rich_help_panel=_PLAN)
    ] = None,
    repeats: Annotated[
        float | None, typer.Option(help="Share of items that come back unannounced.  \\[default: 0.03]", rich_help_panel=_PLAN)
    ] = None,
    gold: Annotated[float | None, typer.Option(help="Share of gold items.  \\[default: 0.02]", rich_help_panel=_PLAN)] = None,
    extra_budget: Annotated[
        int | None, typer.Option(help="Ratings that extensions may add.  \\[default: 0]", rich_help_panel=_PLAN)
    ] = None,
    balanced: Annotated[
        bool | None, typer.Option("--balanced/--as-they-come", help="Equal shares, or none.", rich_help_panel=_PLAN)
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all orders.  \\[default: 0]", rich_help_panel=_PLAN)] = None,
    critique: Annotated[
        str | None, typer.Option(help="off, optional or required.  \\[default: optional]", rich_help_panel=_FORM)
    ] = None,
    language: Annotated[str | None, typer.Option(help="en or zh.  \\[default: en]", rich_help_panel=_FORM)] = None,
    config: Annotated[Path | None, typer.Option(help="YAML file with these settings and more; flags win over it.")] = None,
    database: Annotated[
        str | None,
        typer.Option(help="PostgreSQL's URL, without its password.  \\[default: SQLite in CAMPAIGN]", rich_help_panel=_RUN),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes.  \\[default: one a core]", rich_help_panel=_RUN)
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be taken in, and write nothing.", rich_help_panel=_RUN)
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Begin a campaign: freeze its rubric and settings, and take in what is to be rated.

    Example:  [bold]ppad annotate init campaign collection/ --raters-per-item 3 --calibration 20[/]

    Running it again goes on after a stop, and takes in what was added to the collections. The settings stay as they were.
    """
    from ppad_annotation.service.config import CampaignConfig

    settings = CampaignConfig.load(
        config, rubric=rubric, mode=mode, raters_per_item=raters_per_item, calibration=calibration, repeats=repeats, gold=gold,
        extra_budget=extra_budget, balanced=balanced, seed=seed, critique=critique, language=language,
    )  # fmt: skip
    _init(campaign, collections, settings, assessments, references, database, workers, dry_run=dry_run, as_json=as_json)


def _init(
    folder: Path,
    collections: list[Path],
    settings: CampaignConfig,
    assessments: list[Path] | None,
    references: Path | None,
    database: str | None,
    workers: int | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    from ppad.rubric import load_rubric
    from ppad_annotation.service.importing import count_without_reference, create_campaign
    from ppad_annotation.service.pairs import read_pairs
    from ppad_annotation.service.references import read_references
    from ppad_annotation.service.sources import find_sources
    from ppad_annotation.service.workspace import Workspace

    definition = load_rubric(settings.rubric)
    if (settings.mode == "preference") != bool(assessments):
        raise ConfigError("Preference mode and --assessments belong together.", "Give both, or neither.")
    pairs = read_pairs(assessments, definition) if assessments else None
    experts = read_references(references, definition) if references else None
    sources = find_sources(collections, definition.subject)
    if dry_run:
        _say_plan(len(sources), settings, as_json=as_json)
        return
    workspace = Workspace(folder)
    db = workspace.make(database)
    workspace.keep_rubric(settings.rubric)
    executor = choose_executor("local", min(workers or available_cores(), len(sources)))
    with RunView("Taking in", len(sources), "items", quiet=as_json, each=False) as view:
        report = create_campaign(
            db, settings, collections, _now(), references=experts, pairs=pairs, executor=executor, listener=view
        )  # fmt: skip
    bare = count_without_reference(db) if definition.subject == "process" else 0
    if bare:
        what = "One item has" if bare == 1 else f"{bare:,} items have"
        warn(f"{what} neither a reference nor a prompt to compare with: ppad extract takes both from a table, --metadata.")
    print_report(report, f"Campaign: {folder}   Next: ppad annotate raters add {folder} NAME", as_json=as_json)
    raise typer.Exit(report.exit_code)


@annotate.command()
def serve(
    campaign: Folder,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for a free one.")] = 7860,
    tls_certificate: Annotated[Path | None, typer.Option(help="Certificate chain (PEM), for HTTPS without a proxy.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its private key (PEM).")] = None,
    behind_proxy: Annotated[bool, typer.Option("--behind-proxy", help="A proxy in front ends HTTPS: trust its headers.")] = False,
    proxy: Annotated[list[str] | None, typer.Option(help="Address of that proxy.  \\[default: 127.0.0.1]")] = None,
    critic: Annotated[
        Path | None, typer.Option(help="Critiques by ppad critic write --out, for raters to read once they have rated an item.")
    ] = None,
) -> None:
    """Serve the campaign to raters' browsers, until stopped. Nothing is lost by a stop at any moment.

    Example:  [bold]ppad annotate serve campaign --host 0.0.0.0 --tls-certificate cert.pem --tls-key key.pem[/]
    """
    if (tls_certificate is None) != (tls_key is None):
        raise ConfigError("A certificate and its key belong together.", "Give --tls-certificate and --tls-key.")
    for file in (tls_certificate, tls_key):
        if file is not None and not file.is_file():
            raise NotFoundError(f"There is no file {file}.", "Check --tls-certificate and --tls-key.")
    db = _open(campaign)
    if host not in ("127.0.0.1", "localhost", "::1") and tls_certificate is None and not behind_proxy:
        warn("Passwords travel unencrypted: use --tls-certificate, or a proxy that ends HTTPS and --behind-proxy.")
    from ppad_annotation.app.critic import Critiques
    from ppad_annotation.app.server import serve as run_server
    from ppad_annotation.service.campaigns import campaign as frozen_campaign

    run_server(
        db, host=host, port=port, tls_certificate=tls_certificate, tls_key=tls_key, behind_proxy=behind_proxy,
        proxies=proxy or ["127.0.0.1"], critic=None if critic is None else Critiques(critic, frozen_campaign(db).rubric),
    )  # fmt: skip


@annotate.command()
def status(
    campaign: Folder,
    verify: Annotated[bool, typer.Option("--verify", help="Read the whole history and check every hash and count.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Derive the current ratings from the history again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say how far a campaign is: coverage, pace, raters, leases, flags.

    Example:  [bold]ppad annotate status campaign --verify[/]
    """
    from ppad_annotation.service.chain import rebuild_current
    from ppad_annotation.service.checking import check
    from ppad_annotation.status import print_status, status_of

    db = _open(campaign)
    if rebuild:
        rebuild_current(db)
    health = check(db) if verify else None
    found = status_of(db, _now(), health)
    if as_json:
        print_json(found)
    else:
        print_status(found)
    if health is not None and health.problems:
        raise typer.Exit(1)


@annotate.command()
def extend(
    campaign: Folder,
    ratings: Annotated[int, typer.Option("--ratings", min=1, help="Further ratings to ask for.", show_default=False)],
    target: Annotated[
        float, typer.Option(min=0, max=1, help="Standard error that is good enough, as a share of the scale's range.")
    ] = 0.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say where they would go, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask for further ratings where the scores are least certain, within the campaign's extra budget.

    Example:  [bold]ppad annotate extend campaign --ratings 500 --dry-run[/]
    """
    from ppad_annotation.service.extending import extend as extend_campaign
    from ppad_annotation.standard_errors import standard_errors

    db = _open(campaign)
    extension = extend_campaign(db, standard_errors(db), ratings, _now(), target=target, dry_run=dry_run)
    given = sum(extension.ratings.values())
    if as_json:
        print_json({"ratings": extension.ratings, "left": extension.left, "written": not dry_run})
        return
    verb = "would go" if dry_run else "go"
    _say(f"{given} further ratings {verb} to {len(extension.ratings)} items; {extension.left} are left of the budget.")


@annotate.command()
def backup(
    campaign: Folder,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of this campaign's backups.", show_default=False)],
    media: Annotated[bool, typer.Option("--media/--no-media", help="Copy the pictures that are not there yet.")] = True,
    keep: Annotated[int | None, typer.Option(min=1, help="How many backups to keep.  \\[default: all]")] = None,
    as_json: AsJson = False,
) -> None:
    """Back a campaign up while raters work, and read the copy through.

    Example:  [bold]ppad annotate backup campaign --out backups --keep 30[/]
    """
    from ppad_annotation.service.backup import backup as write_backup
    from ppad_annotation.service.backup import read_manifest
    from ppad_annotation.service.workspace import Workspace

    target = write_backup(Workspace(campaign), _open(campaign), out, _now(), media=media, keep=keep)
    manifest = read_manifest(target)
    if as_json:
        print_json({"backup": str(target), "events": manifest.events, "counts": manifest.counts, "pictures": manifest.pictures})
        return
    _say(f"Wrote {target}: {manifest.events} events, checked. Back: ppad annotate restore {target} NEW-CAMPAIGN")


@annotate.command()
def restore(
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="Folder of one backup.", show_default=False)],
    campaign: Folder,
    database: Annotated[str | None, typer.Option(help="URL of an empty PostgreSQL database, without its password.")] = None,
    as_json: AsJson = False,
) -> None:
    """Bring a backup back into an empty place, and check it: counts, history, pictures.

    Example:  [bold]ppad annotate restore backups/20260302T120000Z restored[/]
    """
    from ppad_annotation.service.backup import restore as bring_back
    from ppad_annotation.service.workspace import Workspace

    health = bring_back(source, Workspace(campaign), database)
    if as_json:
        print_json({"campaign": str(campaign), "events": health.chain.events, "counts": health.counts})
        return
    _say(f"Restored {campaign}: {health.chain.events} events, {health.chain.ratings} ratings, checked.")


def _open(folder: Path) -> Database:
    from ppad_annotation.service.workspace import Workspace

    return Workspace(folder).open()


def _say_plan(items: int, settings: CampaignConfig, *, as_json: bool) -> None:
    calibration = min(settings.calibration, items)
    ratings = (items - calibration) * settings.raters_per_item
    if as_json:
        print_json({"items": items, "ratings": ratings, "settings": settings.model_dump(mode="json")})
        return
    block = f", {calibration} of them for all raters to begin with" if calibration else ""
    _say(f"{items:,} items would be taken in{block}; the others ask for {ratings:,} ratings. Nothing was written.")


def _say(sentence: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(escape(sentence))


def _now() -> datetime:
    return datetime.now(UTC)
