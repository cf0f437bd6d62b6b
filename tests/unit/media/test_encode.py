"""Writing a recording."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from fixtures.paintings import numbered_frames, read_number
from fixtures.videos import rendered
from ppad.errors import UnreadableMediaError
from ppad.media.encode import write_video
from ppad.media.frames import View
from ppad.media.video import Video


def test_frames_come_back_in_number_order_and_time(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    write_video(path, numbered_frames(40), Fraction(30000, 1001))
    video = Video(path)
    frames, _ = rendered(video, view=View(None))
    assert [read_number(frames[rank]) for rank in range(40)] == list(range(40))
    assert video.times_s == pytest.approx(np.arange(40) * 1001 / 30000, abs=1e-6)


def test_a_lossless_recording_gives_the_pixels_that_were_written(tmp_path: Path) -> None:
    path = tmp_path / "video.mkv"
    written = numbered_frames(5)
    write_video(path, written, codec="ffv1", pixel_format="bgr0")
    frames, _ = rendered(Video(path), view=View(None))
    assert [np.array_equal(frames[rank], written[rank]) for rank in range(5)] == [True] * 5


def test_times_may_be_given(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    write_video(path, numbered_frames(4), times_s=[0.0, 0.5, 0.6, 3.0])
    assert Video(path).times_s.tolist() == pytest.approx([0.0, 0.5, 0.6, 3.0])


def test_no_frames_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMediaError, match=r"There are no frames to write to video\.mp4\. Give at least one\."):
        write_video(tmp_path / "video.mp4", [])


@pytest.mark.parametrize(("codec", "size"), [("no-such-codec", (160, 120)), ("libx264", (161, 121))])
def test_what_the_encoder_refuses_is_named(tmp_path: Path, codec: str, size: tuple[int, int]) -> None:
    with pytest.raises(UnreadableMediaError, match=rf"video\.mp4 cannot be encoded as {codec}"):
        write_video(tmp_path / "video.mp4", numbered_frames(2, size), codec=codec)


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="this system has no scheduling policies")
def test_encoding_as_av1_leaves_the_process_its_priority(tmp_path: Path) -> None:
    """SVT-AV1 makes whoever calls it a real-time task where it may (as root), and all processes started later with it."""
    before = os.sched_getscheduler(0)
    write_video(tmp_path / "a.mkv", numbered_frames(3), codec="libsvtav1", options={"svtav1-params": "lp=1"})
    assert os.sched_getscheduler(0) == before
