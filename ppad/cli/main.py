"""The `ppad` command: finds its sub-commands, and turns errors into one sentence each."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from ppad import __version__
from ppad.cli.check import check
from ppad.cli.doctor import doctor
from ppad.cli.show import show
from ppad.errors import PpadError

app = typer.Typer(
    name="ppad",
    help="Datasets of how people paint, and models that judge it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
    _debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Datasets of how people paint, and models that judge it."""
    if version:
        typer.echo(f"ppad {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; exit with 0 (all well), 1 (some items failed), 2 (nothing could run) or 130 (stopped)."""
    debug = "--debug" in sys.argv[1:]
    try:
        _register()
        app()
    except PpadError as error:
        if debug:
            raise
        _say(f"[bold red]error[/] [dim]\\[{error.code}][/] {escape(str(error))}")
        sys.exit(2)
    except KeyboardInterrupt:
        _say("Stopped. What was finished is safe; run the same command to go on.")
        sys.exit(130)
    except Exception as error:
        if debug:
            raise
        _say(f"[bold red]error[/] [dim]\\[unexpected][/] {type(error).__name__}: {escape(str(error))}")
        _say("This is a fault in PPAD. Run 'ppad --debug …' to see where, and report it.")
        sys.exit(2)


def _register() -> None:
    """Add the core's commands, then those that the installed rooms bring through `ppad.commands`."""
    app.command(name="show")(show)
    app.command(name="check")(check)
    app.command(name="doctor")(doctor)
    for entry in sorted(entry_points(group="ppad.commands"), key=_usual_order):
        app.command(name=entry.name)(entry.load())


def _usual_order(entry: EntryPoint) -> tuple[int, str]:
    """The order in which a project uses them."""
    order = ["demo", "extract", "synth", "simulate", "annotate", "ratings", "build", "stats", "train", "evaluate", "score"]
    return (order.index(entry.name) if entry.name in order else len(order), entry.name)


def _say(markup: str) -> None:
    Console(stderr=True, soft_wrap=True, highlight=False).print(markup)
