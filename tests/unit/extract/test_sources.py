"""What the command line names, as painting processes to extract."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ppad.errors import EmptyFileError, NoInputsError, NotFoundError
from ppad.storage import DigestCache
from ppad.storage.names import readable_stem
from ppad_pipelines.extract.sources import Found, Source, find_sources, process_id


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, so that names in tests are short."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)


def names(found: Found) -> list[list[str]]:
    return [[str(file) for file in source.files] for source in found.sources]


def test_a_folder_is_searched_through_in_natural_order(folder: Path) -> None:
    touch("v/clip10.mp4", "v/clip9.MKV", "v/sub2/b.webm", "v/sub10/a.gif")
    assert names(find_sources(["v"])) == [["v/clip9.MKV"], ["v/clip10.mp4"], ["v/sub2/b.webm"], ["v/sub10/a.gif"]]


def test_hidden_files_and_folders_are_passed_by(folder: Path) -> None:
    touch("v/a.mp4", "v/.b.mp4", "v/.trash/c.mp4")
    found = find_sources(["v"])
    assert names(found) == [["v/a.mp4"]]
    assert found.ignored == {}


def test_numbered_stills_of_a_folder_are_one_sequence(folder: Path) -> None:
    touch("v/step10.png", "v/step9.png", "v/step1.png", "v/other1.jpg", "v/other2.jpg")
    assert names(find_sources(["v"])) == [["v/other1.jpg", "v/other2.jpg"], ["v/step1.png", "v/step9.png", "v/step10.png"]]


def test_what_is_no_recording_is_counted_by_kind(folder: Path) -> None:
    touch("v/a.mp4", "v/cover.jpg", "v/photo.png", "v/notes.txt", "v/more.TXT", "v/README")
    assert find_sources(["v"]).ignored == {"single pictures": 2, ".txt files": 2, "unnamed files": 1}


def test_an_animated_webp_in_a_folder_is_a_recording(folder: Path) -> None:
    pictures = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    (folder / "v").mkdir()
    for name in ("a1", "a2"):
        pictures[0].save(folder / "v" / f"{name}.webp", save_all=True, append_images=pictures[1:])
    assert names(find_sources(["v"])) == [["v/a1.webp"], ["v/a2.webp"]]


def test_numbered_webp_stills_are_a_sequence(folder: Path) -> None:
    (folder / "v").mkdir()
    for number in (1, 2, 3):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / "v" / f"step{number}.webp")
    assert names(find_sources(["v"])) == [["v/step1.webp", "v/step2.webp", "v/step3.webp"]]


def test_stills_that_a_glob_names_are_a_sequence(folder: Path) -> None:
    touch("v/step1.png", "v/step2.png", "v/step10.png")
    assert names(find_sources(["v/*.png"])) == [["v/step1.png", "v/step2.png", "v/step10.png"]]


def test_earlier_numbers_that_stay_the_same_tell_series_apart(folder: Path) -> None:
    touch("v/artist1-step1.png", "v/artist1-step2.png", "v/artist2-step1.png", "v/artist2-step2.png")
    found = find_sources(["v"])
    assert names(found) == [["v/artist1-step1.png", "v/artist1-step2.png"], ["v/artist2-step1.png", "v/artist2-step2.png"]]
    assert [Path(source.label).name for source in found.sources] == ["artist1-step1.png", "artist2-step1.png"]


def test_catalogue_numbers_are_no_steps(folder: Path) -> None:
    touch("v/artic_154235.png", "v/artic_24645.png", "v/artic_8980.png", "v/movie.mp4")
    found = find_sources(["v"])
    assert names(found) == [["v/movie.mp4"]]
    assert found.ignored == {"single pictures": 3}


def test_a_file_named_outright_is_always_taken(folder: Path) -> None:
    touch("recording.bin", ".hidden.mp4", "single.png")
    assert names(find_sources(["recording.bin", ".hidden.mp4", "single.png"])) == [
        ["recording.bin"],
        [".hidden.mp4"],
        ["single.png"],
    ]


def test_a_glob_is_expanded_in_natural_order(folder: Path) -> None:
    touch("v/clip10.mp4", "v/clip9.mp4", "v/sub/clip1.mp4", "v/a.txt")
    assert names(find_sources(["v/clip*.mp4"])) == [["v/clip9.mp4"], ["v/clip10.mp4"]]
    assert names(find_sources(["v/**/clip*.mp4"])) == [["v/clip9.mp4"], ["v/clip10.mp4"], ["v/sub/clip1.mp4"]]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(folder: Path) -> None:
    touch("clip[1].mp4", "clip1.mp4")
    assert names(find_sources(["clip[1].mp4"])) == [["clip[1].mp4"]]


def test_what_is_named_twice_is_taken_once(folder: Path) -> None:
    touch("v/a.mp4", "v/s1.png", "v/s2.png")
    Path("link").symlink_to("v")
    found = find_sources(["v/a.mp4", "v", "./v/../v", str(folder / "v"), "link", "v/*.mp4"])
    assert names(found) == [["v/a.mp4"], ["v/s1.png", "v/s2.png"]]


def test_reference_images_are_left_out_of_the_search(folder: Path) -> None:
    touch("v/ref1.png", "v/ref2.png", "v/s1.jpg", "v/s2.jpg", "v/ref3.png")
    assert names(find_sources(["v"], leave_out=[Path("v/ref1.png"), Path("v/ref2.png")])) == [["v/s1.jpg", "v/s2.jpg"]]


@pytest.mark.parametrize("argument", ["gone.mp4", "gone/", "*.mp4"])
def test_an_argument_that_names_nothing_is_refused(folder: Path, argument: str) -> None:
    with pytest.raises(NotFoundError, match=re.escape(f"There is no file, folder or match for {argument}.")):
        find_sources([argument])


def test_folders_without_recordings_are_refused_with_what_they_hold(folder: Path) -> None:
    touch("v/a.txt", "v/b.txt", "v/cover.png")
    with pytest.raises(NoInputsError) as caught:
        find_sources(["v"])
    assert caught.value.message == "No recording was found; the folders hold 2 .txt files, 1 single pictures."


def test_an_empty_folder_is_refused(folder: Path) -> None:
    Path("v").mkdir()
    with pytest.raises(NoInputsError, match="the folders hold nothing"):
        find_sources(["v"])


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("My Castle (2)", "my-castle-2"),
        ("Größe_é", "groe-e"),
        ("水彩画", "process"),
        ("...", "process"),
        ("x" * 100, "x" * 60),
        ("a" * 59 + " b", "a" * 59),
        ("../../etc/passwd", "etc-passwd"),
    ],
)
def test_a_stem_is_readable_and_portable(name: str, stem: str) -> None:
    assert readable_stem(name) == stem


@given(st.text(max_size=100))
def test_every_id_follows_the_contract(name: str) -> None:
    from ppad.schema.checks import PROCESS_ID

    assert PROCESS_ID.match(f"{readable_stem(name)}-0123456789ab")


def test_an_id_is_the_stem_of_the_file_or_of_the_folder_and_12_digits() -> None:
    digest = "0123456789abcdef" * 4
    assert process_id(Source((Path("v/My Clip.mp4"),)), digest) == "my-clip-0123456789ab"
    assert process_id(Source((Path("v/Castle/1.png"), Path("v/Castle/2.png"))), digest) == "castle-0123456789ab"


def digest_of(folder: Path, files: Iterable[str]) -> str:
    return Source(tuple(Path(file) for file in files)).sha256(DigestCache(folder / "digests.jsonl"))


def test_the_digest_of_a_sequence_depends_on_its_stills_and_their_order_and_not_on_their_names(folder: Path) -> None:
    for name, text in {"a1": "one", "a2": "two", "b1": "one", "b2": "two"}.items():
        Path(name).write_text(text)
    assert digest_of(folder, ["a1", "a2"]) == digest_of(folder, ["b1", "b2"])
    assert digest_of(folder, ["a1", "a2"]) != digest_of(folder, ["a2", "a1"])


def test_a_sequence_with_an_empty_still_is_refused(folder: Path) -> None:
    touch("a1.png")
    Path("a2.png").touch()
    with pytest.raises(EmptyFileError, match=r"^a2\.png is empty"):
        digest_of(folder, ["a1.png", "a2.png"])


def test_the_size_of_a_source_is_that_of_its_files(folder: Path) -> None:
    touch("a1", "a22")
    assert Source((Path("a1"), Path("a22"), Path("gone"))).bytes == 5
