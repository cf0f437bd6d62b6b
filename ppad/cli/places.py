"""Paths on the command line, local or in a store, for every command alike."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

Command = Callable[..., Any]


def taking_places(command: Command) -> Command:
    """The command with `s3://…` understood wherever it takes a path: Typer makes a local path of it, with one slash less."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        return command(*args, **{name: _placed(value) for name, value in kwargs.items()})

    return run


def _placed(value: Any) -> Any:
    from ppad.storage.remote import place

    if isinstance(value, list):
        return [_placed(one) for one in value]
    return place(value) if isinstance(value, Path) else value
