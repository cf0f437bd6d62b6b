"""Reading ratings: what is taken, what is refused."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ppad.errors import ConfigError, ContractError, NotFoundError, RatingsError
from ppad.rubric import load_rubric
from ppad.storage.ratings import Exclusion, read_exclusions, read_ratings, rubric_of, without_excluded, write_exclusions
from tests.unit.build.samples import RUBRIC, process_id, rating, record, write_collection, write_ratings


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


def decisions(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_decisions_leave_out_a_rater_or_one_of_their_ratings(tmp_path: Path) -> None:
    rows = ("r1,,in a hurry,M. Rossi,2026-05-02", f"r2,{process_id('a')},knows the painter,,")
    file = decisions(tmp_path / "d.csv", "\n".join(["rater_id,process_id,reason,decided_by,decided_at", *rows]))
    found = read_exclusions(file)
    assert found[0] == Exclusion("r1", None, "in a hurry", "M. Rossi", "2026-05-02")
    assert (found[1].process_id, found[1].decided_by) == (process_id("a"), None)
    rows = [rating(name, rater, 5) for name in "ab" for rater in ("r1", "r2", "r3")]
    kept = [(row["process_id"][0], row["rater_id"]) for row in without_excluded(rows, found)]
    assert kept == [("a", "r3"), ("b", "r2"), ("b", "r3")]


def test_decisions_are_written_as_they_are_read(tmp_path: Path) -> None:
    found = [Exclusion("r1", None, 'said "enough", and left'), Exclusion("r2", "a-1", "late", "MR", "2026-01-01")]
    write_exclusions(tmp_path / "e.csv", found)
    assert read_exclusions(tmp_path / "e.csv") == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rater_id,why\nr1,late\n", "check the column 'reason'"),
        ("rater_id,reason,proces_id\nr1,late,a\n", "check the column 'proces_id'"),
        ("rater_id,reason\nr1,\n", "row 1 lacks its rater or its reason"),
    ],
)
def test_decisions_without_a_reason_or_with_a_misspelt_column_are_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RatingsError, match=said):
        read_exclusions(decisions(tmp_path / "d.csv", text))
    with pytest.raises(NotFoundError):
        read_exclusions(tmp_path / "none.csv")


def test_a_decision_about_no_rating_is_refused() -> None:
    rows = [rating("a", "r1", 5)]
    with pytest.raises(RatingsError, match="The exclusion of r9's ratings is about no rating"):
        without_excluded(rows, [Exclusion("r9", None, "late")])
    with pytest.raises(RatingsError, match=f"r1's ratings of {process_id('b')} is about no rating"):
        without_excluded(rows, [Exclusion("r1", process_id("b"), "late")])


def test_the_rubric_is_that_which_the_ratings_name(tmp_path: Path) -> None:
    assert rubric_of([write_ratings(tmp_path / "r.parquet", [rating("a", "r1", 5)])]).id == "ppad-8"
    with pytest.raises(ConfigError, match="holds ratings by the rubric 'ours'") as error:
        rubric_of([write_ratings(tmp_path / "r.parquet", [rating("a", "r1", 5, rubric="ours")])])
    assert "--rubric" in error.value.fix
    with pytest.raises(ContractError, match="holds no ratings"):
        rubric_of([write_ratings(tmp_path / "r.parquet", [])])
    pq.write_table(pa.table({"process_id": ["a"]}), tmp_path / "other.parquet")
    with pytest.raises(ContractError, match=r"other\.parquet holds no ratings"):
        rubric_of([tmp_path / "other.parquet"])
