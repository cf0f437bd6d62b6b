"""One definition of each column: the typed record, its Arrow schema and the features of `datasets` agree."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from fixtures.records import record, records
from ppad.schema import (
    IMAGE,
    PROCESS_SCHEMA,
    Picture,
    ProcessRecord,
    Provenance,
    RatingEventRecord,
    RatingRecord,
    SplitRecord,
    dataset_schema,
    process_from_row,
    process_to_row,
    rating_events_schema,
    ratings_schema,
)
from ppad.schema.columns import columns_of, hf_features

RECORDS = (ProcessRecord, Provenance, RatingRecord, RatingEventRecord, SplitRecord)
COLUMNS = [(kind, name) for kind in RECORDS for name in columns_of(kind)]

NUMBERS: dict[type, tuple[Any, ...]] = {int: (pa.int32(), pa.int64()), float: (pa.float32(), pa.float64()), str: (pa.string(),)}


def arrow_fits(hint: Any, arrow: pa.DataType) -> bool:
    """Whether values of a type hint belong into a column of an Arrow type."""
    if typing.get_origin(hint) is list:
        return pa.types.is_list(arrow) and arrow_fits(typing.get_args(hint)[0], arrow.value_type)
    if typing.get_origin(hint) is dict:  # a list of pairs
        pairs = dict(zip(("key", "value"), typing.get_args(hint), strict=True))
        return pa.types.is_list(arrow) and all(arrow_fits(h, arrow.value_type.field(n).type) for n, h in pairs.items())
    if hint is Picture:
        return arrow == IMAGE
    if dataclasses.is_dataclass(hint):
        nested = columns_of(typing.cast(type, hint))
        return [arrow.field(i).name for i in range(arrow.num_fields)] == list(nested)
    return arrow in NUMBERS[hint]


@pytest.mark.parametrize(("kind", "name"), COLUMNS, ids=lambda value: getattr(value, "__name__", value))
def test_the_hint_of_a_field_is_its_arrow_type_and_says_whether_it_may_be_null(kind: type, name: str) -> None:
    hint, column = typing.get_type_hints(kind)[name], columns_of(kind)[name]
    arguments = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    assert (type(None) in arguments) == column.nullable
    (plain,) = [argument for argument in arguments if argument is not type(None)]
    assert arrow_fits(plain, column.arrow)
    assert column.doc


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(records())
def test_a_record_survives_its_row_and_arrow(original: ProcessRecord) -> None:
    table = pa.Table.from_pylist([process_to_row(original)], schema=PROCESS_SCHEMA)
    assert process_from_row(table.to_pylist()[0]) == original


def test_columns_beyond_the_contract_are_left_out_of_a_record() -> None:
    assert process_from_row({**process_to_row(record()), "split": "train", "own_column": 7}) == record()


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        record().width = 7  # type: ignore[misc]


def test_a_dataset_row_is_a_collection_row_and_more() -> None:
    schema = dataset_schema(["consistency"])
    assert schema.names[: len(PROCESS_SCHEMA)] == PROCESS_SCHEMA.names
    assert schema.names[len(PROCESS_SCHEMA) :] == [
        "split",
        "consistency",
        "consistency_std",
        "consistency_adjusted",
        "n_raters",
        "style_label",
        "style_embedding",
        "reference_embedding",
    ]


def test_the_scores_of_a_rating_stand_after_its_kind() -> None:
    names = ratings_schema(["consistency", "detail_depth"]).names
    assert names[names.index("kind") :][:4] == ["kind", "consistency", "detail_depth", "critique"]


def test_a_score_is_one_byte() -> None:
    assert rating_events_schema(["consistency"]).field("consistency").type == pa.int8()


def test_pictures_are_images_for_the_datasets_library() -> None:
    features = hf_features(PROCESS_SCHEMA)
    assert features["frames"] == {"feature": {"_type": "Image"}, "_type": "List"}
    assert features["reference_image"] == {"_type": "Image"}
    assert features["frame_time_s"] == {"feature": {"dtype": "float64", "_type": "Value"}, "_type": "List"}
    assert features["frame_change"] == {"feature": {"dtype": "float32", "_type": "Value"}, "_type": "List"}
    assert features["provenance"]["seed"] == {"dtype": "int64", "_type": "Value"}
