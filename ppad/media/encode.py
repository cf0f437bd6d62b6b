"""Writing a recording: frames to a video file."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path

from ppad.errors import UnreadableMediaError
from ppad.media.images import Pixels
from ppad.media.packages import av

TICKS = 90_000
"""Timestamp units a second where the rate varies."""


def write_video(
    path: Path,
    frames: Iterable[Pixels],
    rate: Fraction | int = 30,
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    options: Mapping[str, str] | None = None,
    times_s: Iterable[float] | None = None,
) -> None:
    """Encode frames as a video; the suffix of the path chooses the container.

    Args:
        frames: (H, W, 3) uint8, sRGB, all of one size; with 4:2:0 subsampling both sides must be even.
        rate: frames a second.
        codec: encoder, by FFmpeg's name.
        options: of the encoder (`crf`, `g`, `preset`, …).
        times_s: presentation time of each frame, rising, for a variable rate; by default evenly at `rate`.

    Raises:
        UnreadableMediaError: there are no frames, or the encoder refuses them.
    """
    pictures = iter(frames)
    first = next(pictures, None)
    if first is None:
        raise UnreadableMediaError(f"There are no frames to write to {path.name}.", "Give at least one.")
    unit = 1 / Fraction(rate) if times_s is None else Fraction(1, TICKS)  # older codecs know no finer unit than their rate
    clock = itertools.count() if times_s is None else (round(Fraction(time) / unit) for time in times_s)
    try:
        with _same_priority(), av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=Fraction(rate), options=dict(options or {}))
            assert isinstance(stream, av.VideoStream)  # noqa: S101 - for the type checker: the codec is a video codec
            stream.width, stream.height, stream.pix_fmt = first.shape[1], first.shape[0], pixel_format
            stream.time_base = stream.codec_context.time_base = unit
            for pixels in itertools.chain([first], pictures):
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                frame.pts, frame.time_base = next(clock), unit
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    except (av.error.FFmpegError, ValueError) as error:
        raise UnreadableMediaError(
            f"{path.name} cannot be encoded as {codec}: {error}.", "Choose another codec or size."
        ) from error


@contextlib.contextmanager
def _same_priority() -> Iterator[None]:
    """Give the thread back its scheduling: run by root, SVT-AV1 makes its caller a real-time task, and all its children."""
    if not hasattr(os, "sched_getscheduler"):
        yield
        return
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        if os.sched_getscheduler(0) != policy:
            os.sched_setscheduler(0, policy, parameters)
