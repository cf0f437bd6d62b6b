"""What is known about each recording besides its pixels: a table by file name, CSV or JSON lines."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ppad.errors import NotFoundError, SidecarError
from ppad.schema import ORIGINS, canonical_json, json_value
from ppad.storage.tables import read_table
from ppad_pipelines.extract.sources import Source

KEY = "file"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a sidecar table says of one recording; None where it says nothing.

    Attributes:
        reference: path of the reference image, as found from the table's folder.
        prompt: what the painter was asked to paint; instead of a reference image.
        artist_id: pseudonym, never a name.
        category, style, licence: as in the contract.
        origin: `real` unless the table says that nobody painted it (`prompt`, `inversion`, `simulated`).
    """

    reference: str | None = None
    prompt: str | None = None
    artist_id: str | None = None
    category: str | None = None
    style: str | None = None
    licence: str | None = None
    origin: str | None = None

    def to_json(self, reference_sha256: str | None) -> str:
        """Canonical JSON in which the reference stands by its content, not by where it lies."""
        return canonical_json(asdict(self) | {"reference": reference_sha256})


COLUMNS = tuple(field.name for field in fields(Facts))


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A sidecar table.

    Attributes:
        rows: facts by the file name (or relative path) that the table gives.
        unknown_columns: columns that are not used.
    """

    rows: Mapping[str, Facts]
    unknown_columns: tuple[str, ...]

    def facts_of(self, source: Source) -> Facts:
        """The facts of a source: by its path's ending, most specific first; empty facts where the table has none."""
        parts = source.path.as_posix().split("/")
        for length in range(len(parts), 0, -1):
            found = self.rows.get("/".join(parts[-length:]))
            if found is not None:
                return found
        return Facts()

    def unmatched(self, sources: Iterable[Source]) -> list[str]:
        """Names in the table that no source answers to."""
        split = [source.path.as_posix().split("/") for source in sources]
        endings = {"/".join(parts[-n:]) for parts in split for n in range(1, len(parts) + 1)}
        return sorted(set(self.rows) - endings)

    def references(self) -> list[Path]:
        """All reference images that the table names."""
        return [Path(facts.reference) for facts in self.rows.values() if facts.reference]


EMPTY = Sidecar({}, ())


def read_sidecar(file: Path) -> Sidecar:
    """Read a table of facts: CSV with a header (comma, semicolon or tab), or JSON lines (`.jsonl`).

    Raises:
        NotFoundError: the table does not exist.
        SidecarError: it cannot be read; the message names every problem.
    """
    if not file.is_file():
        raise NotFoundError(f"There is no metadata table {file}.", "Check the path given to --metadata.")
    return _checked(_json_lines(file) if file.suffix.lower() in (".jsonl", ".ndjson") else _csv_rows(file), file)


def _checked(records: list[dict[str, Any]], file: Path) -> Sidecar:
    problems = [
        f"column '{name}' is unknown: did you mean '{meant[0]}'?"
        for name in sorted({name for record in records for name in record} - {KEY, *COLUMNS})
        if (meant := difflib.get_close_matches(name.lower(), (KEY, *COLUMNS), n=1, cutoff=0.75))
    ]
    rows: dict[str, Facts] = {}
    unknown = {name for record in records for name in record if name not in (KEY, *COLUMNS)}
    for number, record in enumerate(records, start=1):
        values = {name: _text(record.get(name)) for name in (KEY, *COLUMNS)}
        name = values.pop(KEY)
        if name is None:
            problems.append(f"row {number} names no file")
            continue
        name = name.replace("\\", "/").removeprefix("./").rstrip("/")
        if name in rows:
            problems.append(f"row {number} repeats {name}")
        facts = Facts(**values)
        problems.extend(f"row {number} {problem}" for problem in _problems(facts, file.parent))
        rows[name] = _located(facts, file.parent)
    if problems:
        more = f" and {len(problems) - 10} more" if len(problems) > 10 else ""
        raise SidecarError(f"{file.name}: {'; '.join(problems[:10])}{more}.", "Correct the table.")
    return Sidecar(rows, tuple(sorted(unknown)))


def _problems(facts: Facts, folder: Path) -> list[str]:
    problems = []
    if facts.reference and facts.prompt:
        problems.append("gives both a reference and a prompt: a process has one")
    if facts.origin not in (None, *ORIGINS):
        problems.append(f"has the origin {facts.origin!r}: it is one of {', '.join(ORIGINS)}")
    if facts.reference and not _is_file(folder / facts.reference):
        problems.append(f"names a reference that does not exist: {facts.reference}")
    return problems


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # no file can have such a name
        return False


def _located(facts: Facts, folder: Path) -> Facts:
    if facts.reference is None:
        return facts
    return Facts(**(asdict(facts) | {"reference": str(folder / facts.reference)}))


def _csv_rows(file: Path) -> list[dict[str, Any]]:
    try:
        names, rows = read_table(file)
    except ValueError as error:
        raise SidecarError(f"{file.name} {error}.", "Save the table as CSV, UTF-8.") from error
    if KEY not in names:
        raise SidecarError(f"{file.name} has no column '{KEY}'.", f"The header names: {KEY}, {', '.join(COLUMNS)}.")
    for number, row in enumerate(rows, start=1):
        if None in row:
            raise SidecarError(
                f"{file.name}: row {number} has more cells than the header.", "Quote cells that hold the delimiter."
            )
    return rows


def _json_lines(file: Path) -> list[dict[str, Any]]:
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SidecarError(f"{file.name} is not UTF-8 text.", "Save it as UTF-8.") from error
    records = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json_value(line)
        except ValueError as error:
            raise SidecarError(f"{file.name}: line {number} is not JSON.", "Write one object a line.") from error
        if not isinstance(record, dict):
            raise SidecarError(f"{file.name}: line {number} is not an object.", "Write one object a line.")
        records.append(record)
    return records


def _text(value: object) -> str | None:
    text = "" if value is None else str(value).strip()
    return text or None
