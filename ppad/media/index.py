"""What a recording holds, packet by packet, without decoding it.

Everything later is addressed by *rank*: the position of a frame in presentation order, from 0. Ranks survive variable
frame rates and wrong frame counts, which indexing by `time · rate` does not.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ppad.errors import MediaTooLargeError, NoVideoError, UnreadableMediaError
from ppad.media.images import MAX_PIXELS
from ppad.media.packages import InputContainer, VideoStream, av

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,flv,mpeg,mpegts,mpegvideo,m4v,h264,hevc,ivf,obu,mxf,nut,ogg,gif,apng,mjpeg,"
    "dv,rm,yuv4mpegpipe,wav,mp3,aac,flac"
)
"""Containers that are opened: recordings, and sound so that it can be named. Playlists and text, which make a decoder
open other files or render letters, are not among them."""

_ONLY_LOCAL = {"protocol_whitelist": "file", "format_whitelist": FORMATS}

DAMAGE = (av.error.FFmpegError, av.error.InvalidDataError, OSError, ValueError, EOFError, MemoryError)


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What a container says of its main video stream.

    Attributes:
        number: index of the stream in the container.
        time_base: seconds per timestamp unit.
        frame_interval: usual distance of two frames, in timestamp units.
        codec: FFmpeg's name of the decoder.
        pixel_aspect: width of a pixel over its height.
        claimed_s: duration, seconds; None where the container says nothing.
        claim_slack_s: how far the claim may be off; that of a whole container may be about its sound.
        claimed_frames: number of frames; 0 where the container says nothing, or counts frames that it hides.
    """

    number: int
    time_base: Fraction
    frame_interval: int
    codec: str
    pixel_aspect: Fraction
    claimed_s: float | None
    claim_slack_s: float
    claimed_frames: int


@dataclass(frozen=True)
class VideoIndex:
    """The packets of a recording's main video stream, in decoding order.

    Attributes:
        facts: what the container says of the stream.
        pts: (P,) presentation timestamps, units of `facts.time_base`; of the decoded frames where packets carry none.
        dts: (P,) decoding timestamps; equal to `pts` where packets carry none.
        is_key: (P,) whether decoding can start here.
        is_shown: (P,) False for packets that an edit list hides.
        end_s: end of the last frame, seconds from the first.
        is_decoded: whether the index was made by decoding, because packets carry no usable timestamps. Then packets
            cannot be skipped.
    """

    facts: StreamFacts
    pts: NDArray[np.int64]
    dts: NDArray[np.int64]
    is_key: NDArray[np.bool_]
    is_shown: NDArray[np.bool_]
    end_s: float
    is_decoded: bool

    @cached_property
    def packet_of(self) -> NDArray[np.int64]:
        """(F,) position in decoding order of the frame of each rank."""
        shown = np.flatnonzero(self.is_shown)
        return shown[np.argsort(self.pts[shown], kind="stable")]

    @cached_property
    def times_s(self) -> NDArray[np.float64]:
        """(F,) presentation time of each rank, seconds; the first is 0."""
        pts = self.pts[self.packet_of]
        return (pts - pts[0]) * float(self.facts.time_base)

    def __len__(self) -> int:
        return int(self.is_shown.sum())


def open_container(path: Path) -> InputContainer:
    """Open a local recording, and nothing that it may point to.

    Raises:
        UnreadableMediaError: no decoder knows the file.
    """
    try:
        return av.open(f"file:{path}", options=_ONLY_LOCAL, metadata_errors="replace")
    except DAMAGE as error:
        raise UnreadableMediaError(
            f"{path.name} is no recording that can be opened: it is damaged, cut off, or of another kind.",
            "Copy it again from its source; a recording that was interrupted can sometimes be mended with untrunc.",
        ) from error


def main_video(container: InputContainer, name: str) -> VideoStream:
    """The stream that a player would show; cover pictures of sound files do not count.

    Raises:
        NoVideoError: there is none.
        MediaTooLargeError: its frames have too many pixels.
    """
    known = [s for s in container.streams.video if s.codec_context is not None]  # of the others not even the size can be asked
    candidates = [s for s in known if not s.disposition & av.stream.Disposition.attached_pic]
    if not candidates:
        holds = "only sound" if container.streams.audio else "no video stream"
        raise NoVideoError(f"{name} holds {holds}.", "Is it the recording, or its sound track?")
    stream = max(candidates, key=lambda s: (s.width * s.height, s.frames, -s.index))
    if stream.width * stream.height > MAX_PIXELS:
        raise MediaTooLargeError(
            f"{name} has frames of {stream.width}×{stream.height} pixels.", "Scale the recording down first."
        )
    return stream


