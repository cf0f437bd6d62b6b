"""Painting processes that come as pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fixtures.paintings import Pixels, numbered_frames, read_number
from fixtures.videos import rendered
from ppad.errors import MediaTooLargeError, TooFewFramesError, UnreadableMediaError
from ppad.media.frames import Crop, View
from ppad.media.opening import open_recording
from ppad.media.sequences import AnimatedPicture, PictureSequence, is_animated, natural_key, numbered_sequences

WHOLE = View(None)


def write_stills(folder: Path, frames: list[Pixels], pattern: str = "step{}.png") -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = [folder / pattern.format(number) for number in range(len(frames))]
    for path, frame in zip(paths, frames, strict=True):
        Image.fromarray(frame).save(path)
    return paths


def write_animation(path: Path, frames: list[Pixels], duration_ms: int | list[int] = 100) -> Path:
    first, *rest = [Image.fromarray(frame) for frame in frames]
    options = {"lossless": True} if path.suffix == ".webp" else {}
    first.save(path, save_all=True, append_images=rest, duration=duration_ms, **options)
    return path


def test_step_2_comes_before_step_10() -> None:
    assert sorted(["step10.png", "Step2.png", "step1.png", "step02b.png"], key=natural_key) == [
        "step1.png",
        "Step2.png",
        "step02b.png",
        "step10.png",
    ]


def test_pictures_whose_names_differ_in_their_numbers_are_a_sequence() -> None:
    names = ["b10.png", "b9.png", "a1.png", "a2.png", "a2.jpg", "cover.png"]
    found = numbered_sequences(Path(name) for name in names)
    assert [[path.name for path in sequence] for sequence in found] == [["a1.png", "a2.png"], ["b9.png", "b10.png"]]


def test_stills_are_frames_without_a_clock(tmp_path: Path) -> None:
    sequence = PictureSequence(write_stills(tmp_path / "castle", numbered_frames(12)))
    frames, losses = rendered(sequence, view=WHOLE)
    assert (sequence.name, len(sequence), sequence.has_clock) == ("castle", 12, False)
    assert [read_number(frames[rank]) for rank in range(12)] == list(range(12))
    assert not losses.damaged


def test_stills_of_another_size_are_fitted_to_the_last_one(tmp_path: Path) -> None:
    paths = write_stills(tmp_path, [*numbered_frames(3, (320, 240)), *numbered_frames(1, (160, 120))])
    frames, _ = rendered(PictureSequence(paths), view=WHOLE)
    assert {pixels.shape for pixels in frames.values()} == {(120, 160, 3)}
    assert [read_number(frames[rank]) for rank in range(4)] == [0, 1, 2, 0]


def test_a_damaged_still_is_left_out(tmp_path: Path) -> None:
    paths = write_stills(tmp_path, numbered_frames(5))
    paths[2].write_bytes(paths[2].read_bytes()[:60])
    frames, losses = rendered(PictureSequence(paths), view=WHOLE)
    assert sorted(frames) == [0, 1, 3, 4]
    assert losses.damaged == {2}


def test_where_the_last_still_is_damaged_the_one_before_gives_the_size(tmp_path: Path) -> None:
    paths = write_stills(tmp_path, numbered_frames(3))
    paths[2].write_bytes(b"")
    assert PictureSequence(paths).view_size(WHOLE) == (160, 120)


def test_stills_none_of_which_can_be_read_are_refused(tmp_path: Path) -> None:
    paths = write_stills(tmp_path / "castle", numbered_frames(2))
    for path in paths:
        path.write_bytes(b"x")
    with pytest.raises(UnreadableMediaError, match="None of the pictures in castle can be read"):
        PictureSequence(paths).view_size(WHOLE)


def test_a_crop_of_stills_is_the_same_part_as_of_a_video(tmp_path: Path) -> None:
    """The third and the fourth of the eight blocks, of number 4: black, then white, the lowest digit first."""
    sequence = PictureSequence(write_stills(tmp_path, numbered_frames(6)))
    frames, _ = rendered(sequence, [4], View(None, Crop(40, 0, 40, 60)))
    assert frames[4].shape == (60, 40, 3)
    assert (frames[4][:, :20] == 255).all()
    assert (frames[4][:, 20:] == 0).all()


def test_samples_of_large_stills_are_small(tmp_path: Path) -> None:
    sequence = PictureSequence(write_stills(tmp_path, numbered_frames(2, (800, 600)), "step{}.jpg"))
    frames, _ = rendered(sequence, view=View(80, purpose="sample"))
    assert frames[1].shape == (60, 80, 3)
    assert read_number(frames[1]) == 1


@pytest.mark.parametrize("suffix", [".webp", ".png"])
def test_an_animated_picture_has_frames_and_times(tmp_path: Path, suffix: str) -> None:
    durations = [100, 200, 300, 400, 100, 100]
    recording = open_recording([write_animation(tmp_path / f"castle{suffix}", numbered_frames(6), durations)])
    frames, losses = rendered(recording, view=WHOLE)
    assert isinstance(recording, AnimatedPicture)
    assert [read_number(frames[rank]) for rank in range(6)] == list(range(6))
    assert recording.times_s.tolist() == pytest.approx([0, 0.1, 0.3, 0.6, 1.0, 1.1])
    assert recording.has_clock
    assert not losses.damaged


@pytest.mark.parametrize("suffix", [".webp", ".png"])
def test_one_frame_of_an_animated_picture_is_the_frame_of_reading_it_whole(tmp_path: Path, suffix: str) -> None:
    recording = AnimatedPicture(write_animation(tmp_path / f"castle{suffix}", numbered_frames(8)))
    whole, _ = rendered(recording, view=WHOLE)
    single, _ = rendered(recording, [5], WHOLE)
    assert np.array_equal(single[5], whole[5])


def test_frames_without_a_duration_last_a_tenth_of_a_second(tmp_path: Path) -> None:
    recording = AnimatedPicture(write_animation(tmp_path / "castle.webp", numbered_frames(3), 0))
    assert recording.times_s.tolist() == pytest.approx([0, 0.1, 0.2])


def test_an_animation_that_would_take_hours_to_decode_is_refused_by_its_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_animation(tmp_path / "castle.webp", numbered_frames(4, (160, 120)))
    monkeypatch.setattr("ppad.media.sequences.MOST_ANIMATED_PIXELS", 4 * 160 * 120 - 1)
    with pytest.raises(MediaTooLargeError, match="has 4 frames of 160×120 pixels"):
        open_recording([path])


def test_a_picture_whose_second_directory_is_damaged_ends_in_one_error(tmp_path: Path) -> None:
    """The width of the second frame (tag 256, the first of its directory) is taken away."""
    path = write_animation(tmp_path / "castle.tif", numbered_frames(2))
    data = bytearray(path.read_bytes())
    first = int.from_bytes(data[4:8], "little")
    end = first + 2 + 12 * int.from_bytes(data[first : first + 2], "little")
    second = int.from_bytes(data[end : end + 4], "little")
    assert data[second + 2 : second + 4] == b"\x00\x01"
    data[second + 2 : second + 4] = b"\xff\x00"
    path.write_bytes(data)
    assert not is_animated(path)
    with pytest.raises(UnreadableMediaError, match=r"castle\.tif is damaged"):
        open_recording([path])


def test_a_single_picture_is_no_process(tmp_path: Path) -> None:
    (path,) = write_stills(tmp_path, numbered_frames(1))
    with pytest.raises(TooFewFramesError, match="is a single picture, not a process") as caught:
        open_recording([path])
    assert caught.value.fix == "Give a recording, or a folder of numbered stills."


def test_a_cut_off_animation_gives_what_is_left_and_says_so(tmp_path: Path) -> None:
    whole = write_animation(tmp_path / "whole.png", numbered_frames(10))
    path = tmp_path / "cut.png"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    recording = AnimatedPicture(path)
    assert 2 <= len(recording) < 10
    assert recording.incomplete == f"cut off: {len(recording)} of 10 frames are there"
    frames, _ = rendered(recording, view=WHOLE)
    assert [read_number(frames[rank]) for rank in sorted(frames)] == list(range(len(recording)))


@pytest.mark.parametrize("name", ["filetype_fixture-json.webp", "heapbof.png", "sigsegv.png", "filetype_fixture-corrupt.png"])
def test_a_hostile_picture_named_as_a_recording_ends_in_one_error(real_data: Path, name: str) -> None:
    with pytest.raises((UnreadableMediaError, TooFewFramesError), match=name):
        open_recording([real_data / "odd_media" / name])


def test_the_numbered_drawings_of_real_sequences_are_read_in_order(real_data: Path) -> None:
    folders = sorted(path for path in (real_data / "process_videos" / "sequences").iterdir() if path.is_dir())
    assert folders
    for folder in folders:
        (pictures, *_) = numbered_sequences(path for path in folder.rglob("*") if path.suffix.lower() in (".png", ".jpg"))
        recording = open_recording(pictures[:3])
        frames, losses = rendered(recording, view=View(64, purpose="sample"))
        assert len({pixels.shape for pixels in frames.values()}) == 1
        assert not losses.damaged
