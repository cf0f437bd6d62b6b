"""Checks of single Parquet files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ppad.cli.check import _decoded_size
from ppad.media.images import encode_image, image_size
from ppad.schema import PROCESS_SCHEMA, Picture, ProcessRecord, dataset_schema, process_to_row, with_metadata
from ppad.storage import write_rows
from ppad.storage.checking import check_parquet
from tests.unit.build.samples import process_id, rating, record, write_collection, write_ratings

SCALES = {"rubric_scales": '[["consistency",1,10]]'}


def problems(path: Path, size: Callable[[bytes, str], tuple[int, int]] = _decoded_size) -> list[str]:
    return [f"{problem.place}: {problem.message}" for problem in check_parquet(path, path.name, size).problems]


def process_file(tmp_path: Path, of: ProcessRecord) -> Path:
    root = write_collection(tmp_path / "c", [of])
    return root / "processes" / f"{of.process_id}.parquet"


def shard_file(tmp_path: Path, **changes: Any) -> Path:
    row = {**process_to_row(record("a")), "split": "train", "n_raters": 0, **changes}
    full = {name: row.get(name) for name in dataset_schema(["consistency"]).names}
    path = tmp_path / "train-00000-of-00001.parquet"
    write_rows(path, [full], with_metadata(dataset_schema(["consistency"]), "dataset", "0123456789ab", SCALES))
    return path


def test_a_sound_process_has_no_problems(tmp_path: Path) -> None:
    assert problems(process_file(tmp_path, record("a"))) == []


def test_a_frame_that_does_not_decode_is_named_by_number(tmp_path: Path) -> None:
    good = record("a").frames
    broken = Picture(bytes=good[1].bytes[:300], path="001.jpg")
    path = process_file(tmp_path, record("a", frames=[good[0], broken, good[2]]))
    (found,) = problems(path)
    assert "frame 1: It is damaged" in found


def test_reading_only_headers_overlooks_damage_behind_them(tmp_path: Path) -> None:
    good = record("a").frames
    broken = Picture(bytes=good[1].bytes[: len(good[1].bytes) // 2 + 300], path="001.jpg")
    path = process_file(tmp_path, record("a", frames=[good[0], broken, good[2]]))
    assert len(problems(path)) == 1
    assert problems(path, image_size) == []


def test_frames_of_another_size_than_the_row_says_are_named(tmp_path: Path) -> None:
    found = problems(process_file(tmp_path, record("a", width=64)))
    assert len(found) == 3
    assert found[0].endswith("frame 0: is 32×24 pixels, the row says 64×24.")


def test_a_reference_that_is_no_picture_is_named(tmp_path: Path) -> None:
    reference = Picture(bytes=b"no picture", path="r.jpg")
    (found,) = problems(process_file(tmp_path, record("a", reference_kind="image", reference_image=reference)))
    assert "reference_image: It holds no picture" in found


def test_all_problems_of_a_row_are_listed_at_once(tmp_path: Path) -> None:
    one = record("a", frame_time_s=[0.0, 3.0, 1.0], frame_change=[0.5, 0.1, 0.1], controls={"pauses": 1.0})
    assert len(problems(process_file(tmp_path, one))) == 3


def test_a_file_named_otherwise_than_its_process_is_named(tmp_path: Path) -> None:
    path = process_file(tmp_path, record("a"))
    (found,) = problems(path.rename(path.with_name("other.parquet")))
    assert found == f"other.parquet: holds the process '{process_id('a')}'."


def test_a_column_of_another_type_is_named(tmp_path: Path) -> None:
    path = process_file(tmp_path, record("a"))
    table = pq.read_table(path)
    column = table.schema.get_field_index("width")
    pq.write_table(table.set_column(column, "width", table["width"].cast(pa.int64())), path)
    assert [found.partition(": ")[2] for found in problems(path)] == ["column width is int64, not int32."]


def test_a_parquet_file_of_somebody_else_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "x.parquet")
    assert problems(tmp_path / "x.parquet") == ["x.parquet: The file does not say which contract it follows."]


def test_a_file_of_a_newer_contract_says_how_to_read_it(tmp_path: Path) -> None:
    schema = PROCESS_SCHEMA.with_metadata(
        {"ppad.kind": "process", "ppad.contract_version": "99", "ppad.version": "9", "ppad.config_hash": "0"}
    )
    write_rows(tmp_path / "x.parquet", [process_to_row(record("a"))], schema)
    (problem,) = check_parquet(tmp_path / "x.parquet", "x.parquet", _decoded_size).problems
    assert "contract version 99" in problem.message
    assert problem.fix == "Run: pip install --upgrade ppad"


def test_a_sound_shard_has_no_problems_and_tells_its_rows(tmp_path: Path) -> None:
    found = check_parquet(shard_file(tmp_path), "s", _decoded_size)
    assert (found.problems, found.kind, found.rows) == ([], "dataset", [(process_id("a"), "train", "")])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"consistency": 10.5, "n_raters": 2}, "consistency is 10.5."),
        ({"consistency_adjusted": 0.5}, "consistency_adjusted is 0.5."),
        ({"consistency_std": -1.0}, "consistency_std is -1.0."),
        ({"consistency": 5.0}, "has scores but n_raters is 0."),
        ({"split": "validation"}, "split is 'validation'."),
    ],
)
def test_impossible_scores_and_splits_are_named(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    (found,) = problems(shard_file(tmp_path, **changes))
    assert found == f"train-00000-of-00001.parquet: {process_id('a')}: {message}"


def test_pictures_of_a_shard_are_decoded(tmp_path: Path) -> None:
    frames = [{"bytes": encode_image(np.zeros((height, 32, 3), np.uint8)), "path": "f.jpg"} for height in (24, 25, 24)]
    (found,) = problems(shard_file(tmp_path, frames=frames))
    assert found.endswith("frame 1: is 32×25 pixels, the row says 32×24.")


def test_ratings_are_held_to_the_scale_of_their_rubric(tmp_path: Path) -> None:
    rows = [rating("a", "r1", 5), rating("a", "r2", 5, color_depth=0), rating("a", "r1", 5)]
    found = problems(write_ratings(tmp_path / "ratings.parquet", rows))
    assert [text.partition("row ")[2] for text in found] == [
        "1: color_depth is 0.",
        "2: repeats a rating of the same process, rater and replicate.",
    ]


def test_ratings_by_an_unknown_rubric_say_so(tmp_path: Path) -> None:
    (found,) = problems(write_ratings(tmp_path / "ratings.parquet", [rating("a", "r1", 5, rubric="mine")]))
    assert "rubrics ['mine'], which ppad does not ship" in found


def test_no_ratings_are_no_problem(tmp_path: Path) -> None:
    assert problems(write_ratings(tmp_path / "ratings.parquet", [])) == []
