"""Expert scores: what calibration items are discussed with, and gold items are checked against."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ppad.errors import ConfigError, NotFoundError
from ppad.rubric import Rubric
from ppad.storage.tables import read_table

ROLES = ("calibration", "gold")


@dataclass(frozen=True, slots=True)
class Reference:
    """What the experts say of one item.

    Attributes:
        role: `calibration` or `gold`.
        scores: by attribute id, those that have one; they may lie between whole numbers.
        comment: shown with the feedback; None for nothing.
    """

    role: str
    scores: dict[str, float]
    comment: str | None


def read_references(file: Path, rubric: Rubric) -> dict[str, Reference]:
    """The expert scores of a CSV table: `process_id`, `role`, one column an attribute, and `comment` where there is one.

    Returns:
        By process id.

    Raises:
        NotFoundError: the table is missing.
        ConfigError: it is malformed; the sentence names every problem.
    """
    if not file.is_file():
        raise NotFoundError(f"There is no table {file}.", "Check the path given to --references.")
    try:
        names, rows = read_table(file)
    except ValueError as error:
        raise ConfigError(f"{file.name} {error}.", "Save the table as CSV, UTF-8.") from error
    columns = set(names)
    wrong = [f"column '{name}' is missing" for name in ("process_id", "role") if name not in columns]
    wrong += [
        f"column '{name}' is unknown" for name in sorted(columns - {"process_id", "role", "comment", *rubric.attribute_ids})
    ]
    found: dict[str, Reference] = {}
    for number, row in enumerate(rows if not wrong else [], 2):
        try:
            found[row["process_id"]] = _reference(row, rubric)
        except ValueError as error:
            wrong.append(f"line {number}: {error}")
    if len(found) < len(rows) and not wrong:
        wrong.append("a process stands in more than one line")
    if wrong:
        raise ConfigError(f"{file.name}: {'; '.join(wrong)}.", "Correct the table.")
    return found


def _reference(row: dict[str, str], rubric: Rubric) -> Reference:
    if row["role"] not in ROLES:
        raise ValueError(f"the role is {row['role']!r}, not {' or '.join(ROLES)}")
    scores = {name: float(row[name]) for name in rubric.attribute_ids if (row.get(name) or "").strip()}
    for name, value in scores.items():
        scale = rubric.scale_of(name)
        if not scale.low <= value <= scale.high:
            raise ValueError(f"{name} is {value:g}, off the scale {scale.low}–{scale.high}")
    return Reference(row["role"], scores, (row.get("comment") or "").strip() or None)
