"""Exports that no program should write, and some do: one sentence each, nothing written."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ppad.errors import ConfigError, RatingsError
from ppad_annotation.ratings.pseudonyms import load_pseudonyms
from tests.unit.ratings.sources import RUBRIC, scores, take_in, write_json, write_table

STARS = [{"from_name": name, "value": {"rating": 5}} for name in RUBRIC.attribute_ids]
SOUND = {
    "id": 1,
    "data": {"video": "castle.mp4"},
    "annotations": [{"id": 5, "completed_by": 7, "result": STARS}],
}


def refusal(source: Path) -> str:
    with pytest.raises(RatingsError) as caught:
        take_in(source)
    assert not (source.parent / "out").exists()
    return caught.value.message


def changed(change: Callable[[dict[str, Any]], Any]) -> list[dict[str, Any]]:
    task = copy.deepcopy(SOUND)
    change(task)
    return [task]


def annotation(task: dict[str, Any]) -> dict[str, Any]:
    return task["annotations"][0]


@pytest.mark.parametrize(
    "change",
    [
        lambda task: task.update(data=[1]),
        lambda task: task.update(annotations=None),
        lambda task: task.update(annotations=[1]),
        lambda task: annotation(task).update(result=[1]),
        lambda task: annotation(task).update(created_at=5),
        lambda task: annotation(task).update(lead_time=float("nan")),
        lambda task: annotation(task)["result"][0].update(value=3),
        lambda task: annotation(task)["result"][0].update(from_name=[1]),
    ],
)
def test_tasks_of_another_shape_are_no_export(tmp_path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    assert refusal(write_json(tmp_path / "e.json", changed(change))).startswith("This is no export of Label Studio: '0.")


def test_a_single_choice_may_stand_without_its_list(tmp_path: Path) -> None:
    task = changed(lambda task: annotation(task)["result"][0].update(value={"choices": "7 – good"}))
    assert take_in(write_json(tmp_path / "e.json", task)).rows[0]["consistency"] == 7


def test_a_text_that_no_file_could_take_is_refused(tmp_path: Path) -> None:
    task = changed(lambda task: annotation(task)["result"].append({"from_name": "critique", "value": {"text": ["\ud800"]}}))
    assert refusal(write_json(tmp_path / "e.json", task)) == "e.json is not JSON."


def test_working_time_beyond_belief_is_named(tmp_path: Path) -> None:
    task = changed(lambda task: annotation(task).update(lead_time=1e300))
    assert "active_ms is not between 0 and 31622400000" in refusal(write_json(tmp_path / "e.json", task))


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"replicate": "9" * 5000}, "has the replicate '999"),
        ({"replicate": "3000000000"}, "replicate is not between 0 and 1000000"),
        ({"active_ms": str(2**63)}, "has the active_ms '9223372036854775808', not a whole number"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "is not in ISO 8601"),
        ({"time": "9999-12-31T23:59:59-14:00"}, "is not in ISO 8601"),
    ],
)
def test_numbers_and_times_that_no_column_takes_are_named(tmp_path: Path, cells: dict[str, str], said: str) -> None:
    message = refusal(write_table(tmp_path / "t.csv", [{"file": "castle.mp4", "rater": "r1", **scores(), **cells}]))
    assert said in message
    assert len(message) < 200


def test_an_entry_of_the_authors_without_results_lacks_its_scores(tmp_path: Path) -> None:
    entries = [{"images_path": "x" * 300, "valuationResults": 3}]
    assert "entry 1: consistency is missing" in refusal(write_json(tmp_path / "l.json", entries))


@pytest.mark.parametrize("text", ["[1]", "[" * 100_000, "{}", '{"method": "hash", "secret": 1, "names": []}', '"\\ud800"'])
def test_a_key_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "key.json").write_text(text)
    with pytest.raises(ConfigError, match=r"key\.json is no key file of ppad"):
        load_pseudonyms("hash", tmp_path / "key.json", tmp_path / "out" / "ratings.parquet")
