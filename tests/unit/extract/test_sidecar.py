"""What a table says of each recording."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ppad.errors import NotFoundError, SidecarError
from ppad_pipelines.extract.sidecar import EMPTY, Facts, Sidecar, read_sidecar
from ppad_pipelines.extract.sources import Source


def csv(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "metadata.csv"
    path.write_bytes(text.encode(encoding))
    return path


def source(path: str) -> Source:
    return Source((Path(path),))


def refusal(file: Path) -> str:
    with pytest.raises(SidecarError) as caught:
        read_sidecar(file)
    return caught.value.message


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_part_the_cells(tmp_path: Path, delimiter: str) -> None:
    rows = [["file", "prompt", "artist_id"], ["a.mp4", "a castle", "artist-7"]]
    sidecar = read_sidecar(csv(tmp_path, "\n".join(delimiter.join(row) for row in rows)))
    assert sidecar.rows == {"a.mp4": Facts(prompt="a castle", artist_id="artist-7")}


def test_a_table_that_a_spreadsheet_saved_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    sidecar = read_sidecar(csv(tmp_path, "file;style\r\na.mp4;Impressionism\r\n", "utf-8-sig"))
    assert sidecar.rows == {"a.mp4": Facts(style="Impressionism")}


def test_quoted_cells_may_hold_the_delimiter(tmp_path: Path) -> None:
    sidecar = read_sidecar(csv(tmp_path, 'file,prompt\na.mp4,"a castle, at dusk"\n'))
    assert sidecar.rows["a.mp4"].prompt == "a castle, at dusk"


def test_json_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "metadata.jsonl"
    path.write_text(
        json.dumps({"file": "a.mp4", "category": "portrait", "artist_id": 7}) + "\n\n" + json.dumps({"file": "b.mp4"})
    )
    assert read_sidecar(path).rows == {"a.mp4": Facts(category="portrait", artist_id="7"), "b.mp4": Facts()}


def test_empty_cells_say_nothing(tmp_path: Path) -> None:
    assert read_sidecar(csv(tmp_path, "file,prompt,style\na.mp4, ,\n")).rows == {"a.mp4": Facts()}


def test_a_reference_is_found_from_the_folder_of_the_table(tmp_path: Path) -> None:
    (tmp_path / "refs").mkdir()
    (tmp_path / "refs" / "castle.jpg").touch()
    sidecar = read_sidecar(csv(tmp_path, "file,reference\na.mp4,refs/castle.jpg\n"))
    assert sidecar.rows["a.mp4"].reference == str(tmp_path / "refs" / "castle.jpg")
    assert sidecar.references() == [tmp_path / "refs" / "castle.jpg"]


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "ref.png").touch()
    text = "file,reference,prompt\na.mp4,gone.png,\n,,x\nb.mp4,ref.png,a castle\na.mp4,,\n"
    assert refusal(csv(tmp_path, text)) == (
        "metadata.csv: row 1 names a reference that does not exist: gone.png; row 2 names no file; "
        "row 3 gives both a reference and a prompt: a process has one; row 4 repeats a.mp4."
    )


def test_of_many_problems_the_first_ten_are_named(tmp_path: Path) -> None:
    message = refusal(csv(tmp_path, "file,prompt\n" + ",x\n" * 14))
    assert message.count("names no file") == 10
    assert message.endswith("and 4 more.")


def test_unknown_columns_are_named(tmp_path: Path) -> None:
    sidecar = read_sidecar(csv(tmp_path, "file,zebra,mood\na.mp4,x,y\n"))
    assert sidecar.unknown_columns == ("mood", "zebra")


def test_columns_that_look_like_a_typing_error_are_refused_with_what_was_likely_meant(tmp_path: Path) -> None:
    message = refusal(csv(tmp_path, "file,Artist,license,zebra\na.mp4,x,y,z\n"))
    assert message.startswith("metadata.csv: column 'Artist' is unknown: did you mean 'artist_id'?")
    assert "column 'license' is unknown: did you mean 'licence'?" in message


def test_an_origin_that_is_none_is_refused(tmp_path: Path) -> None:
    message = refusal(csv(tmp_path, "file,origin\na.mp4,robot\n"))
    assert message == "metadata.csv: row 1 has the origin 'robot': it is one of real, prompt, inversion, simulated."


def test_a_table_without_the_column_file_is_refused_with_the_header(tmp_path: Path) -> None:
    with pytest.raises(SidecarError) as caught:
        read_sidecar(csv(tmp_path, "name,prompt\na.mp4,x\n"))
    assert caught.value.message == "metadata.csv has no column 'file'."
    assert caught.value.fix == "The header names: file, reference, prompt, artist_id, category, style, licence, origin."


def test_an_empty_table_is_refused(tmp_path: Path) -> None:
    assert refusal(csv(tmp_path, "")) == "metadata.csv has no column 'file'."


def test_a_row_with_more_cells_than_the_header_is_refused(tmp_path: Path) -> None:
    assert (
        refusal(csv(tmp_path, "file,prompt\na.mp4,a castle, at dusk\n")) == "metadata.csv: row 1 has more cells than the header."
    )


def test_an_open_quote_is_refused_with_its_line(tmp_path: Path) -> None:
    assert refusal(csv(tmp_path, 'file,prompt\na.mp4,"a castle\n')).startswith("metadata.csv is not CSV: ")


def test_a_table_in_another_encoding_is_refused(tmp_path: Path) -> None:
    assert refusal(csv(tmp_path, "file,prompt\na.mp4,Größe\n", "latin-1")) == "metadata.csv is not UTF-8 text."


@pytest.mark.parametrize(("line", "what"), [("{", "is not JSON"), ("[1]", "is not an object"), ("7", "is not an object")])
def test_a_line_that_is_no_json_object_is_refused_by_its_number(tmp_path: Path, line: str, what: str) -> None:
    path = tmp_path / "metadata.jsonl"
    path.write_text('{"file": "a.mp4"}\n' + line)
    assert refusal(path) == f"metadata.jsonl: line 2 {what}."


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="Check the path given to --metadata"):
        read_sidecar(tmp_path / "gone.csv")


def test_facts_are_found_by_the_end_of_the_path_the_longest_first() -> None:
    sidecar = Sidecar({"a.mp4": Facts(style="any"), "day2/a.mp4": Facts(style="second")}, {})
    assert sidecar.facts_of(source("/videos/day1/a.mp4")).style == "any"
    assert sidecar.facts_of(source("/videos/day2/a.mp4")).style == "second"
    assert sidecar.facts_of(source("/videos/day2/ba.mp4")) == Facts()


def test_facts_of_a_sequence_are_found_by_its_folder() -> None:
    sidecar = Sidecar({"castle": Facts(style="Cubism")}, {})
    assert sidecar.facts_of(Source((Path("v/castle/1.png"), Path("v/castle/2.png")))).style == "Cubism"


@pytest.mark.parametrize("name", ["./day2/a.mp4", "day2\\a.mp4", "day2/a.mp4/"])
def test_paths_may_be_spelled_as_other_systems_do(tmp_path: Path, name: str) -> None:
    assert list(read_sidecar(csv(tmp_path, f"file,style\n{name},x\n")).rows) == ["day2/a.mp4"]


def test_rows_that_match_no_recording_are_named() -> None:
    sidecar = Sidecar({"a.mp4": Facts(), "b.mp4": Facts(), "day2/a.mp4": Facts()}, {})
    assert sidecar.unmatched([source("v/a.mp4")]) == ["b.mp4", "day2/a.mp4"]


def test_an_empty_sidecar_knows_nothing() -> None:
    assert EMPTY.facts_of(source("a.mp4")) == Facts()


def test_the_facts_of_a_process_name_its_reference_by_content() -> None:
    here, there = Facts(reference="/here/ref.png", style="x"), Facts(reference="/there/other.png", style="x")
    assert here.to_json("f" * 64) == there.to_json("f" * 64)
    assert here.to_json("f" * 64) != here.to_json("0" * 64)
