"""What can be scored, and how it is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fixtures.judged import drawn_process, process_id, true_score, write_rated
from fixtures.paintings import write_painting
from fixtures.runs import extract
from ppad.errors import NoInputsError, NotFoundError, TooFewFramesError, UnreadableMediaError
from ppad.media.images import encode_image
from ppad.media.pictures import decode_frames
from ppad.storage import Collection
from ppad_model.scoring.subjects import Given, find_places

NOTHING = Given()


def stills(folder: Path, count: int, stem: str = "step") -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        frame = np.full((24, 32, 3), 255, np.uint8)
        frame[:, : 4 * number] = (200, 40, 40)
        (folder / f"{stem}{number}.png").write_bytes(encode_image(frame, "png"))
    return folder


def test_a_recording_is_scored_as_the_process_that_extraction_makes_of_it(tmp_path: Path) -> None:
    video = write_painting(tmp_path / "castle.mp4", cells=9)
    extract([video], tmp_path / "collection")
    collection = Collection.open(tmp_path / "collection")
    stored = collection.read(collection.ids()[0])
    (place,) = find_places([str(video)])
    subject = place.load(NOTHING)
    assert subject.name == "castle"
    assert [frame.bytes for frame in subject.process.frames] == [frame.bytes for frame in stored.frames]
    assert subject.process.frame_time_s == pytest.approx(stored.frame_time_s, abs=1e-6)


def test_a_collection_a_process_file_and_its_folder_name_the_same_process(tmp_path: Path) -> None:
    collection = Collection(tmp_path / "collection")
    for number in (1, 2):
        collection.write(drawn_process(number), "0" * 12)
    assert [place.name for place in find_places([str(collection.root)])] == [process_id(1), process_id(2)]
    (place,) = find_places([str(collection.path_of(process_id(2)))])
    assert place.load(NOTHING).process == drawn_process(2)


def test_a_row_of_a_dataset_is_named_by_its_id_and_brings_what_raters_said(tmp_path: Path) -> None:
    root = write_rated(tmp_path / "dataset", {"test_real": 3})
    (place,) = find_places([process_id(1)], root)
    subject = place.load(NOTHING)
    assert subject.process.process_id == process_id(1)
    assert subject.rated["detail_depth"] == pytest.approx(true_score(1, 5), abs=1.5)
    with pytest.raises(NotFoundError, match="has no process"):
        find_places(["nobody"], root)


def test_the_stills_of_a_folder_are_one_process(tmp_path: Path) -> None:
    (place,) = find_places([str(stills(tmp_path / "tree", 6))])
    process = place.load(NOTHING).process
    assert place.name == "tree"
    assert process.frame_time_s is None
    assert process.frame_index is not None
    assert process.frame_index[-1] == 5
    assert decode_frames(process).shape[1:] == (24, 32, 3)


def test_a_reference_that_is_given_replaces_that_of_the_process(tmp_path: Path) -> None:
    (tmp_path / "r.png").write_bytes(encode_image(np.full((9, 9, 3), 77, np.uint8), "png"))
    picture = Given(image=tmp_path / "r.png").applied(drawn_process(1))
    words = Given(prompt="a boat").applied(drawn_process(1))
    assert (picture.reference_kind, picture.prompt) == ("image", None)
    assert picture.reference_image != drawn_process(1).reference_image
    assert (words.reference_kind, words.prompt, words.reference_image) == ("prompt", "a boat", None)
    assert NOTHING.applied(drawn_process(1)) == drawn_process(1)


def test_processes_of_one_name_get_files_of_their_own(tmp_path: Path) -> None:
    folders = [stills(tmp_path / place, 3).parent / place for place in ("a", "b")]
    for folder in folders:
        stills(folder / "tree", 3)
    assert [place.name for place in find_places([str(folder / "tree") for folder in folders])] == ["tree", "tree-2"]


def test_what_is_no_process_is_refused_with_a_way_out(tmp_path: Path) -> None:
    write_rated(tmp_path / "dataset", {"test_real": 3})
    stills(stills(tmp_path / "two", 3), 3, "other")
    (tmp_path / "empty").mkdir()
    for argument, error, words in (
        ("dataset", NoInputsError, "ppad evaluate RUN"),
        ("two", NoInputsError, "2 series of numbered stills"),
        ("empty", NoInputsError, "no numbered stills"),
        ("datset", NotFoundError, "Did you mean dataset?"),
    ):
        with pytest.raises(error, match=words):
            find_places([str(tmp_path / argument)])


def test_damaged_recordings_and_single_pictures_are_errors_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "noise.mp4").write_bytes(b"noise" * 100)
    (tmp_path / "one.png").write_bytes(encode_image(np.zeros((9, 9, 3), np.uint8), "png"))
    noise, one = find_places([str(tmp_path / "noise.mp4"), str(tmp_path / "one.png")])
    with pytest.raises(UnreadableMediaError):
        noise.load(NOTHING)
    with pytest.raises(TooFewFramesError):
        one.load(NOTHING)
