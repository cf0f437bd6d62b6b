"""What a training leaves beside its weights: `run.json`, the card, what was seen, the curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ppad.schema import json_value
from ppad.storage import write_text
from ppad_model.seen import write_seen
from ppad_model.training.curves import draw_curves
from ppad_model.training.folder import RunFolder
from ppad_model.training.manifest import FINISHED, write_manifest
from ppad_model.training.phases import Phase, seen_by
from ppad_model.training.validating import Validation


class Record:
    """Keeps these files; on the first rank alone.

    Args:
        values: content of `run.json` at the beginning; a run that goes on keeps when it was begun, and what it reached.
        phases: whose processes are seen.
        card: makes the README of the weights of the content of `run.json`.
    """

    def __init__(
        self,
        folder: RunFolder,
        values: dict[str, Any],
        phases: Sequence[Phase],
        card: Callable[[Mapping[str, Any]], str],
        *,
        is_main: bool,
        is_new: bool,
    ) -> None:
        self._folder, self._card, self._is_main = folder, card, is_main
        self.values = values
        if not is_new:
            before = json_value(folder.manifest.read_text("utf-8"))
            self.values |= {key: before[key] for key in ("begun_at", "validation")}
        elif is_main:
            write_manifest(folder.root, self.values)
            write_seen(folder.root, seen_by(phases))

    def validated(self, found: Validation) -> None:
        """The weights that were just kept reached this."""
        self.values["validation"] = found.plain()
        self._write()

    def finish(self, *, draws: bool = True) -> None:
        """The training is over.

        Args:
            draws: whether there are curves to draw.
        """
        self.values["state"] = FINISHED
        self._write()
        if self._is_main and draws:
            draw_curves(self._folder.root)

    def _write(self) -> None:
        if self._is_main:
            write_manifest(self._folder.root, self.values)
            write_text(self._folder.best / "README.md", self._card(self.values))