def read_index(path: Path) -> VideoIndex:
    """Read the index of a recording by demuxing it (about 25 µs a packet).

    Raises:
        UnreadableMediaError, NoVideoError, MediaTooLargeError: see `open_container` and `main_video`.
    """
    with open_container(path) as container:
        stream = main_video(container, path.name)
        facts = _facts(container, stream)
        packets = _packets(container, stream)
    pts, is_shown = packets["pts"], packets["is_shown"]
    if not len(pts) or (pts == _NO_STAMP).any() or not packets["is_key"].any():
        return _decoded_index(path, facts)
    if len(np.unique(pts[is_shown])) < is_shown.sum():
        return _decoded_index(path, facts)
    # Matroska keeps no decoding timestamps: the demuxer cannot work out those of the first packets after a start or a jump.
    dts = np.where(packets["dts"] == _NO_STAMP, pts, packets["dts"])
    end_s = float((int((pts + packets["duration"]).max()) - int(pts[is_shown].min())) * facts.time_base)
    return VideoIndex(facts, pts, dts, packets["is_key"], is_shown, end_s, is_decoded=False)


def decoded_frames(container: InputContainer, stream: VideoStream) -> Iterator[av.VideoFrame | None]:
    """All frames in presentation order, going on after damage; None stands for a packet that is damaged."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except DAMAGE:
            packet = None
        if packet is not None and packet.is_corrupt:
            yield None
        try:
            yield from stream.codec_context.decode(packet if packet is not None and packet.size else None)
        except DAMAGE:
            yield None
        if packet is None or not packet.size:
            return


_NO_STAMP = -(1 << 63)
_PACKET = np.dtype([("pts", np.int64), ("dts", np.int64), ("duration", np.int64), ("is_key", np.bool_), ("is_shown", np.bool_)])


def _packets(container: InputContainer, stream: VideoStream) -> NDArray[np.void]:
    """(P,) packets of type `_PACKET`, up to the end or to where the container is damaged.

    Three hours of video have 324,000 packets: as Python objects, they would take more memory than all else.
    """
    return np.fromiter(_packet_rows(container, stream), dtype=_PACKET)


def _packet_rows(container: InputContainer, stream: VideoStream) -> Iterator[tuple[int, int, int, bool, bool]]:
    with contextlib.suppress(*DAMAGE):  # the missing rest shows against what the container claims
        for packet in container.demux(stream):
            if packet.size:
                pts = _NO_STAMP if packet.pts is None else packet.pts
                dts = _NO_STAMP if packet.dts is None else packet.dts
                yield pts, dts, packet.duration or 0, packet.is_keyframe, not packet.is_discard


def _decoded_index(path: Path, facts: StreamFacts) -> VideoIndex:
    """The index of a recording whose packets cannot be told apart by their timestamps: decode it and note what comes."""
    stamps: list[int] = []
    with open_container(path) as container:
        for frame in decoded_frames(container, video_stream(container, facts.number)):
            if frame is not None:
                earliest = stamps[-1] + 1 if stamps else -(1 << 62)
                guess = stamps[-1] + facts.frame_interval if stamps else 0
                stamps.append(max(earliest, guess if frame.pts is None else frame.pts))
    pts, yes = np.array(stamps, dtype=np.int64), np.ones(len(stamps), dtype=bool)
    end = float((pts[-1] + facts.frame_interval - pts[0]) * facts.time_base) if stamps else 0.0
    return VideoIndex(facts, pts, pts, yes, yes, end, is_decoded=True)


def video_stream(container: InputContainer, number: int) -> VideoStream:
    """The stream of that index, which is known to be video."""
    stream = container.streams[number]
    assert isinstance(stream, VideoStream)  # noqa: S101 - for the type checker: `number` came from `main_video`
    return stream


def _facts(container: InputContainer, stream: VideoStream) -> StreamFacts:
    time_base = stream.time_base or Fraction(1, 1000)
    rate = stream.average_rate or Fraction(25)
    claimed, slack = (float(stream.duration * time_base), 0.2) if stream.duration else (None, 1.0)
    if claimed is None and container.duration:
        claimed = container.duration / 1_000_000 - float((stream.start_time or 0) * time_base)  # it counts from 0
    # An edit list hides frames that the container counts: they would last longer than what it claims to show.
    frames = stream.frames if claimed is None or stream.frames <= rate * claimed + 1 else 0
    interval = max(1, round(1 / (time_base * rate)))
    aspect = stream.sample_aspect_ratio or Fraction(1)
    return StreamFacts(stream.index, time_base, interval, stream.codec_context.name, aspect, claimed, slack, frames)


USUAL_DECODERS = ("h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mjpeg", "gif", "prores")
"""Codecs of the recordings that people have."""


def missing_decoders() -> list[str]:
    """Usual codecs that the installed FFmpeg libraries cannot decode."""
    return [name for name in USUAL_DECODERS if not _can_decode(name)]


def ffmpeg_version() -> str:
    """Version of the FFmpeg libraries that come with PyAV."""
    return str(av.ffmpeg_version_info)


def _can_decode(name: str) -> bool:
    try:
        av.Codec(name, "r")
    except (av.error.FFmpegError, ValueError):
        return False
    return True
