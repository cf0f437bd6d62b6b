"""`ppad annotate raters`: accounts."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from ppad.cli.progress import print_json

if TYPE_CHECKING:
    from ppad_annotation.service.database import Database
    from ppad_annotation.service.raters import Rater

raters = typer.Typer(
    help="Accounts of raters and admins.", no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]}
)

Folder = Annotated[Path, typer.Argument(metavar="CAMPAIGN", help="Folder of the campaign.", show_default=False)]
Login = Annotated[str, typer.Argument(metavar="LOGIN", help="Name to log in with.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Prompted = Annotated[bool, typer.Option("--ask", help="Ask for a password instead of making one up.")]


@raters.command()
def add(
    campaign: Folder,
    login: Login,
    role: Annotated[str, typer.Option(help="rater or admin.")] = "rater",
    ask: Prompted = False,
    as_json: AsJson = False,
) -> None:
    """Add an account. Its password is made up and shown once.

    Example:  [bold]ppad annotate raters add campaign ada[/]
    """
    from ppad_annotation.service.raters import add_rater

    db = _open(campaign)
    _show_new([add_rater(db, login, _asked(ask), role, datetime.now(UTC))], as_json=as_json)


@raters.command("list")
def list_all(campaign: Folder, as_json: AsJson = False) -> None:
    """List the accounts, with the pseudonyms that stand in exports.

    Example:  [bold]ppad annotate raters list campaign[/]
    """
    from ppad_annotation.service.raters import list_raters

    found = list_raters(_open(campaign))
    if as_json:
        print_json([_as_data(rater) for rater in found])
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("login", "pseudonym", "role", "rated", "last seen", ""):
        table.add_column(title, justify="right" if title == "rated" else "left")
    for rater in found:
        seen = f"{rater.last_seen_at:%Y-%m-%d %H:%M} UTC" if rater.last_seen_at else "never"
        table.add_row(rater.login, rater.id, rater.role, str(rater.done), seen, "disabled" if rater.disabled else "")
    Console(highlight=False).print(table)


@raters.command()
def reset(campaign: Folder, login: Login, ask: Prompted = False, as_json: AsJson = False) -> None:
    """Give an account a new password; its sessions end, and a lock after wrong passwords is lifted.

    Example:  [bold]ppad annotate raters reset campaign ada[/]
    """
    from ppad_annotation.service.raters import reset_password

    _show_new([reset_password(_open(campaign), login, datetime.now(UTC), _asked(ask))], as_json=as_json)


@raters.command()
def disable(campaign: Folder, login: Login) -> None:
    """Close an account: its ratings stay, its share goes to the others.

    Example:  [bold]ppad annotate raters disable campaign ada[/]
    """
    _set_disabled(campaign, login, disabled=True)


@raters.command()
def enable(campaign: Folder, login: Login) -> None:
    """Open a closed account again.

    Example:  [bold]ppad annotate raters enable campaign ada[/]
    """
    _set_disabled(campaign, login, disabled=False)


@raters.command("import")
def import_table(
    campaign: Folder,
    table: Annotated[Path, typer.Argument(metavar="TABLE.csv", help="Columns: login; role, password where wanted.")],
    as_json: AsJson = False,
) -> None:
    """Add the accounts of a CSV table; those that exist stay as they are. New passwords are printed as CSV, once.

    Example:  [bold]ppad annotate raters import campaign raters.csv > passwords.csv[/]
    """
    from ppad_annotation.service.raters import import_raters

    _show_new(import_raters(_open(campaign), table, datetime.now(UTC)), as_json=as_json)


def _set_disabled(folder: Path, login: str, *, disabled: bool) -> None:
    from ppad_annotation.service.raters import set_disabled

    rater = set_disabled(_open(folder), login, disabled, datetime.now(UTC))
    typer.echo(f"{rater.login} ({rater.id}) is {'disabled' if disabled else 'enabled'}.", err=True)


def _open(folder: Path) -> Database:
    from ppad_annotation.service.workspace import Workspace

    return Workspace(folder).open()


def _asked(ask: bool) -> str | None:
    return typer.prompt("Password", hide_input=True, confirmation_prompt=True) if ask else None


def _show_new(added: list[Rater], *, as_json: bool) -> None:
    """Passwords that were made up go to standard output, once."""
    if as_json:
        print_json([_as_data(rater) | {"password": rater.password} for rater in added])
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["login", "password", "role", "pseudonym"])
    for rater in added:
        writer.writerow([rater.login, rater.password or "", rater.role, rater.id])
    typer.echo(text.getvalue(), nl=False)


def _as_data(rater: Rater) -> dict[str, object]:
    seen = rater.last_seen_at.isoformat() if rater.last_seen_at else None
    return {
        "login": rater.login,
        "id": rater.id,
        "role": rater.role,
        "rated": rater.done,
        "last_seen": seen,
        "disabled": rater.disabled,
    }
