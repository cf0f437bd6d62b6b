"""Sampled decoding gives the pixels of full decoding, whatever the codec, the groups of pictures and the threads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from fixtures.paintings import Pixels, numbered_frames
from fixtures.videos import SAMPLE, decoded_plainly, rendered
from ppad.media.decode import plan_segments
from ppad.media.encode import write_video
from ppad.media.video import Video


class Coding(NamedTuple):
    suffix: str
    codec: str
    options: dict[str, str]
    frames: int = 150
    pixel_format: str = "yuv420p"


X264 = {"preset": "veryfast", "crf": "30"}
CODINGS = {
    "h264-gop250": Coding("mp4", "libx264", X264 | {"g": "250", "sc_threshold": "0"}, 256),
    "h264-gop30": Coding("mp4", "libx264", X264 | {"g": "30", "sc_threshold": "0"}),
    "h264-open-gop": Coding("mkv", "libx264", X264 | {"x264-params": "keyint=30:scenecut=0:open-gop=1:bframes=3"}),
    "h264-no-b-frames": Coding("mp4", "libx264", X264 | {"bf": "0", "g": "40"}),
    "h264-b-pyramid": Coding("mp4", "libx264", X264 | {"x264-params": "keyint=60:bframes=8:b-pyramid=normal:b-adapt=0:ref=4"}),
    "h264-in-ts": Coding("ts", "libx264", X264 | {"g": "30"}),
    "hevc-closed": Coding("mp4", "libx265", {"preset": "ultrafast", "x265-params": "keyint=40:open-gop=0:log-level=error"}, 100),
    "hevc-open-gop": Coding(
        "mkv", "libx265", {"preset": "ultrafast", "x265-params": "keyint=30:open-gop=1:bframes=4:b-adapt=0:log-level=error"}, 100
    ),
    "vp8": Coding("webm", "libvpx", {"deadline": "realtime", "cpu-used": "8", "g": "40"}, 100),
    "vp9": Coding("webm", "libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "g": "40", "auto-alt-ref": "1"}, 100),
    "av1": Coding("mkv", "libsvtav1", {"preset": "12", "g": "40", "svtav1-params": "lp=1"}, 90),
    "mpeg4-in-avi": Coding("avi", "mpeg4", {"g": "25", "bf": "2"}),
    "mpeg2": Coding("mpg", "mpeg2video", {"g": "15", "bf": "2"}),
    "mjpeg": Coding("avi", "mjpeg", {}, 60, "yuvj420p"),
    "gif": Coding("gif", "gif", {}, 60, "rgb8"),
}

Recorded = tuple[Path, list[Pixels]]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Recorded]:
    """A recording by the name of its coding, and all its frames decoded plainly; each made once."""
    made: dict[str, Recorded] = {}

    def make(name: str) -> Recorded:
        if name not in made:
            coding = CODINGS[name]
            path = tmp_path_factory.mktemp(name) / f"video.{coding.suffix}"
            frames = [
                np.clip(f.astype(int) + GRAIN[: f.shape[0]], 0, 255).astype(np.uint8) for f in numbered_frames(coding.frames)
            ]
            rate = 25 if coding.suffix in ("mpg", "gif") else 30
            write_video(path, frames, rate, codec=coding.codec, pixel_format=coding.pixel_format, options=coding.options)
            made[name] = path, decoded_plainly(path)
        return made[name]

    return make


GRAIN = np.random.default_rng(0).integers(-25, 25, (120, 160, 1))
"""Texture, so that a picture predicted from the wrong one shows."""


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("every", [1, 7, 40])
@pytest.mark.parametrize("name", CODINGS)
def test_one_frame_in_so_many_is_the_frame_of_full_decoding(
    recorded: Callable[[str], Recorded], name: str, every: int, threads: int
) -> None:
    path, plain = recorded(name)
    ranks = [*range(0, len(plain) - 1, every), len(plain) - 1]
    frames, losses = rendered(Video(path), ranks, threads=threads)
    assert (losses.absent, losses.damaged) == (frozenset(), frozenset())
    assert sorted(frames) == ranks
    assert [rank for rank in ranks if not np.array_equal(frames[rank], plain[rank])] == []


@pytest.mark.parametrize("name", CODINGS)
def test_any_single_frame_can_be_had(recorded: Callable[[str], Recorded], name: str) -> None:
    path, plain = recorded(name)
    video = Video(path)
    for rank in (1, 29, 30, 31, len(plain) - 2):
        frames, _ = rendered(video, [rank])
        assert np.array_equal(frames[rank], plain[rank])


@pytest.mark.parametrize("name", CODINGS)
def test_a_jump_over_packets_changes_no_pixel(
    recorded: Callable[[str], Recorded], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ppad.media.decode.SEEK_OVER", 5)
    path, plain = recorded(name)
    ranks = [0, len(plain) // 2, len(plain) - 2]
    frames, _ = rendered(Video(path), ranks)
    assert [rank for rank in ranks if not np.array_equal(frames[rank], plain[rank])] == []


@pytest.mark.parametrize("name", ["h264-gop30", "h264-open-gop", "hevc-closed", "vp9", "av1", "mpeg4-in-avi"])
def test_a_jump_arrives_at_its_packet_at_the_first_try(
    recorded: Callable[[str], Recorded], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In MP4, Matroska, WebM and AVI: a jump that misses makes the reader open the file again and read up to the place."""
    monkeypatch.setattr("ppad.media.decode.SEEK_OVER", 5)
    monkeypatch.setattr("ppad.media.decode._Reader._reopen", lambda self: pytest.fail("missed"))
    path, plain = recorded(name)
    frames, _ = rendered(Video(path), [len(plain) - 2])
    assert np.array_equal(frames[len(plain) - 2], plain[-2])


