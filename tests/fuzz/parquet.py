"""Parquet files of strangers: collections, datasets, ratings, audits of splits.

Three kinds of input, by the first byte: any bytes; a sound file with some bytes changed; a file that is sound as Parquet, whose
columns, values and metadata are whatever the bytes say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ppad.media.images import decode_image
from ppad.rubric import load_rubric
from ppad.schema import SPLITS_SCHEMA, Problem, check_process_rows, process_to_row, with_metadata
from ppad.stages import Job
from ppad.storage import Collection, Dataset
from ppad.storage.checking import check_parquet
from ppad.storage.ratings import read_ratings, rubric_metadata, rubric_of
from tests.fuzz.choices import Choices, edited
from tests.fuzz.promises import accepted, contained
from tests.unit.build.samples import process_id, rating, record

GOLDEN = Path(__file__).parents[1] / "contract" / "golden" / "v1"
KINDS = ("process", "dataset", "ratings", "splits")
RUBRIC = load_rubric("ppad-8")

_EDITED, _BUILT = 1, 2


def seeds() -> Iterator[bytes]:
    """Each kind as it is, a few bits changed, and built anew."""
    for number, kind in enumerate(KINDS):
        yield bytes([0, number]) + _whole(kind)
        yield bytes([_EDITED, number, 40, 1, 0, 3])
        yield bytes([_BUILT, number])
        yield bytes([_BUILT, number]) + bytes(range(1, 120))


def target(data: bytes) -> None:
    """Read a file in every way that PPAD reads one of its kind; what the check finds sound must be usable."""
    choices = Choices(data)
    how, kind = choices.whole(0, 2), choices.one(KINDS)
    with contained() as folder:
        path = folder / _PLACES[kind]
        path.parent.mkdir(parents=True, exist_ok=True)
        if how == _BUILT:
            schema, rows = _built(kind, choices)
            if not _write(path, schema, rows):
                return
        else:
            path.write_bytes(edited(_whole(kind), choices) if how == _EDITED else choices.rest())
        problems = check_parquet(path, path.name, _decoded_size).problems
        assert all(problem.message and problem.fix for problem in problems)
        _READERS[kind](folder, path, problems)


def _decoded_size(data: bytes, name: str) -> tuple[int, int]:
    height, width = decode_image(data, name=name).shape[:2]
    return width, height


_PLACES = {
    "process": f"processes/{process_id('painted')}.parquet",
    "dataset": "data/train-00000-of-00001.parquet",
    "ratings": "ratings.parquet",
    "splits": "splits.parquet",
}


def _read_process(folder: Path, path: Path, problems: Sequence[Problem]) -> None:
    from ppad.plotting.page import card_of
    from ppad.plotting.show import draw_sheet
    from ppad_pipelines.build.survey import survey_process
    from ppad_pipelines.stats.collecting import MeasureProcess

    collection = Collection(folder)
    record_read = accepted(lambda: collection.read(path.stem))
    light = accepted(lambda: collection.light_row(path.stem))
    trace = accepted(lambda: collection.trace(path.stem))
    for read in (lambda: collection.table(), lambda: collection.config_hash(path.stem)):
        accepted(read)
    surveyed = accepted(lambda: survey_process(Job(path.stem, path.name, path), lambda _share: None))
    _scan(path)
    if problems:
        return
    assert record_read is not None
    assert light is not None
    assert surveyed is not None
    assert check_process_rows([process_to_row(record_read)], path.name) == []
    card_of(path.stem, light, trace)
    accepted(lambda: MeasureProcess(folder)(Job(path.stem, path.stem, None), lambda _share: None))
    if record_read.width * record_read.height <= 1 << 20 and len(record_read.frames) <= 8:
        assert accepted(lambda: draw_sheet(collection, path.stem)) is not None


def _read_dataset(folder: Path, path: Path, problems: Sequence[Problem]) -> None:
    dataset = Dataset(folder)
    for read in (lambda: dataset.metadata, lambda: dataset.scales, lambda: dataset.attribute_ids, lambda: dataset.table()):
        accepted(read)
    ids = accepted(dataset.ids)
    rows = accepted(lambda: list(dataset))
    streamed = accepted(lambda: list(dataset.stream("train", seed=1)))
    _scan(path)
    if problems:
        return
    assert ids is not None
    assert rows is not None
    assert streamed is not None
    assert [row.process.process_id for row in rows] == ids
    assert sorted(row.process.process_id for row in streamed) == sorted(ids)
    for row in rows:
        assert all(row.scores[name] is None or low <= row.scores[name] <= high for name, (low, high) in dataset.scales.items())


def _read_ratings(folder: Path, path: Path, problems: Sequence[Problem]) -> None:
    rubric = accepted(lambda: rubric_of([path])) or RUBRIC
    rows = accepted(lambda: read_ratings([path], rubric))
    _scan(path)
    for row in rows or ():
        assert all(row[name] is None or low <= row[name] <= high for name, (low, high) in rubric.scales.items())


def _read_splits(folder: Path, path: Path, problems: Sequence[Problem]) -> None:
    _scan(path)


def _scan(path: Path) -> None:
    from ppad.hub.names import Forbidden
    from ppad.hub.scanning import ScanFile, Target

    accepted(lambda: ScanFile(Forbidden(("Ada Lovelace",)))(Job("x", "x", Target(path, path.name)), lambda _share: None))


_READERS = {"process": _read_process, "dataset": _read_dataset, "ratings": _read_ratings, "splits": _read_splits}


@cache
def _whole(kind: str) -> bytes:
    return (GOLDEN / f"{kind}.parquet").read_bytes()


@cache
def _sound(kind: str) -> tuple[pa.Schema, list[dict[str, Any]]]:
    """Schema and rows of a sound file."""
    if kind == "process":
        one = process_to_row(record("painted", artist_id="artist-1", style="Cubism"))
        return pq.read_schema(GOLDEN / "process.parquet"), [one]
    if kind == "ratings":
        rows = [rating("painted", name, score, critique="Bold.", pins='[{"frame": 1}]') for name, score in (("r1", 6), ("r2", 9))]
        schema = pq.read_schema(GOLDEN / "ratings.parquet")
        return with_metadata(schema, "ratings", "0" * 12, rubric_metadata(RUBRIC)), rows
    if kind == "splits":
        row = {"process_id": process_id("painted"), "split": "train", "group_id": process_id("painted"), "why": "alone"}
        return with_metadata(SPLITS_SCHEMA, "splits", "0" * 12), [row]
    table = pq.read_table(GOLDEN / "dataset.parquet")
    return table.schema, table.to_pylist()


def _built(kind: str, choices: Choices) -> tuple[pa.Schema, list[dict[str, Any]]]:
    """A file of that kind with columns dropped or retyped, values replaced, and metadata changed."""
    schema, rows = _sound(kind)
    rows = [dict(row) for row in rows for _ in range(choices.one((1, 1, 1, 0, 2)))]
    metadata = dict(schema.metadata)
    for _ in range(choices.whole(0, 4)):
        if not choices.left or not len(schema):
            break
        name = choices.one(schema.names)
        match choices.whole(0, 5):
            case 0:
                schema = schema.remove(schema.get_field_index(name))
            case 1:
                schema = schema.set(schema.get_field_index(name), pa.field(name, choices.one(_TYPES)))
            case 2:
                metadata[choices.one(sorted(metadata))] = choices.text().encode("utf-8", "replace")
            case 3:
                metadata[choices.one(_EXTRAS)] = choices.one(_JSON).encode() if choices.flag() else choices.taken(40)
            case _:
                for row in rows:
                    row[name] = _value(schema.field(name).type, choices)
    return schema.with_metadata(metadata), rows


_TYPES = (pa.string(), pa.large_string(), pa.int64(), pa.float64(), pa.binary(), pa.list_(pa.int64()), pa.null(), pa.bool_())
_EXTRAS = (b"ppad.trace", b"ppad.rubric_scales", b"ppad.kind", b"ppad.contract_version", b"huggingface", b"\xff")
_JSON = (
    "{}", "[]", "null", "[" * 100_000,
    '{"time_s":[0,1],"change":[0,0.5],"threshold":0.1,"chosen":[0,1]}', '[["consistency",1,10]]',
    '{"time_s":["x"],"change":1,"threshold":null,"chosen":{}}',
    '{"time_s":[1e308,-1e308],"change":[0,0],"threshold":1,"chosen":[0,1]}',
    '{"time_s":[0,0,0],"change":[0,0.1,0.2],"threshold":1e-300,"chosen":[0,1,2]}', '[["consistency",NaN,1e999]]', '[["x","a",3]]',
    '[["process_id",1,2]]', '[[["x"],1,2]]', '[["x_std",0,1]]', '[["consistency",1,' + "9" * 5000 + "]]",
)  # fmt: skip


def _value(kind: pa.DataType, choices: Choices) -> Any:
    """A value of a type, or null."""
    if choices.whole(0, 5) == 0:
        return None
    if pa.types.is_struct(kind):
        return {kind.field(number).name: _value(kind.field(number).type, choices) for number in range(kind.num_fields)}
    if pa.types.is_list(kind):
        return [_value(kind.value_type, choices) for _ in range(choices.one((0, 1, 2, 3, 3, 4, 400)))]
    if pa.types.is_integer(kind):
        return max(-(1 << kind.bit_width - 1), min((1 << kind.bit_width - 1) - 1, choices.number()))
    if pa.types.is_floating(kind):
        return choices.real()
    if pa.types.is_boolean(kind):
        return choices.flag()
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return choices.one(_pictures()) if choices.flag() else choices.taken(choices.whole(0, 20))
    return choices.text() if pa.types.is_string(kind) or pa.types.is_large_string(kind) else None


@cache
def _pictures() -> tuple[bytes, ...]:
    return tuple(frame.bytes for frame in record("painted").frames)


def _write(path: Path, schema: pa.Schema, rows: list[dict[str, Any]]) -> bool:
    """Write a table as any other program might; False where Arrow itself refuses the values."""
    try:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return False
    return True
