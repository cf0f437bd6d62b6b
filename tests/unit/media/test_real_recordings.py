"""Real recordings: sampled decoding is full decoding, in whatever an actual device or program wrote."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fixtures.real_data import PLACE
from fixtures.videos import SAMPLE, decoded_plainly, rendered
from ppad.errors import MediaError
from ppad.media.sequences import STILL_SUFFIXES
from ppad.media.suffixes import VIDEO_SUFFIXES
from ppad.media.video import Video

SUFFIXES = VIDEO_SUFFIXES - STILL_SUFFIXES
HOLDING = ("human", "human_vfr_mp4", "neural", "quickdraw_replay")
FOLDERS = ("odd_media", *(f"process_videos/{name}" for name in HOLDING))
RECORDINGS = [path for folder in FOLDERS for path in sorted((PLACE / folder).glob("*")) if path.suffix.lower() in SUFFIXES]


@pytest.mark.slow
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_one_frame_in_eleven_is_the_frame_of_full_decoding(path: Path, real_data: Path) -> None:
    try:
        video = Video(path)
    except MediaError as error:
        assert path.name in error.message
        return
    ranks = [*range(0, len(video) - 1, 11), len(video) - 1]
    frames, losses = rendered(video, ranks, SAMPLE, threads=2)
    if losses.damaged:
        assert "bitflips" in path.name
        return
    plain = decoded_plainly(path)
    if not losses.absent:
        assert len(plain) == len(video)
        assert [rank for rank in ranks if not np.array_equal(frames[rank], plain[rank])] == []
    assert all(any(np.array_equal(pixels, other) for other in plain) for pixels in frames.values())