@pytest.mark.parametrize("name", sorted(CODINGS))
def test_packets_are_told_apart_by_their_times_without_decoding_them(recorded: Callable[[str], Recorded], name: str) -> None:
    assert not Video(recorded(name)[0]).index.is_decoded


def test_the_open_gop_recordings_do_have_pictures_that_lead_their_key_frame(recorded: Callable[[str], Recorded]) -> None:
    for name in ("h264-open-gop", "hevc-open-gop"):
        index = Video(recorded(name)[0]).index
        keys = np.flatnonzero(index.is_key)
        assert len(keys) > 2
        assert any(index.pts[key + 1] < index.pts[key] for key in keys[1:] if key + 1 < len(index.pts))


def test_a_recording_is_cut_at_closed_key_frames_only(recorded: Callable[[str], Recorded]) -> None:
    """Key frames every 30 of 150 frames: five segments where they are closed, one where pictures lead them."""
    closed, leading = (Video(recorded(name)[0]).index for name in ("h264-gop30", "h264-open-gop"))
    assert [segment.start for segment in plan_segments(closed, np.arange(150))] == [0, 30, 60, 90, 120]
    assert len(plan_segments(leading, np.arange(150))) < 5


def test_of_each_segment_only_the_packets_up_to_its_last_wanted_frame_are_read(recorded: Callable[[str], Recorded]) -> None:
    index = Video(recorded("h264-gop30")[0]).index
    segments = plan_segments(index, np.array([0, 100]))
    assert [(s.start, s.stop, list(s.wanted.values())) for s in segments] == [
        (0, 1, [0]),
        (90, int(index.packet_of[100]) + 1, [100]),
    ]


def test_progress_rises_to_the_end(recorded: Callable[[str], Recorded]) -> None:
    shares: list[float] = []
    path, _ = recorded("h264-gop250")
    video = Video(path)
    video.render(np.arange(256), SAMPLE, lambda rank, pixels: None, progress=shares.append)
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.5
    assert shares[-1] == 1.0


def test_hevc_is_cut_at_a_key_frame_that_nothing_wanted_leads(recorded: Callable[[str], Recorded]) -> None:
    """Pictures lead each key frame, but here the key frames alone are wanted: nothing between them is decoded."""
    index = Video(recorded("hevc-open-gop")[0]).index
    keys = np.flatnonzero(index.is_key)
    segments = plan_segments(index, np.flatnonzero(np.isin(index.packet_of, keys)))
    assert [(segment.start, segment.stop) for segment in segments] == [(key, key + 1) for key in keys]
