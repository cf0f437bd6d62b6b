"""Ratings from Label Studio and in the layout of PPJudge's authors."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from ppad.errors import ConfigError, RatingsError
from ppad.rubric import load_rubric
from ppad_annotation.ratings.importing import import_ratings
from tests.unit.build.samples import record, source, write_collection
from tests.unit.ratings.sources import CASTLE, HARBOUR, RUBRIC, by_process, take_in, write_json


def result(name: str, kind: str, value: object) -> dict[str, Any]:
    """A result as Label Studio writes it."""
    return {"id": f"r-{name}", "from_name": name, "to_name": "video", "type": kind, "value": {kind: value}}


def annotation(number: int, who: object, results: list[dict[str, Any]], **changes: object) -> dict[str, Any]:
    made = {"created_at": "2026-02-03T09:30:00.123456Z", "lead_time": 61.25, "was_cancelled": False, "ground_truth": False}
    return {"id": number, "completed_by": who, "result": results, **made, **changes}


def eight(score: int = 6) -> list[dict[str, Any]]:
    """A rating of 6 for each attribute, as stars."""
    return [result(name, "rating", score) for name in RUBRIC.attribute_ids]


def task(number: int, annotations: list[dict[str, Any]], video: str = "/data/upload/1/e875f554-castle.mp4") -> dict[str, Any]:
    return {"id": number, "data": {"video": video, "motif": "a castle"}, "annotations": annotations, "predictions": []}


def test_stars_numbers_and_choices_are_scores(tmp_path: Path) -> None:
    results = eight()
    results[0] = result("consistency", "number", 9)
    results[1] = result("style_stability", "choices", ["7 – steady"])
    results[2] = result("color_stability", "choices", ["Cannot judge"])
    results.append(result("critique", "text", ["Bold,", "and clear."]))
    row = take_in(write_json(tmp_path / "export.json", [task(1, [annotation(11, 3, results)])])).rows[0]
    assert (row["process_id"], row["rater_id"]) == (CASTLE, "3")
    assert [row[name] for name in RUBRIC.attribute_ids[:4]] == [9, 7, None, 6]
    assert row["critique"] == "Bold,\nand clear."
    assert (row["active_ms"], row["created_at"]) == (61250, "2026-02-03T09:30:00Z")


def test_annotators_become_pseudonyms_whether_ids_or_addresses(tmp_path: Path) -> None:
    people = [annotation(1, {"id": 4, "email": "ada@example.org"}, eight()), annotation(2, 5, eight())]
    source_file = write_json(tmp_path / "export.json", [task(1, people)])
    rows = take_in(source_file, method="hash", key_file=tmp_path / "keys" / "key.json").rows
    assert len({row["rater_id"] for row in rows}) == 2
    assert "ada" not in str(rows)


def test_skipped_annotations_are_left_out_and_a_ground_truth_is_gold(tmp_path: Path) -> None:
    made = [annotation(1, 1, eight(), was_cancelled=True), annotation(2, 2, eight(), ground_truth=True)]
    found = take_in(write_json(tmp_path / "export.json", [task(1, made)]))
    assert [(row["rater_id"], row["kind"]) for row in found.rows] == [("2", "gold")]
    assert "1 annotations that were skipped in Label Studio are left out." in found.notes


def test_names_of_the_interface_can_be_mapped_and_others_are_named(tmp_path: Path) -> None:
    results = [result("agree", "rating", 8), result("box", "rectanglelabels", ["tree"])]
    source_file = write_json(tmp_path / "export.json", [task(1, [annotation(1, 1, results)])])
    found = take_in(source_file, columns={"consistency": "agree", "process_id": "video"})
    assert found.rows[0]["consistency"] == 8
    assert "Results that are not used: box (1)." in found.notes


def test_what_cannot_be_a_score_is_named_by_task_and_annotation(tmp_path: Path) -> None:
    results = eight()
    results[0] = result("consistency", "choices", ["3", "4"])
    results[1] = result("style_stability", "rating", 12)
    source_file = write_json(tmp_path / "export.json", [task(7, [annotation(70, 1, results)])])
    with pytest.raises(RatingsError) as error:
        take_in(source_file)
    assert "task 7, annotation 70: consistency has 2 choices, not one" in error.value.message
    assert "task 7, annotation 70: style_stability is '12', not a whole number from 1 to 10" in error.value.message


def test_an_export_without_scores_says_what_there_is(tmp_path: Path) -> None:
    source_file = write_json(tmp_path / "e.json", [task(1, [annotation(1, 1, [result("agree", "rating", 8)])])])
    with pytest.raises(RatingsError, match="No result is called like an attribute; there are: agree"):
        take_in(source_file)


def test_the_minimal_export_is_a_table(tmp_path: Path) -> None:
    flat = {
        "id": 1,
        "video": "castle.mp4",
        "annotator": 4,
        "annotation_id": 9,
        "lead_time": 12,
        **dict.fromkeys(RUBRIC.attribute_ids, 3),
    }
    row = take_in(write_json(tmp_path / "min.json", [flat])).rows[0]
    assert (row["process_id"], row["rater_id"], row["detail_depth"]) == (CASTLE, "4", 3)


def entry(path: str, consistency: str = "imageConsistency", **changes: object) -> dict[str, Any]:
    """An entry of the authors' list: scores 1 to 8 in the order of the attributes."""
    results: dict[str, Any] = {
        "drawingAccuracy": {consistency: 1},
        "drawingStability": {"styleStability": 2, "colorStability": 3, "compositionStability": 4, "processStability": 5},
        "drawingDepth": {"detailEnhancement": 6, "colorDevelopment": 7, "compositionComplexity": 8},
    }
    return {"images_path": path, "valuationResults": {**results, **changes}}


