"""Paths on the command line, local or in a store, for every command alike."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

Command = Callable[..., Any]


def taking_places(command: Command) -> Command:
    """The command with `s3://…` understood wherever it takes a path: Typer makes a local path of it, with one slash less."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        return command(*args, **{name: _placed(value) for name, value in kwargs.items()})

    return run


def taking_places_all(commands: typer.Typer) -> typer.Typer:
    """A group of commands, and the groups within it, with the same."""
    for info in commands.registered_commands:
        info.callback = info.callback and taking_places(info.callback)
    for group in commands.registered_groups:
        if group.typer_instance is not None:
            taking_places_all(group.typer_instance)
    return commands


def _placed(value: Any) -> Any:
    from ppad.storage.remote import place

    if isinstance(value, list):
        return [_placed(one) for one in value]
    return place(value) if isinstance(value, Path) else value
