"""Reading ratings: what is taken, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ppad.errors import ConfigError, ContractError, NotFoundError
from ppad.rubric import load_rubric
from ppad.storage.ratings import read_ratings
from tests.unit.build.samples import RUBRIC, rating, record, write_collection, write_ratings


def test_several_files_are_put_together_and_sorted(tmp_path: Path) -> None:
    one = write_ratings(tmp_path / "1.parquet", [rating("b", "r1", 5), rating("a", "r2", 5)])
    two = write_ratings(tmp_path / "2.parquet", [rating("a", "r1", 5)])
    found = read_ratings([one, two], RUBRIC)
    assert [(row["process_id"][0], row["rater_id"]) for row in found] == [("a", "r1"), ("a", "r2"), ("b", "r1")]
    assert read_ratings([two, one], RUBRIC) == found


def test_a_rating_that_stands_in_two_exports_counts_once(tmp_path: Path) -> None:
    one = write_ratings(tmp_path / "1.parquet", [rating("a", "r1", 5)])
    two = write_ratings(tmp_path / "2.parquet", [rating("a", "r1", 5), rating("a", "r2", 6)])
    assert len(read_ratings([one, two], RUBRIC)) == 2


def test_two_exports_that_disagree_are_refused(tmp_path: Path) -> None:
    one = write_ratings(tmp_path / "1.parquet", [rating("a", "r1", 5)])
    two = write_ratings(tmp_path / "2.parquet", [rating("a", "r1", 6, revision=1)])
    with pytest.raises(ContractError, match=r"2\.parquet gives another rating of a-.* by r1"):
        read_ratings([one, two], RUBRIC)


@pytest.mark.parametrize("changes", [{"rubric_version": 2}, {"rubric": "other-rubric"}])
def test_ratings_by_another_rubric_or_version_are_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    file = write_ratings(tmp_path / "1.parquet", [rating("a", "r1", 5, **changes)])
    with pytest.raises(ConfigError, match="not by ppad-8 version 1") as error:
        read_ratings([file], RUBRIC)
    assert "--rubric" in error.value.fix


def test_ratings_with_other_attributes_name_the_rubric_first(tmp_path: Path) -> None:
    file = write_ratings(tmp_path / "1.parquet", [rating("a", "r1", 5)])
    with pytest.raises(ConfigError, match="holds ratings by ppad-8 version 1, not by artwork-5"):
        read_ratings([file], load_rubric("artwork-5"))


def test_scores_off_the_scale_are_refused_with_their_place(tmp_path: Path) -> None:
    file = write_ratings(tmp_path / "1.parquet", [rating("a", "r1", 5), rating("b", "r1", 5, consistency=11)])
    with pytest.raises(ContractError, match=r"has 1 problem, first: 1\.parquet: row 1: consistency is 11\."):
        read_ratings([file], RUBRIC)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    root = write_collection(tmp_path / "c", [record("a")])
    with pytest.raises(ContractError, match="is of the kind 'process', not 'ratings'"):
        read_ratings(list((root / "processes").iterdir()), RUBRIC)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"There is no file .*none\.parquet"):
        read_ratings([tmp_path / "none.parquet"], RUBRIC)