def test_the_authors_names_of_the_attributes_are_known(tmp_path: Path) -> None:
    entries = [entry("data/castle"), entry("data/harbour", "promptConsistency")]
    rows = by_process(take_in(write_json(tmp_path / "labels.json", entries)).rows)
    for process_id in (CASTLE, HARBOUR):
        assert [rows[process_id][name] for name in RUBRIC.attribute_ids] == [1, 2, 3, 4, 5, 6, 7, 8]
        assert rows[process_id]["rater_id"] == "ppjudge-authors"


def test_pictures_at_hand_find_their_process_by_content_in_natural_order(tmp_path: Path) -> None:
    folder = tmp_path / "renamed"
    folder.mkdir()
    for number in range(1, 12):
        (folder / f"{number}.png").write_bytes(bytes([number]))
    digests = [hashlib.sha256(bytes([number])).hexdigest() for number in range(1, 12)]
    content = hashlib.sha256("\n".join(digests).encode()).hexdigest()
    tower = source(record("tower"), source_name="tower", source_sha256=content)
    collection = write_collection(tmp_path / "other", [tower])
    found = take_in(write_json(tmp_path / "labels.json", [entry("renamed")]), collections=[collection])
    assert found.rows[0]["process_id"] == tower.process_id
    assert any("sorting by letters gives another order, first renamed" in note for note in found.notes)


def test_the_order_of_the_authors_loader_is_always_mentioned(tmp_path: Path) -> None:
    (note,) = take_in(write_json(tmp_path / "labels.json", [entry("castle")])).notes
    assert "in the order in which a directory lists them" in note


def test_a_missing_score_is_named_and_means_need_rounding(tmp_path: Path) -> None:
    with pytest.raises(RatingsError, match="entry 1: color_depth is missing"):
        take_in(
            write_json(
                tmp_path / "labels.json", [entry("castle", drawingDepth={"detailEnhancement": 6, "compositionComplexity": 8})]
            )
        )
    mean = write_json(tmp_path / "labels.json", [entry("castle", drawingAccuracy={"imageConsistency": 7.33})])
    with pytest.raises(RatingsError, match=r"entry 1: consistency is '7\.33'"):
        take_in(mean)
    assert take_in(mean, rounding=True).rows[0]["consistency"] == 7


def test_the_authors_layout_is_for_their_rubric_alone(tmp_path: Path) -> None:
    source_file = write_json(tmp_path / "labels.json", [entry("castle")])
    options: dict[str, Any] = {"layout": "auto", "columns": {}, "method": "none", "key_file": None, "again": "refuse"}
    with pytest.raises(ConfigError, match=r"holds the scores of ppad-8, not of artwork-5"):
        import_ratings(
            source_file,
            tmp_path / "r.parquet",
            load_rubric("artwork-5"),
            collections=[],
            rounding=False,
            dry_run=False,
            **options,
        )


@pytest.mark.parametrize(("text", "said"), [("{}", "holds no list"), ("[1]", "is not in the layout"), ("no", "is not JSON")])
def test_other_json_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(RatingsError, match=said):
        take_in(tmp_path / "x.json")
