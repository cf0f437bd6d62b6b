"""What every target checks: errors are documented ones, and nothing is written, started or called outside the target's folder."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from fixtures.postgresql import memory_folder
from ppad.errors import PpadError

T = TypeVar("T")

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate", "os.chmod", "os.utime")
_NEVER = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect", "socket.bind")
_HARMLESS = re.compile(r"/dev/null|.*/__pycache__(/.*)?|.*\.pyc(\.\d+)?|.*/\.(config|cache)/matplotlib(/.*)?")


def accepted(call: Callable[[], T]) -> T | None:
    """What a call gives; None where it refuses its input as documented. Any other exception goes on."""
    try:
        return call()
    except PpadError as error:
        assert error.code in documented_codes(), f"{error.code} is in no section of docs/errors.md: {error}"
        assert error.code != "unexpected", str(error)
        assert error.message and error.fix, f"{error.code} says nothing: {error.message!r} {error.fix!r}"
        return None


@cache
def documented_codes() -> frozenset[str]:
    """The codes that docs/errors.md explains."""
    page = Path(__file__).parents[2] / "docs" / "errors.md"
    return frozenset(re.findall(r"^## `([a-z-]+)`", page.read_text("utf-8"), re.MULTILINE))


class _Watch:
    """Notes what the process does outside a folder while it is on. An audit hook cannot be taken off again."""

    def __init__(self) -> None:
        self.folder: str | None = None
        self.seen: list[str] = []

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if self.folder is None:
            return
        if event in _NEVER:
            self.seen.append(f"{event} {args!r:.200}")
        elif (event == "open" and isinstance(args[2], int) and args[2] & _WRITING) or event in _CHANGES:
            path = args[0]
            if isinstance(path, str | bytes | os.PathLike) and not self._may_change(os.fsdecode(path)):
                self.seen.append(f"{event} {os.fsdecode(path)}")

    def _may_change(self, path: str) -> bool:
        full = os.path.abspath(path)  # noqa: PTH100 - Path.absolute keeps '..'
        return full.startswith(f"{self.folder}/") or full == self.folder or bool(_HARMLESS.fullmatch(full))


_WATCH = _Watch()


@cache
def _watching() -> _Watch:
    sys.addaudithook(_WATCH)
    return _WATCH


@contextlib.contextmanager
def contained() -> Iterator[Path]:
    """A folder for one input, the only place where something may change; no process is started, and nobody is called.

    Raises:
        AssertionError: something else happened.
    """
    watch = _watching()
    with tempfile.TemporaryDirectory(prefix="ppad-fuzz-", dir=memory_folder()) as name:
        watch.folder, watch.seen = name, []
        try:
            yield Path(name)
        finally:
            watch.folder = None
    assert not watch.seen, f"outside its folder: {watch.seen[:5]}"
