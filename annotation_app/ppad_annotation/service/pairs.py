"""The assessments that preference mode compares, read from tables and paired."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppad.errors import ConfigError, NotFoundError
from ppad.rubric import Rubric
from ppad.schema import json_value
from ppad.storage.tables import read_table
from ppad_annotation.service.submissions import LONGEST_CRITIQUE, is_text


@dataclass(frozen=True, slots=True)
class Assessment:
    """What one source (a model, a person) says of a process.

    Attributes:
        source: who says it; raters never see it.
        scores: by attribute id.
        critique: in words; None for none.
    """

    source: str
    scores: dict[str, float]
    critique: str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two assessments of one process, in the order of their sources' names; which is shown left is drawn for each rater."""

    a: Assessment
    b: Assessment

    @property
    def variant(self) -> str:
        """What tells the pairs of one process apart."""
        return f"{self.a.source}|{self.b.source}"

    def to_json(self) -> dict[str, Any]:
        """As it is stored with the item."""
        return {
            name: {"source": one.source, "scores": one.scores, "critique": one.critique}
            for name, one in (("a", self.a), ("b", self.b))
        }


def read_pairs(files: Sequence[Path], rubric: Rubric) -> dict[str, list[Pair]]:
    """Every pair of sources of every process that has at least two.

    A table is CSV (`process_id`, `source`, one column an attribute, `critique`) or JSON lines (`process_id`, `source`,
    `scores`, `critique`); without `source` the file's name stands for it.

    Returns:
        Pairs by process id.

    Raises:
        NotFoundError: a table is missing.
        ConfigError: a table is malformed, or no process has two assessments.
    """
    found: dict[str, dict[str, Assessment]] = {}
    for file in files:
        for line, process_id, assessment in _read(file, rubric):
            if found.setdefault(process_id, {}).setdefault(assessment.source, assessment) is not assessment:
                raise ConfigError(f"{file.name}, line {line}: {assessment.source} assesses {process_id} twice.", "Keep one.")
    pairs = {
        process_id: [Pair(by_source[a], by_source[b]) for a, b in itertools.combinations(sorted(by_source), 2)]
        for process_id, by_source in found.items()
        if len(by_source) > 1
    }
    if not pairs:
        raise ConfigError("No process has two assessments.", "Give --assessments for each source that is compared.")
    return pairs


def _read(file: Path, rubric: Rubric) -> Iterator[tuple[int, str, Assessment]]:
    if not file.is_file():
        raise NotFoundError(f"There is no table {file}.", "Check the path given to --assessments.")
    rows = _json_rows(file) if file.suffix in (".jsonl", ".ndjson") else _csv_rows(file, rubric)
    for line, row in rows:
        try:
            yield line, *_assessment(row, file.stem, rubric)
        except ValueError as error:
            raise ConfigError(f"{file.name}, line {line}: {error}.", "Correct the table.") from error


def _json_rows(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        lines = file.read_text("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file.name} is not UTF-8 text.", "Save it as UTF-8.") from error
    for line, text in enumerate(lines, 1):
        if text.strip():
            try:
                row = json_value(text)
            except ValueError as error:
                raise ConfigError(f"{file.name}, line {line} is not JSON.", "Correct the table.") from error
            yield line, row if isinstance(row, dict) else {}


def _csv_rows(file: Path, rubric: Rubric) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        _, rows = read_table(file)
    except ValueError as error:
        raise ConfigError(f"{file.name} {error}.", "Save the table as CSV, UTF-8.") from error
    for line, row in enumerate(rows, 2):
        scores = {name: row[name] for name in rubric.attribute_ids if (row.get(name) or "").strip()}
        yield line, {**row, "scores": scores}


def _assessment(row: Mapping[str, Any], stem: str, rubric: Rubric) -> tuple[str, Assessment]:
    """The process that a row is about, and what it says.

    Raises:
        ValueError: saying what is wrong with it.
    """
    process_id, given = row.get("process_id"), row.get("scores")
    if not isinstance(process_id, str) or not isinstance(given, Mapping):
        raise ValueError("there is no process_id, or no scores")
    scores = {name: _score(value) for name, value in given.items()}
    unknown = sorted(set(scores) - set(rubric.attribute_ids))
    if unknown:
        raise ValueError(f"unknown attributes {', '.join(unknown)}")
    critique = row.get("critique") or None
    if critique is not None and not is_text(critique, LONGEST_CRITIQUE):
        raise ValueError("the critique is no plain text")
    source = str(row.get("source") or stem).strip()
    if not source or "|" in source:
        raise ValueError(f"the source {source!r} is empty, or holds '|'")
    return process_id, Assessment(source, scores, critique)


def _score(value: Any) -> float:
    try:
        score = float(value)
    except (TypeError, OverflowError):
        score = math.nan
    if not math.isfinite(score):
        raise ValueError(f"a score is {value!r}")
    return score
