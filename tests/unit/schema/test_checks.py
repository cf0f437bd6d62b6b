"""Each rule of the contract, broken once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from fixtures.records import PROVENANCE, record
from ppad.schema import (
    PROCESS_COLUMNS,
    PROCESS_SCHEMA,
    Picture,
    check_dataset_rows,
    check_process_rows,
    check_rating_rows,
    dataset_columns,
    process_to_row,
)
from ppad.schema.checks import check_schema
from ppad.schema.ratings import rating_columns

FRAME = Picture(bytes=b"x", path="x.jpg")


def messages(**changes: Any) -> list[str]:
    """What is said of a process that is sound but for these values."""
    return [problem.message for problem in check_process_rows([process_to_row(record(**changes))], "castle.parquet")]


def test_a_sound_process_has_no_problem() -> None:
    assert messages() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"frame_time_s": None, "frame_index": None},
        {"reference_kind": "image", "reference_image": FRAME},
        {"reference_kind": "prompt", "prompt": "a castle at dusk"},
        {"origin": "simulated", "controls": {"jitter": 0.5}},
        {"process_id": "a-000000000000"},
    ],
)
def test_what_the_contract_allows_is_no_problem(changes: dict[str, Any]) -> None:
    assert messages(**changes) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"process_id": "Castle-0123456789ab"}, "process_id 'Castle-0123456789ab' is malformed."),
        ({"process_id": "castle-0123"}, "process_id 'castle-0123' is malformed."),
        ({"process_id": "../castle-0123456789ab"}, "process_id '../castle-0123456789ab' is malformed."),
        ({"process_id": "castle-0123456789ab\n"}, "process_id 'castle-0123456789ab\\n' is malformed."),
        ({"process_id": None}, "process_id is null."),
        ({"origin": "dreamt"}, "origin is 'dreamt'."),
        ({"origin": None}, "origin is null."),
        ({"frames": [], "frame_time_s": None, "frame_index": None, "frame_change": []}, "has no frame."),
        ({"frames": [FRAME, Picture(bytes=b"", path="y.jpg"), FRAME]}, "frames [1] hold no bytes."),
        ({"frame_time_s": [0.0, 1.0]}, "frame_time_s has 2 values for 3 frames."),
        ({"frame_time_s": [0.0, 2.0, 1.0]}, "frame_time_s does not rise."),
        ({"frame_time_s": [0.0, 1.0, 1.0]}, "frame_time_s does not rise."),
        ({"frame_time_s": [0.0, 1.0, float("inf")]}, "frame_time_s holds a null or infinite value."),
        ({"frame_time_s": [0.0, None, 1.0]}, "frame_time_s holds a null or infinite value."),
        ({"frame_index": [0, 9, 3]}, "frame_index does not rise."),
        ({"frame_index": [0, 9]}, "frame_index has 2 values for 3 frames."),
        ({"frame_change": [0.1, 0.2, 0.2]}, "frame_change must start with 0 and stay within 0–1."),
        ({"frame_change": [0.0, 0.2, 1.2]}, "frame_change must start with 0 and stay within 0–1."),
        ({"frame_change": [0.0, -0.2, 0.2]}, "frame_change must start with 0 and stay within 0–1."),
        ({"frame_change": [0.0, float("nan"), 0.2]}, "frame_change holds a null or infinite value."),
        ({"frame_change": None}, "frame_change is null."),
        ({"width": 0}, "frames are 0×24 pixels."),
        ({"reference_kind": "image"}, "reference_kind is image, but reference_image is null."),
        ({"reference_kind": "prompt"}, "reference_kind is prompt, but prompt is null."),
        ({"prompt": "a castle"}, "reference_kind is none, but prompt is set."),
        ({"reference_image": FRAME}, "reference_kind is none, but reference_image is set."),
        ({"controls": {"jitter": 0.5}}, "has controls, but was not simulated."),
        (
            {"origin": "simulated", "controls": {"jitter": float("nan")}},
            "has a control without a name, or without a finite value.",
        ),
        ({"origin": "simulated", "controls": {"": 0.5}}, "has a control without a name, or without a finite value."),
        ({"provenance": replace(PROVENANCE, tool=None)}, "tool is null."),
    ],
)
def test_a_broken_rule_is_reported(changes: dict[str, Any], message: str) -> None:
    assert messages(**changes) == [message]


def test_every_problem_of_a_row_is_reported_at_once() -> None:
    assert len(messages(process_id="X", width=0, frame_index=[2, 1, 0], prompt="p")) == 4


def test_a_problem_says_where_and_what_to_do() -> None:
    (problem,) = check_process_rows([process_to_row(record(width=0))], "castle.parquet")
    assert str(problem) == "castle.parquet: frames are 0×24 pixels. Extract the process again."


def test_of_several_rows_the_problem_names_its_process() -> None:
    rows = [process_to_row(record("castle")), process_to_row(record("tower", width=0))]
    (problem,) = check_process_rows(rows, "shard.parquet")
    assert problem.place == "shard.parquet: tower-0123456789ab"


def test_missing_columns_and_columns_of_another_type_are_reported_and_more_columns_are_not() -> None:
    fields = [field for field in PROCESS_SCHEMA if field.name != "prompt"]
    fields[fields.index(PROCESS_SCHEMA.field("width"))] = pa.field("width", pa.int64())
    schema = pa.schema([*fields, pa.field("our_own", pa.string())])
    assert [problem.message for problem in check_schema(schema, PROCESS_COLUMNS, "x")] == [
        "column prompt is missing.",
        "column width is int64, not int32.",
    ]


def rating(**changes: Any) -> dict[str, Any]:
    values = {
        "process_id": "castle-0123456789ab",
        "rater_id": "r1",
        "rubric": "ppad-8",
        "rubric_version": 1,
        "replicate": 0,
        "kind": "main",
        "consistency": 7,
        "critique": None,
        "active_ms": None,
        "created_at": "2026-01-01T00:00:00Z",
        "revision": 0,
    }
    return values | changes


def rating_messages(*rows: dict[str, Any]) -> list[str]:
    problems = check_rating_rows(rows, rating_columns(["consistency"]), {"consistency": (1, 10)}, "ratings.parquet")
    return [problem.message for problem in problems]


@pytest.mark.parametrize("score", [1, 10, None])
def test_a_score_on_the_scale_or_none_is_sound(score: int | None) -> None:
    assert rating_messages(rating(consistency=score)) == []


@pytest.mark.parametrize("score", [0, 11, -1])
def test_a_score_off_the_scale_is_reported(score: int) -> None:
    assert rating_messages(rating(consistency=score)) == [f"consistency is {score}."]


def test_an_unknown_kind_of_rating_is_reported() -> None:
    assert rating_messages(rating(kind="training")) == ["kind is 'training'."]


def test_a_rating_that_is_there_twice_is_reported_once() -> None:
    rows = [rating(), rating(consistency=3), rating(replicate=1, kind="repeat"), rating(rater_id="r2")]
    assert rating_messages(*rows) == ["repeats a rating of the same process, rater and replicate."]


def dataset_row(**changes: Any) -> dict[str, Any]:
    scores = {"consistency": 7.5, "consistency_std": 0.5, "consistency_adjusted": 7.4, "n_raters": 2}
    rest = {"split": "train", "style_label": None, "style_embedding": None, "reference_embedding": None}
    return process_to_row(record()) | scores | rest | changes


def dataset_messages(row: dict[str, Any]) -> list[str]:
    return [problem.message for problem in check_dataset_rows([row], dataset_columns(["consistency"]), "x")]


def test_a_sound_dataset_row_has_no_problem() -> None:
    assert dataset_messages(dataset_row()) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "validation"}, "split is 'validation'."),
        ({"n_raters": 0}, "has scores but n_raters is 0."),
        ({"n_raters": None}, "n_raters is null."),
        ({"width": 0}, "frames are 0×24 pixels."),
    ],
)
def test_a_broken_dataset_row_is_reported(changes: dict[str, Any], message: str) -> None:
    assert message in dataset_messages(dataset_row(**changes))
