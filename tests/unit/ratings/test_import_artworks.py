"""`ppad import`: a table and a folder of pictures become a collection of artworks with ratings."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from fixtures.real_data import real_data_folder
from ppad.cli.progress import RunView
from ppad.critique import of_rating
from ppad.errors import ConfigError, NoInputsError, NotFoundError, RatingsError
from ppad.rubric import load_rubric
from ppad.stages import InProcess
from ppad.storage import Collection, Dataset
from ppad.storage.ratings import read_ratings
from ppad_annotation.ratings.artworks.making import ArtworkConfig
from ppad_annotation.ratings.artworks.run import Imported, Intent, import_artworks
from ppad_pipelines.build.config import BuildConfig
from ppad_pipelines.build.run import run_build

RUBRIC = load_rubric("artwork-5")
HEAD = "file,rater,description,originality,color,texture,composition,content,overall,critique"
SOUND = f"""{HEAD}
boat.png,Anna,A boat.,7,8,6,5,4,62,Warm and plain.
boat.png,Bo,A boat.,6,9,5,5,3,55,
houses/tower,Anna,,3,2,NA,4,5,31,"Overall: 31/100. Leans, as towers do."
"""
quietly = partial(RunView, quiet=True)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    (folder / "houses").mkdir(parents=True)
    for name, colour in (("boat.png", "navy"), ("houses/tower.jpg", "tan"), ("unused.png", "red")):
        Image.new("RGB", (40, 30), colour).save(folder / name)
    return folder


def imported(folder: Path, text: str | bytes, *, dry_run: bool = False, **changes: object) -> Imported:
    file = folder.parent / "works.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    intent = Intent(**{"table": file, "images": folder, "rubric": RUBRIC, "columns": {}, "method": "none"} | changes)  # type: ignore[arg-type]
    return import_artworks(intent, folder.parent / "out", ArtworkConfig(size=32), InProcess(), quietly, dry_run=dry_run)


def refusal(images: Path, table: str | bytes, **changes: object) -> str:
    with pytest.raises(RatingsError) as caught:
        imported(images, table, **changes)
    assert not (images.parent / "out").exists()
    return str(caught.value)


def test_a_row_is_a_rating_and_a_picture_an_artwork_with_one_frame(images: Path) -> None:
    found = imported(images, SOUND)
    assert (found.artworks, len(found.rows), found.report.exit_code) == (2, 3, 0)
    works = {record.provenance.source_name: record for record in Collection(images.parent / "out")}
    boat, tower = works["boat.png"], works["tower.jpg"]
    assert (boat.description, tower.description, boat.origin, len(boat.frames)) == ("A boat.", None, "real", 1)
    assert (boat.width, boat.height) == (32, 24)
    rows = read_ratings([images.parent / "out" / "ratings.parquet"], RUBRIC)
    assert [(row["rater_id"], row["overall"], row["texture"]) for row in rows] == [
        ("Anna", 62, 6),
        ("Bo", 55, 5),
        ("Anna", 31, None),
    ]
    assert of_rating(rows[2], RUBRIC).passages["overall"].text == "Leans, as towers do."
    assert found.notes == ["1 of 2 artworks have no description."]


def test_the_collection_builds_a_dataset_of_artworks_and_none_of_processes(images: Path) -> None:
    imported(images, SOUND)
    out = images.parent / "out"
    run_build([out], images.parent / "dataset", [out / "ratings.parquet"], BuildConfig(rubric="artwork-5"), InProcess(), quietly)
    dataset = Dataset.open(images.parent / "dataset")
    assert sum(dataset.count(split) for split in dataset.splits) == 2
    assert {record.process.description: record.scores["overall"] for record in dataset} == {"A boat.": 58.5, None: 31.0}
    with pytest.raises(NoInputsError, match="None of the 2 processes"):
        run_build([out], images.parent / "processes", [], BuildConfig(), InProcess(), quietly)


def test_a_second_run_stores_what_changed_and_nothing_else(images: Path) -> None:
    imported(images, SOUND)
    again = imported(images, SOUND.replace("A boat.", "Two boats."))
    assert ([job.id.partition("-")[0] for job, _ in again.report.done], len(again.report.skipped)) == (["boat"], 1)


def test_everything_that_is_wrong_is_named_with_its_row_before_anything_is_written(images: Path) -> None:
    rows = (
        "boat.png,Anna,A boat.,7,8,6,5,4,162,x",
        "baot.png,Anna,,1,1,1,1,1,1,",
        "boat.png,Bo,A ship.,7,8,6,5,4,6.5,",
        "boat.png,Anna,A boat.,7,8,6,5,4,60,y",
    )
    message = refusal(images, "\n".join([HEAD, *rows]))
    for part in (
        "row 1: overall is '162', not a whole number from 1 to 100",
        "row 2: 'baot.png' is not in images (did you mean 'boat.png'?)",
        "row 3 gives another description of boat.png than row 1",
        "row 3: overall is '6.5'",
        "row 4 rates a process that row 1 rates",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("table", "part"),
    [
        (SOUND.replace("color,", "colr,"), "column 'colr' is unknown: did you mean 'color'?"),
        (SOUND.replace("description", "descripton"), "did you mean 'description'?"),
        (SOUND.encode("utf-16"), "is not UTF-8 text"),
        ("", "No column is process_id"),
        (f"{HEAD}\n", "There is no rating"),
        (SOUND.replace("file,", "picture of it,"), "No column is process_id"),
        (SOUND.replace("Bo,A boat.", ",A boat."), "row 2 has no rater_id"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_used_says_why(images: Path, table: str | bytes, part: str) -> None:
    assert part in refusal(images, table)


def test_another_encoding_and_other_names_of_columns_are_said(images: Path) -> None:
    table = SOUND.replace("A boat.", "船。").replace("rater", "评委").replace("file,", "bild,").encode("gb18030")
    imported(images, table, encoding="gb18030", columns={"rater_id": "评委", "process_id": "bild"})
    assert "船。" in {record.description for record in Collection(images.parent / "out")}


def test_further_critiques_are_ratings_without_scores_and_a_table_without_raters_is_one_raters(images: Path) -> None:
    head = "image,overall,critique_1,critique_2,critique 3"
    found = imported(images, f"{head}\nboat.png,60,One.,Two.,Three.\ntower.jpg,40,,Four.,\n", method="hash")
    said = sorted(
        (row["rater_id"], row["overall"], row["critique"]) for row in found.rows if row["process_id"].startswith("boat")
    )
    assert said == [("rater-1", 60, "One."), ("rater-1-critique-2", None, "Two."), ("rater-1-critique-3", None, "Three.")]
    assert "The table names no rater: its scores count as those of one, rater-1." in found.notes


def test_one_picture_under_two_names_and_one_name_for_two_pictures_are_refused(images: Path) -> None:
    (images / "copy.png").write_bytes((images / "boat.png").read_bytes())
    (images / "houses" / "boat.jpg").write_bytes((images / "unused.png").read_bytes())
    row = "Anna,,7,8,6,5,4,62,"
    assert "boat.png and copy.png are the same picture" in refusal(images, f"{HEAD}\nboat.png,{row}\ncopy.png,{row}\n")
    assert "'boat' may be boat.png or houses/boat.jpg" in refusal(images, f"{HEAD}\nboat,{row}\n")


def test_a_file_that_is_no_picture_costs_its_artwork_and_its_ratings(images: Path) -> None:
    (images / "boat.png").write_text("not a picture")
    (images / "unused.png").write_bytes(b"")
    found = imported(images, SOUND + "unused,Anna,,7,8,6,5,4,62,\n")
    assert sorted(failure.code for failure in found.report.failed) == ["media-empty", "media-unreadable"]
    assert [row["process_id"].partition("-")[0] for row in found.rows] == ["tower"]
    assert len(Collection(images.parent / "out").failures()) == 2
    assert found.report.exit_code == 1


def test_a_trial_writes_nothing_and_ratings_of_another_table_are_not_replaced(images: Path) -> None:
    assert len(imported(images, SOUND, dry_run=True).rows) == 3
    assert not (images.parent / "out").exists()
    imported(images, SOUND)
    other = images.parent / "other.csv"
    other.write_text(SOUND)
    with pytest.raises(ConfigError, match=r"holds the ratings of works\.csv"):
        imported(images, SOUND, table=other)
    with pytest.raises(NotFoundError, match="There is no folder"):
        imported(images, SOUND, images=images / "none")


def test_real_paintings_are_imported_as_they_are(tmp_path: Path) -> None:
    folder = real_data_folder() / "paintings" / "fullcolor"
    table = tmp_path / "works.csv"
    table.write_text("image,overall\nmunch_the_scream_1893,95\nmonet_cliffs.png,70\n")
    intent = Intent(table, folder, RUBRIC, {})
    found = import_artworks(intent, tmp_path / "out", ArtworkConfig(size=128), InProcess(), quietly)
    assert found.report.exit_code == 0
    assert all(max(record.width, record.height) == 128 for record in Collection(tmp_path / "out"))
