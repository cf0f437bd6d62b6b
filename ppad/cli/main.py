"""The `ppad` command: finds its sub-commands, and turns errors into one sentence each."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from ppad import __version__
from ppad.cli.greeting import greet
from ppad.cli.places import taking_places, taking_places_all
from ppad.errors import PpadError

_GROUP = "ppad.commands"
_INTERRUPTED = 130


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ppad {__version__}")
        raise typer.Exit


def options(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True)
    ] = False,
    _debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Datasets of how people paint, and models that judge it.

    Called alone, it looks at what lies in this folder and names the next useful command.
    """
    if context.invoked_subcommand is None:
        greet(Path.cwd())


def main() -> None:
    """Run the command line; exit with 0 (all well), 1 (some items failed), 2 (nothing could run) or 130 (stopped)."""
    debug = "--debug" in sys.argv[1:]
    if debug:
        os.environ["PPAD_DEBUG"] = "1"
    try:
        _run(command_line(sys.argv[1:]))
    except PpadError as error:
        if debug:
            raise
        _refuse(error)
    except KeyboardInterrupt:
        _say("Stopped. What was finished is safe; run the same command to go on.")
        sys.exit(_INTERRUPTED)
    except Exception as error:
        if debug:
            raise
        if isinstance(error, OSError) and (refusal := _refusal_of(error)) is not None:
            _refuse(refusal)
        _say(f"[bold red]error[/] [dim]\\[unexpected][/] {type(error).__name__}: {escape(str(error))}")
        _say("This is a fault in PPAD. Run 'ppad --debug …' to see where, and report it.")
        sys.exit(2)


CORE_COMMANDS = {
    "show": "ppad.cli.show:show",
    "check": "ppad.cli.check:check",
    "doctor": "ppad.cli.doctor:doctor",
    "publish": "ppad.cli.publish:publish",
    "pull": "ppad.cli.publish:pull",
}

USUAL_ORDER = (
    "demo extract import synth simulate annotate ratings build show check stats "
    "models train evaluate score critic publish pull doctor"
).split()
"""The order in which a project meets the commands."""


def command_line(arguments: Sequence[str] = ()) -> typer.Typer:
    """The command with the core's sub-commands and those that installed rooms bring: the one that is called, or all."""
    app = typer.Typer(
        name="ppad",
        invoke_without_command=True,
        callback=options,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    entries = {name: EntryPoint(name, value, _GROUP) for name, value in CORE_COMMANDS.items()}
    entries |= {entry.name: entry for entry in entry_points(group=_GROUP)}
    called = next((argument for argument in arguments if not argument.startswith("-")), None)
    names = [called] if called in entries else sorted(entries, key=_place)
    for name in names:
        found = entries[name].load()
        if isinstance(found, typer.Typer):
            app.add_typer(taking_places_all(found), name=name)
        else:
            app.command(name=name)(taking_places(found))
    return app


def _place(name: str) -> tuple[int, str]:
    return (USUAL_ORDER.index(name) if name in USUAL_ORDER else len(USUAL_ORDER), name)


def _run(app: typer.Typer) -> None:
    """Run the command; Typer turns Ctrl-C into a silent exit, and people want to know what became of their work."""
    try:
        app()
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            raise KeyboardInterrupt from end
        raise


def _refuse(error: PpadError) -> NoReturn:
    _say(f"[bold red]error[/] [dim]\\[{error.code}][/] {escape(str(error))}")
    sys.exit(2)


def _refusal_of(error: OSError) -> PpadError | None:
    from ppad.storage.atomic import unforeseen_refusal  # `ppad` alone opens no file, and starts without it

    return unforeseen_refusal(error)


def _say(markup: str) -> None:
    Console(stderr=True, soft_wrap=True, highlight=False).print(markup)
