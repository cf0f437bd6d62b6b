"""The right frame by its rank and its time, whatever the container says of either."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fixtures.paintings import numbered_frames, read_number
from fixtures.videos import remuxed, rendered
from ppad.media.encode import write_video
from ppad.media.video import Video

SHORT_GOP = {"preset": "veryfast", "g": "30", "sc_threshold": "0"}


@pytest.fixture(scope="module")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 numbered frames at 30 a second."""
    path = tmp_path_factory.mktemp("numbered") / "numbered.mp4"
    write_video(path, numbered_frames(120), 30, options=SHORT_GOP)
    return path


def numbers(video: Video, ranks: list[int]) -> list[int]:
    frames, _ = rendered(video, ranks)
    return [read_number(frames[rank]) for rank in ranks]


def test_ranks_count_the_frames_as_they_are_shown(numbered: Path) -> None:
    video = Video(numbered)
    assert len(video) == 120
    assert numbers(video, [0, 1, 29, 30, 77, 119]) == [0, 1, 29, 30, 77, 119]
    assert video.times_s[[0, 1, 119]].tolist() == pytest.approx([0, 1 / 30, 119 / 30])


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_variable_frame_rate_keeps_ranks_and_times(tmp_path: Path, suffix: str) -> None:
    """Every third frame stands for half a second."""
    times = np.cumsum([0.0, *([0.04, 0.04, 0.5] * 33)])
    path = tmp_path / f"vfr.{suffix}"
    write_video(path, numbered_frames(100), 25, options=SHORT_GOP, times_s=times)
    video = Video(path)
    assert numbers(video, [0, 3, 50, 98, 99]) == [0, 3, 50, 98, 99]
    assert video.times_s == pytest.approx(times, abs=2e-3)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_a_recording_that_starts_at_8_s_starts_at_0(numbered: Path, tmp_path: Path, suffix: str) -> None:
    video = Video(remuxed(numbered, tmp_path / f"late.{suffix}", shift_s=8.0))
    assert numbers(video, [0, 64, 119]) == [0, 64, 119]
    assert video.times_s[[0, 119]].tolist() == pytest.approx([0, 119 / 30], abs=2e-3)
    assert video.incomplete is None


def test_frames_that_an_edit_list_hides_are_not_counted(numbered: Path, tmp_path: Path) -> None:
    """A phone's trimming hides the first 45 frames; decoding still needs those from 30 on."""
    video = Video(remuxed(numbered, tmp_path / "trimmed.mp4", shift_s=-1.5, avoid_negative_ts="disabled"))
    assert not video.index.is_shown.all()
    assert len(video) == 75
    assert numbers(video, [0, 1, 40, 74]) == [45, 46, 85, 119]
    assert video.times_s[[0, 74]].tolist() == pytest.approx([0, 74 / 30])


@pytest.mark.parametrize("hidden_s", [1.0, 1.5])
def test_a_trimmed_recording_is_not_called_incomplete(numbered: Path, tmp_path: Path, hidden_s: float) -> None:
    video = Video(remuxed(numbered, tmp_path / "trimmed.mp4", shift_s=-hidden_s, avoid_negative_ts="disabled"))
    assert video.incomplete is None


def test_a_recording_without_timestamps_is_counted_by_decoding(tmp_path: Path) -> None:
    """A bare H.264 stream has no container that could hold times: 25 frames a second are assumed."""
    path = tmp_path / "bare.h264"
    write_video(path, numbered_frames(60), 25, options=SHORT_GOP)
    video = Video(path)
    assert video.index.is_decoded
    assert len(video) == 60
    assert numbers(video, [0, 31, 59]) == [0, 31, 59]
    assert (np.diff(video.times_s) > 0).all()


def test_a_recording_of_one_frame_has_one_rank(tmp_path: Path) -> None:
    path = tmp_path / "one.mp4"
    write_video(path, numbered_frames(1))
    assert len(Video(path)) == 1


def test_the_end_is_that_of_the_last_frame(numbered: Path) -> None:
    assert Video(numbered).index.end_s == pytest.approx(4.0)
