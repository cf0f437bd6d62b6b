"""What a producer that knows its own dataset decides in place of the build: splits, words on the card, further files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ppad.errors import ConfigError
from ppad_pipelines.build.splits import Placement


def _nothing(folder: Path) -> None:
    """No further files."""


@dataclass(frozen=True)
class Declared:
    """The declarations of a producer; the build keeps to them and writes the rest.

    Attributes:
        placements: split, group and reason of every process of the dataset, in place of the drawn ones; processes without
            one are left out.
        notice: a sentence that stands wherever the dataset is seen: card, Croissant, metadata of every Parquet file.
        card: Markdown that follows the card's head; it says how the splits came about.
        write_files: writes further files into the folder of the dataset, before its checksums.
        key: stands for what `write_files` writes.
    """

    placements: Mapping[str, Placement]
    notice: str
    card: str
    write_files: Callable[[Path], None] = field(default=_nothing)
    key: str = ""

    def check(self) -> None:
        """Refuse placements that have a group in training and in test.

        Raises:
            ConfigError: naming the first of them.
        """
        sides: dict[str, set[bool]] = defaultdict(set)
        for placement in self.placements.values():
            sides[placement.group_id].add(placement.split.startswith("test"))
        torn = sorted(group for group, found in sides.items() if len(found) > 1)
        if torn:
            raise ConfigError(f"The group {torn[0]} is declared for training and for test.", "Keep each group on one side.")
