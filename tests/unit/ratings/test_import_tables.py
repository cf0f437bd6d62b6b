"""Ratings from CSV tables: what is understood, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ppad.errors import ConfigError, NotFoundError, RatingsError
from ppad.storage.ratings import read_ratings
from tests.unit.ratings.sources import CASTLE, HARBOUR, RUBRIC, by_process, scores, take_in, write_table


def wide(folder: Path, *rows: dict[str, object], delimiter: str = ",") -> Path:
    """A table of ratings of castle.mp4, one a row."""
    full = [{"file": "castle.mp4", "rater": f"r{number}", **scores(), **row} for number, row in enumerate(rows)]
    return write_table(folder / "scores.csv", full, delimiter)


def test_a_table_with_a_column_for_each_attribute(tmp_path: Path) -> None:
    take_in(wide(tmp_path, {"consistency": 7, "critique": "Bold."}, {"file": "harbour.mp4", "critique": ""}))
    rows = by_process(read_ratings([tmp_path / "out" / "ratings.parquet"], RUBRIC))
    assert (rows[CASTLE]["consistency"], rows[CASTLE]["color_depth"], rows[CASTLE]["critique"]) == (7, 5, "Bold.")
    assert (rows[HARBOUR]["rater_id"], rows[HARBOUR]["kind"], rows[HARBOUR]["critique"]) == ("r1", "main", None)


def test_a_table_with_a_row_for_each_score(tmp_path: Path) -> None:
    long = [
        {"process": name, "annotator": "r1", "dimension": attribute, "score": 4}
        for name in ("castle", "harbour")
        for attribute in RUBRIC.attribute_ids
    ]
    long[0]["score"], long[1]["dimension"] = 9, "Style stability"
    rows = by_process(take_in(write_table(tmp_path / "long.csv", long)).rows)
    assert [rows[CASTLE][name] for name in RUBRIC.attribute_ids] == [9, 4, 4, 4, 4, 4, 4, 4]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_and_a_byte_order_mark(tmp_path: Path, delimiter: str) -> None:
    source = wide(tmp_path, {"consistency": 8}, delimiter=delimiter)
    source.write_text("\ufeff" + source.read_text("utf-8"), encoding="utf-8")
    assert take_in(source).rows[0]["consistency"] == 8


def test_attributes_are_known_by_id_name_and_short_name_in_any_case(tmp_path: Path) -> None:
    row = {"file": "castle.mp4", "rater": "r1", "CONSISTENCY": 3, "Colour depth": 4, "Com. D.": 5}
    found = take_in(write_table(tmp_path / "t.csv", [row]))
    assert [found.rows[0][name] for name in ("consistency", "color_depth", "composition_depth")] == [3, 4, 5]
    assert "no column for style_stability" in found.notes[0]


def test_columns_that_the_user_names_go_before_guesses(tmp_path: Path) -> None:
    row = {"Bild": "castle.mp4", "rater": "wrong", "Expertin": "r7", "Stimmigkeit": 6}
    source = write_table(tmp_path / "t.csv", [row])
    found = take_in(source, columns={"process_id": "Bild", "rater_id": "Expertin", "consistency": "Stimmigkeit"})
    assert (found.rows[0]["rater_id"], found.rows[0]["consistency"]) == ("r7", 6)
    assert found.notes[-1] == "Columns that are not used: rater."


@pytest.mark.parametrize(
    "name",
    ["castle.mp4", "castle", "studio/castle.mp4", "C:\\videos\\castle.mp4", "https://example.org/v/castle.mp4?x=1", CASTLE],
)
def test_a_process_is_found_by_id_file_name_path_or_address(tmp_path: Path, name: str) -> None:
    assert take_in(wide(tmp_path, {"file": name})).rows[0]["process_id"] == CASTLE


@pytest.mark.parametrize("cell", ["", "NA", "n/a", "Cannot judge", "-"])
def test_an_empty_cell_is_cannot_judge(tmp_path: Path, cell: str) -> None:
    assert take_in(wide(tmp_path, {"consistency": cell})).rows[0]["consistency"] is None


def test_times_become_utc_and_are_today_where_there_are_none(tmp_path: Path, fixed_clock: None) -> None:
    rows = take_in(wide(tmp_path, {"time": "2026-03-01 12:00:00+02:00"}, {"time": ""})).rows
    assert sorted(row["created_at"] for row in rows) == ["2026-01-01T00:00:00Z", "2026-03-01T10:00:00Z"]


def refusal(source: Path, **options: object) -> str:
    """The sentence with which an import is refused; nothing is written then."""
    with pytest.raises(RatingsError) as error:
        take_in(source, **options)  # type: ignore[arg-type]
    assert not (source.parent / "out").exists()
    return error.value.message


def test_scores_off_the_scale_are_named_with_their_rows(tmp_path: Path) -> None:
    said = refusal(wide(tmp_path, {"consistency": 11}, {"detail_depth": 0}, {"color_depth": "good"}, {"color_depth": "7,5"}))
    assert "row 1: consistency is '11', not a whole number from 1 to 10" in said
    assert "row 2: detail_depth is '0'" in said
    assert "row 3: color_depth is 'good'" in said
    assert "row 4: color_depth is '7,5'" in said


def test_scores_between_whole_numbers_are_rounded_on_request(tmp_path: Path) -> None:
    rows = take_in(wide(tmp_path, {"consistency": "7.5"}, {"consistency": "6,4", "file": "harbour"}), rounding=True).rows
    assert [row["consistency"] for row in rows] == [8, 6]


def test_unknown_processes_are_named_with_a_guess(tmp_path: Path) -> None:
    said = refusal(wide(tmp_path, {"file": "castel.mp4"}, {"file": "moon.mp4"}))
    assert "row 1: 'castel.mp4' is in no collection (did you mean 'castle" in said
    assert "row 2: 'moon.mp4' is in no collection" in said


def test_a_rating_given_twice_is_named(tmp_path: Path) -> None:
    said = refusal(wide(tmp_path, {"rater": "r1"}, {"rater": "r2"}, {"rater": "r1"}))
    assert said == f"row 3 rates a process that row 1 rates for the same rater ({CASTLE})."


def test_of_two_ratings_the_latest_can_be_kept_or_the_second_be_a_repeat(tmp_path: Path) -> None:
    twice = (
        {"rater": "r1", "consistency": 9, "time": "2026-01-02T00:00:00Z"},
        {"rater": "r1", "consistency": 3, "time": "2026-01-01T00:00:00Z"},
    )
    (kept,) = take_in(wide(tmp_path, *twice), again="latest").rows
    assert kept["consistency"] == 9
    first, second = take_in(wide(tmp_path, *twice), again="repeat").rows
    assert [(row["replicate"], row["kind"], row["consistency"]) for row in (first, second)] == [(0, "main", 3), (1, "repeat", 9)]


def test_replicates_may_be_numbered_in_the_table(tmp_path: Path) -> None:
    again = {"rater": "r1", "replicate": 1, "kind": "repeat"}
    rows = take_in(wide(tmp_path, {"rater": "r1", "replicate": 0, "kind": "main"}, again)).rows
    assert [(row["replicate"], row["kind"]) for row in rows] == [(0, "main"), (1, "repeat")]


def test_replicates_and_kinds_that_are_none_are_named(tmp_path: Path) -> None:
    said = refusal(wide(tmp_path, {"replicate": "first", "kind": "main"}, {"replicate": 0, "kind": "trial"}))
    assert "row 1 has the replicate 'first', not a whole number" in said
    assert "row 2: kind is 'trial', not one of main, repeat" in said


def test_many_problems_are_counted(tmp_path: Path) -> None:
    said = refusal(wide(tmp_path, *[{"consistency": 99}] * 14))
    assert said.count("consistency is '99'") == 10
    assert said.endswith(" and 4 more.")


def test_rows_without_a_process_or_a_rater_and_rows_that_are_too_long(tmp_path: Path) -> None:
    source = wide(tmp_path, {"file": ""}, {"rater": " "})
    source.write_text(source.read_text() + "castle.mp4,r3,1,1,1,1,1,1,1,1,1\n")
    said = refusal(source)
    assert "row 1 has no process_id; row 2 has no rater_id; row 3 has more cells than the header" in said


def test_a_missing_column_is_named_with_the_option_that_helps(tmp_path: Path) -> None:
    source = write_table(tmp_path / "t.csv", [{"Bild": "castle", "rater": "r1", "consistency": 4}])
    with pytest.raises(RatingsError, match="No column is process_id; there are: Bild, rater, consistency") as error:
        take_in(source)
    assert error.value.fix == "Say which: --column process_id=NAME."
    with pytest.raises(RatingsError, match="No column holds a score"):
        take_in(write_table(tmp_path / "t.csv", [{"file": "castle", "rater": "r1"}]))


def test_a_column_or_field_that_does_not_exist_is_guessed_at(tmp_path: Path) -> None:
    assert "There is no column 'ratr', did you mean 'rater'" in refusal(wide(tmp_path, {}), columns={"rater_id": "ratr"})
    assert "There is nothing called 'consistancy' to fill, did you mean 'consistency'" in refusal(
        wide(tmp_path, {}), columns={"consistancy": "rater"}
    )


def test_files_that_are_no_table_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        take_in(tmp_path / "none.csv")
    latin = tmp_path / "latin.csv"
    latin.write_bytes("file;rater\nschloß;r1\n".encode("latin-1"))
    assert "is not UTF-8 text" in refusal(latin)


def test_without_a_collection_only_process_ids_are_taken(tmp_path: Path) -> None:
    assert take_in(wide(tmp_path, {"file": CASTLE}), collections=[]).rows[0]["process_id"] == CASTLE
    said = refusal_without_collection(wide(tmp_path, {"file": "castle.mp4"}))
    assert "'castle.mp4' is no process id; name the collection with --collection" in said


def refusal_without_collection(source: Path) -> str:
    with pytest.raises(RatingsError) as error:
        take_in(source, collections=[])
    return error.value.message


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    key = tmp_path / "keys" / "key.json"
    found = take_in(wide(tmp_path, {}), dry_run=True, method="hash", key_file=key)
    assert len(found.rows) == 1
    assert not key.exists()
    assert not (tmp_path / "out").exists()


def test_names_need_a_key_file_that_lies_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs a key file"):
        take_in(wide(tmp_path, {}), method="hash")
    with pytest.raises(ConfigError, match="would lie beside the ratings"):
        take_in(wide(tmp_path, {}), method="hash", key_file=tmp_path / "out" / "key.json")
