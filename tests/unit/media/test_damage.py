"""What is left of a damaged recording: frames that are right, and an account of the others."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from fixtures.paintings import Pixels, numbered_frames, read_number
from fixtures.videos import decoded_plainly, rendered, with_burst, with_flips
from ppad.errors import UnreadableMediaError
from ppad.media.encode import write_video
from ppad.media.video import Video


class Clean(NamedTuple):
    path: Path
    frames: list[Pixels]


@pytest.fixture(scope="module", params=["mp4", "mkv", "ts", "avi"])
def clean(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Clean:
    """120 numbered frames, a closed key frame every 30: H.264, and MPEG-4 in AVI."""
    return make_clean(request.param, tmp_path_factory.mktemp("clean"))


def make_clean(suffix: str, folder: Path) -> Clean:
    path = folder / f"numbered.{suffix}"
    if suffix == "avi":
        write_video(path, numbered_frames(120), 30, codec="mpeg4", options={"g": "30"})
    else:
        write_video(path, numbered_frames(120), 30, options={"g": "30", "sc_threshold": "0", "preset": "veryfast"})
    return Clean(path, decoded_plainly(path))


def wrong_frames(frames: dict[int, Pixels], clean: Clean) -> list[int]:
    """Ranks whose picture is not exactly the clean one of the number that it carries."""
    return [rank for rank, pixels in frames.items() if not np.array_equal(pixels, clean.frames[read_number(pixels) % 120])]


@pytest.mark.parametrize("seed", range(4))
def test_of_400_destroyed_bytes_at_most_the_frame_in_which_they_begin_slips_through(
    clean: Clean, tmp_path: Path, seed: int
) -> None:
    """A decoder may notice damage only at the next frame; everything that is built upon it is dropped."""
    video = Video(with_burst(clean.path, tmp_path / clean.path.name, seed))
    frames, losses = rendered(video)
    assert len(wrong_frames(frames, clean)) <= 1
    assert losses.damaged
    assert len(frames) >= 85


@pytest.mark.parametrize("seed", range(2))
def test_damage_costs_the_same_frames_with_one_thread_and_with_two(clean: Clean, tmp_path: Path, seed: int) -> None:
    path = with_flips(clean.path, tmp_path / clean.path.name, seed)
    (one, one_lost), (two, two_lost) = (rendered(Video(path), threads=threads) for threads in (1, 2))
    assert one_lost == two_lost
    assert sorted(one) == sorted(two)
    assert all(np.array_equal(one[rank], two[rank]) for rank in one)


def test_damage_is_found_where_packets_have_lost_their_times(tmp_path: Path) -> None:
    """Flips in a transport stream cost a packet its timestamp: frames are counted from the start, and none is wrong."""
    clean = make_clean("ts", tmp_path)
    video = Video(with_flips(clean.path, tmp_path / "flipped.ts", seed=0))
    assert video.index.is_decoded
    for threads in (1, 2):
        frames, losses = rendered(video, threads=threads)
        assert len(losses.damaged) >= 30
        assert wrong_frames(frames, clean) == []


def test_frames_before_and_after_the_damaged_group_are_kept(tmp_path: Path) -> None:
    clean = make_clean("mp4", tmp_path)
    frames, losses = rendered(Video(with_burst(clean.path, tmp_path / "burst.mp4", seed=0)))
    assert set(frames) >= set(range(60)) | set(range(90, 120))
    assert losses.damaged <= set(range(60, 90))


@pytest.mark.parametrize(("suffix", "least"), [("mkv", 60), ("ts", 60), ("avi", 60)])
def test_what_lies_before_the_cut_of_a_truncated_recording_is_right(tmp_path: Path, suffix: str, least: int) -> None:
    clean = make_clean(suffix, tmp_path)
    path = tmp_path / f"cut.{suffix}"
    data = clean.path.read_bytes()
    path.write_bytes(data[: len(data) * 7 // 10])
    video = Video(path)
    frames, _ = rendered(video)
    assert least <= len(frames) < 120
    assert [rank for rank in range(least) if not np.array_equal(frames[rank], clean.frames[rank])] == []


def test_a_truncated_recording_says_that_it_was_cut_off(tmp_path: Path) -> None:
    clean = make_clean("mkv", tmp_path)
    path = tmp_path / "cut.mkv"
    data = clean.path.read_bytes()
    path.write_bytes(data[: len(data) * 4 // 10])
    assert str(Video(path).incomplete).startswith("cut off: ends at 1.")


def test_a_whole_recording_says_nothing(clean: Clean) -> None:
    assert Video(clean.path).incomplete is None


def test_an_mp4_without_its_table_of_contents_cannot_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    write_video(path, numbered_frames(40))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UnreadableMediaError, match=r"video\.mp4 is no recording that can be opened") as caught:
        Video(path)
    assert "untrunc" in caught.value.fix
