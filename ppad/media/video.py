"""A video file as a recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ppad.errors import UnreadableMediaError
from ppad.media.decode import Sink, decode_ranks
from ppad.media.frames import FrameConverter, Geometry, View, geometry, quarter_turns
from ppad.media.images import Size
from ppad.media.index import VideoIndex, decoded_frames, main_video, open_container, read_index
from ppad.media.packages import av
from ppad.media.recording import Losses, PutPixels, ReportShare, ignore_share

_SLACK_SHARE, _SLACK_S = 0.03, 5.0
"""How much of what a container claims may be missing before a recording counts as cut off: a share, and seconds."""


class Video:
    """A video file, opened and indexed. Its main stream counts: the one that a player would show.

    Raises:
        UnreadableMediaError, NoVideoError, MediaTooLargeError: it cannot be used.
    """

    has_clock = True

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path
        self.index = read_index(path)
        if len(self.index) == 0:
            raise UnreadableMediaError(f"{path.name} holds no frame that can be decoded.", "Copy it again from its source.")
        self.times_s = self.index.times_s
        self.incomplete = _incomplete(path, self.index)
        self._coded, self._turns = _first_frame(path)

    def __len__(self) -> int:
        return len(self.index)

    def view_size(self, view: View) -> Size:
        """Size of the rendered frames."""
        return self._steps(view).size

    def render(
        self,
        ranks: NDArray[np.int64],
        view: View,
        put: PutPixels,
        *,
        threads: int = 1,
        progress: ReportShare = ignore_share,
    ) -> Losses:
        """See `Recording.render`."""
        steps = self._steps(view)

        def make_sink() -> Sink:
            convert = FrameConverter(steps, view.purpose)
            return lambda rank, frame: put(rank, convert(frame))

        return decode_ranks(self._path, self.index, ranks, make_sink, threads=threads, progress=progress)

    def _steps(self, view: View) -> Geometry:
        turns = (self._turns + view.turns) % 4
        return geometry(self._coded, self.index.facts.pixel_aspect, turns, view, self.name)


def _incomplete(path: Path, index: VideoIndex) -> str | None:
    """What a recording that was cut off promises and does not hold: containers end silently."""
    facts = index.facts
    if facts.claimed_s is not None and facts.claimed_s - index.end_s > max(
        facts.claim_slack_s, min(_SLACK_SHARE * facts.claimed_s, _SLACK_S)
    ):
        return f"cut off: ends at {index.end_s:.1f} s of the {facts.claimed_s:.1f} s that it claims"
    if facts.claimed_frames > len(index.pts):
        return f"cut off: {len(index.pts)} of {facts.claimed_frames} frames are there"
    if facts.codec == "gif" and not _ends_like_gif(path):
        return f"cut off: ends at {index.end_s:.1f} s, without the mark that ends a GIF"
    return None


def _ends_like_gif(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 1024))
        return file.read().rstrip(b"\0").endswith(b";")


def _first_frame(path: Path) -> tuple[Size, int]:
    """Size and rotation as the decoder gives them: a container may claim others.

    Raises:
        UnreadableMediaError: not one frame can be decoded.
    """
    with open_container(path) as container:
        stream = main_video(container, path.name)
        stream.codec_context.thread_count = 1
        frame: av.VideoFrame | None
        for frame in decoded_frames(container, stream):
            if frame is not None:
                return Size(frame.width, frame.height), quarter_turns(frame.rotation)
    raise UnreadableMediaError(f"{path.name} holds no frame that can be decoded.", "Copy it again from its source.")
