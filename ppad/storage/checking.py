"""Checks of the files of a collection or dataset, one at a time: what breaks the contract, where, and what to do.

Pictures are decoded by a function that the caller gives, since storage knows nothing of pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ppad.errors import ContractError, PpadError
from ppad.rubric import builtin_rubrics, load_rubric
from ppad.schema import (
    PROCESS_COLUMNS,
    Problem,
    SplitRecord,
    check_dataset_rows,
    check_process_rows,
    check_rating_rows,
    dataset_columns,
    json_value,
    read_metadata,
)
from ppad.schema.checks import check_schema, check_values
from ppad.schema.columns import Column, columns_of
from ppad.schema.ratings import rating_columns, rating_event_columns
from ppad.storage.parquet import only_row, open_parquet

PictureSize = Callable[[bytes, str], tuple[int, int]]
"""Opens a picture of that name and gives its width and height, pixels; raises PpadError if it cannot."""

Scales = dict[str, tuple[int, int]]

SCALES_KEY = "rubric_scales"
"""Where datasets and ratings name their attributes, as JSON `[[id, low, high], …]` under `ppad.rubric_scales`."""

_AGAIN = "Write the file again with ppad."
_BUILD = "Build the dataset again."
_EXTRACT = "Extract the process again."


@dataclass(slots=True)
class FileCheck:
    """What a file's check found.

    Attributes:
        kind: what the file says it is; empty where it could not be read so far.
        problems: everything that breaks the contract.
        rows: (process id, split, group id) of each row, as far as the kind has them; for checks across files.
    """

    kind: str = ""
    problems: list[Problem] = field(default_factory=list)
    rows: list[tuple[str, str, str]] = field(default_factory=list)


def check_parquet(path: Path, place: str, picture_size: PictureSize) -> FileCheck:
    """Check one Parquet file of any kind. Damage of any sort ends in a problem, not in an exception."""
    found = FileCheck()
    try:
        with open_parquet(path) as file:
            found.kind = read_metadata(file.schema_arrow, "The file").kind
            checks = _checks(picture_size)
            if found.kind not in checks:
                raise ContractError(f"The file is of the unknown kind {found.kind!r}.", _AGAIN)
            checks[found.kind](file, place, found)
    except PpadError as error:
        found.problems.append(Problem(place, error.message, error.fix))
    except (pa.ArrowException, ValueError, TypeError, KeyError, OverflowError, MemoryError, OSError, RuntimeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        found.problems.append(Problem(place, f"cannot be read to its end: {reason}.", "Make it again, or remove it."))
    return found


def process_row(path: Path) -> tuple[dict[str, Any] | None, list[Problem]]:
    """The row of a collection file, and what is wrong with it; no row where it cannot be read.

    Raises:
        NotFoundError, ContractError: there is no such file, or it is no readable Parquet file of PPAD's.
    """
    with open_parquet(path) as file:
        kind = read_metadata(file.schema_arrow, path.name).kind
        if kind != "process":
            return None, [Problem(path.name, f"is of the kind {kind!r}, not 'process'.", _EXTRACT)]
        return _read_process(file, path.name)


def rubric_scales(schema: pa.Schema) -> Scales | None:
    """Lowest and highest score of each attribute, as the file itself names them; None where it does not.

    Raises:
        ContractError: the entry cannot be understood.
    """
    raw = (schema.metadata or {}).get(f"ppad.{SCALES_KEY}".encode())
    if raw is None:
        return None
    try:
        return {str(name): (int(low), int(high)) for name, low, high in json_value(raw.decode())}
    except (ValueError, TypeError, OverflowError) as error:
        raise ContractError(f"The metadata entry ppad.{SCALES_KEY} is damaged.", _AGAIN) from error


def picture_problems(row: Mapping[str, Any], place: str, picture_size: PictureSize) -> Iterator[Problem]:
    """Pictures of a process that do not open, and frames of another size than the row says."""
    for number, frame in enumerate(row["frames"] or ()):
        if frame and frame["bytes"]:
            yield from _picture_problem(frame["bytes"], f"{place}: frame {number}", picture_size, (row["width"], row["height"]))
    reference = row["reference_image"]
    if reference is not None:
        yield from _picture_problem(reference["bytes"] or b"", f"{place}: reference_image", picture_size, None)


def _picture_problem(
    data: bytes, place: str, picture_size: PictureSize, wanted: tuple[int | None, int | None] | None
) -> Iterator[Problem]:
    try:
        size = picture_size(data, "It")
    except PpadError as error:
        yield Problem(place, error.message, _EXTRACT)
        return
    if wanted is not None and size != wanted:
        yield Problem(place, f"is {size[0]}×{size[1]} pixels, the row says {wanted[0]}×{wanted[1]}.", _EXTRACT)


def _read_process(file: pq.ParquetFile, place: str) -> tuple[dict[str, Any] | None, list[Problem]]:
    problems = check_schema(file.schema_arrow, PROCESS_COLUMNS, place)
    if problems:
        return None, problems
    row = only_row(file, list(PROCESS_COLUMNS), "The file")
    problems = check_process_rows([row], place)
    if row["process_id"] is not None and place.rpartition("/")[2] != f"{row['process_id']}.parquet":
        problems.append(Problem(place, f"holds the process {row['process_id']!r}.", "Name the file by its process_id."))
    return row, problems


def _check_process(file: pq.ParquetFile, place: str, found: FileCheck, picture_size: PictureSize) -> None:
    row, problems = _read_process(file, place)
    found.problems += problems
    if row is not None:
        found.problems += picture_problems(row, place, picture_size)


def _check_shard(file: pq.ParquetFile, place: str, found: FileCheck, picture_size: PictureSize) -> None:
    scales = rubric_scales(file.schema_arrow)
    if scales is None:
        raise ContractError("The shard does not name its rubric.", _BUILD)
    columns = dataset_columns(scales)
    if not _has_columns(file, columns, place, found):
        return
    for row in _rows(file, columns):
        problems = check_dataset_rows([row], columns, place)
        found.problems += problems + list(_score_problems(row, scales, place))
        found.problems += picture_problems(row, f"{place}: {row['process_id']}", picture_size)
        found.rows.append((str(row["process_id"]), str(row["split"]), ""))


def _score_problems(row: Mapping[str, Any], scales: Scales, place: str) -> Iterator[Problem]:
    here = f"{place}: {row['process_id']}"
    for name, (low, high) in scales.items():
        for column in (name, f"{name}_adjusted"):
            if row[column] is not None and not low <= row[column] <= high:
                yield Problem(here, f"{column} is {row[column]}.", f"Scores run from {low} to {high}.")
        spread = row[f"{name}_std"]
        if spread is not None and not (math.isfinite(spread) and spread >= 0):
            yield Problem(here, f"{name}_std is {spread}.", "A standard deviation is 0 or more.")


def _check_ratings(file: pq.ParquetFile, place: str, found: FileCheck) -> None:
    scales = rubric_scales(file.schema_arrow) or _builtin_scales(file)
    columns = rating_columns(scales)
    if _has_columns(file, columns, place, found):
        rows = list(_rows(file, columns))
        found.problems += check_rating_rows(rows, columns, scales, place)
        found.rows = [(str(row["process_id"]), "", "") for row in rows]


def _check_events(file: pq.ParquetFile, place: str, found: FileCheck) -> None:
    scales = rubric_scales(file.schema_arrow) or _builtin_scales(file)
    columns = rating_event_columns(scales)
    if _has_columns(file, columns, place, found):
        for number, row in enumerate(_rows(file, columns)):
            found.problems += check_values(row, columns, f"{place}: row {number}")


def _check_splits(file: pq.ParquetFile, place: str, found: FileCheck) -> None:
    columns = columns_of(SplitRecord)
    if _has_columns(file, columns, place, found):
        for number, row in enumerate(_rows(file, columns)):
            found.problems += check_values(row, columns, f"{place}: row {number}")
            found.rows.append((str(row["process_id"]), str(row["split"]), str(row["group_id"])))


_Check = Callable[[pq.ParquetFile, str, FileCheck], None]


def _checks(picture_size: PictureSize) -> Mapping[str, _Check]:
    """The check of each kind of file."""
    return {
        "process": partial(_check_process, picture_size=picture_size),
        "dataset": partial(_check_shard, picture_size=picture_size),
        "ratings": _check_ratings,
        "rating_events": _check_events,
        "splits": _check_splits,
    }


def _has_columns(file: pq.ParquetFile, columns: Mapping[str, Column], place: str, found: FileCheck) -> bool:
    problems = check_schema(file.schema_arrow, columns, place)
    found.problems += problems
    return not problems


def _rows(file: pq.ParquetFile, columns: Mapping[str, Column]) -> Iterator[dict[str, Any]]:
    """All rows, a row group in memory at a time: batches would end early, without a word, where a file is damaged."""
    for number in range(file.num_row_groups):
        yield from file.read_row_group(number, columns=list(columns), use_threads=False).to_pylist()


def _builtin_scales(file: pq.ParquetFile) -> Scales:
    """The scales of the rubric that the ratings name in their rows, if it ships with PPAD.

    Raises:
        ContractError: they name another one, or none.
    """
    names: Sequence[str] = []
    if "rubric" in file.schema_arrow.names:
        names = file.read(columns=["rubric"], use_threads=False).column("rubric").unique().to_pylist()
    if not names and file.metadata.num_rows == 0:
        return {}
    if len(names) != 1 or names[0] not in builtin_rubrics():
        raise ContractError(
            f"The ratings are by the rubrics {names}, which ppad does not ship.",
            "Keep one rubric a file; ppad build takes --rubric.",
        )
    rubric = load_rubric(names[0])
    return {name: (rubric.scale_of(name).low, rubric.scale_of(name).high) for name in rubric.attribute_ids}
