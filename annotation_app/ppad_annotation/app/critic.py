"""What a critic says of the items, for raters who have rated them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ppad.critique import Critique, parse
from ppad.errors import ConfigError, NotFoundError
from ppad.rubric import Rubric
from ppad.schema import json_value
from ppad.storage import open_parquet

KEYS = ("input", "text")
"""What is read of a row that `ppad critic write --out` leaves."""


class Critiques:
    """The critiques of a file, by process.

    Args:
        file: JSON lines or Parquet, as `ppad critic write --out` leaves it.
        rubric: of the campaign.

    Raises:
        NotFoundError, ContractError: the file is missing or damaged.
        ConfigError: a line is no critique, or there is none.
    """

    def __init__(self, file: Path, rubric: Rubric) -> None:
        self._texts = {_process(row["input"]): str(row["text"]) for row in _rows(file)}
        if not self._texts:
            raise ConfigError(f"{file.name} holds no critique.", "Write some: ppad critic write RUN COLLECTION --out FILE")
        self._rubric = rubric

    def __len__(self) -> int:
        return len(self._texts)

    def of(self, process_id: str) -> dict[str, Any]:
        """The critique of a process as JSON values.

        Raises:
            NotFoundError: the critic did not judge it.
        """
        if process_id not in self._texts:
            raise NotFoundError("The critic has not judged this item.", "Go on rating.")
        found: Critique = parse(self._texts[process_id], self._rubric)
        return {
            "scores": found.scores,
            "words": {name: passage.text for name, passage in found.passages.items() if passage.text},
            "remarks": found.remarks,
        }


def _process(name: str) -> str:
    """The process that a row is about: its id, or the path of its file or picture."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.stem if path.suffix == ".parquet" else path.name


def _rows(file: Path) -> Iterator[Mapping[str, Any]]:
    if not file.is_file():
        raise NotFoundError(f"There is no file {file}.", "Check the path given to --critic.")
    if file.suffix == ".parquet":
        with open_parquet(file) as parquet:
            if not set(KEYS) <= set(parquet.schema_arrow.names):
                raise ConfigError(f"{file.name} has no columns {' and '.join(KEYS)}.", "Give what ppad critic write --out left.")
            yield from parquet.read(columns=list(KEYS)).to_pylist()
        return
    for number, line in enumerate(file.read_text("utf-8", errors="replace").splitlines(), start=1):
        try:
            row = json_value(line)
        except ValueError:
            row = None
        if not (isinstance(row, dict) and all(isinstance(row.get(key), str) for key in KEYS)):
            raise ConfigError(f"{file.name}: line {number} is no critique.", "Give what ppad critic write --out left.")
        yield row
