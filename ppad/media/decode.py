"""Decoding only what is wanted: the same pixels as full decoding, for a fraction of the work.

A recording is cut at *closed* key frames, those that nothing before them needs and that need nothing before them. Of
each segment only the packets up to its last wanted frame are fed; H.264 and HEVC decoders drop pictures that no other
needs, unless they are wanted. Segments are independent, so threads share them (FFmpeg works outside the interpreter's lock).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ppad.errors import UnreadableMediaError
from ppad.media.index import DAMAGE, VideoIndex, decoded_frames, open_container, video_stream
from ppad.media.packages import InputContainer, VideoStream, av
from ppad.media.recording import Losses, ReportShare, ignore_share

SKIPPING_CODECS = ("h264", "hevc")
"""Decoders that honour a change of `skip_frame` between packets: others ignore it, or read it only once."""

SEEK_OVER = 300
"""Packets that are read rather than jumped over: a jump costs about as much."""

GROUPS_PER_THREAD = 4
"""More groups of segments than threads, so that none waits for the slowest."""

VideoPacket: TypeAlias = "av.Packet[VideoStream]"

Sink = Callable[[int, av.VideoFrame], None]
"""Receives the rank and the decoded frame; called from several threads, for different ranks; a frame may come twice."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Packets [start, stop) in decoding order, and the ranks wanted of them by presentation timestamp."""

    start: int
    stop: int
    wanted: dict[int, int]


def plan_segments(index: VideoIndex, ranks: NDArray[np.int64]) -> list[Segment]:
    """The least packets that hold the wanted ranks, cut at key frames where decoding can start afresh for them."""
    return _segments(index, ranks, _cuts(index, ranks))


def _segments(index: VideoIndex, ranks: NDArray[np.int64], cuts: list[int]) -> list[Segment]:
    packets = index.packet_of[ranks]
    segments = []
    for start, end in zip(cuts, [*cuts[1:], len(index.pts)], strict=True):
        inside = (packets >= start) & (packets < end)
        if inside.any():
            wanted = {int(index.pts[packet]): int(rank) for packet, rank in zip(packets[inside], ranks[inside], strict=True)}
            segments.append(Segment(start, int(packets[inside].max()) + 1, wanted))
    return segments


def decode_ranks(
    path: Path,
    index: VideoIndex,
    ranks: NDArray[np.int64],
    make_sink: Callable[[], Sink],
    *,
    threads: int = 1,
    progress: ReportShare = ignore_share,
) -> Losses:
    """Decode the frames of these ranks and hand each to a sink.

    Args:
        ranks: rising ranks.
        make_sink: called once a thread.
        threads: segments decoded at once; a recording of a single segment gives them to the decoder instead.
        progress: called with the share of packets done, 0–1.

    Returns:
        What could not be had. Damaged frames may have reached a sink before the damage showed.
    """
    meter = _Meter(progress)
    if index.is_decoded:
        return _with_threads_inside(lambda n: _decode_in_order(path, index, ranks, make_sink(), meter, n), threads)
    segments = plan_segments(index, ranks)
    meter.total = _packet_count(segments)

    def work(group: list[Segment], decoder_threads: int = 1) -> Losses:
        with _Reader(path, index, decoder_threads) as reader:
            return reader.decode(group, make_sink(), meter)

    if index.facts.codec not in SKIPPING_CODECS and len(segments) < threads:
        return _with_threads_inside(lambda n: work(segments, n), threads)
    with ThreadPoolExecutor(threads) as pool:
        losses = _together(pool.map(work, _grouped(segments, 1 if threads == 1 else threads * GROUPS_PER_THREAD)))
    if losses.absent and len(segments) > 1 and index.facts.codec in SKIPPING_CODECS:
        # Intra refresh marks key frames from which nothing can be decoded: the missing ones need all that came before.
        again = work(_segments(index, np.array(sorted(losses.absent)), cuts=[0]))
        losses = Losses(again.absent, losses.damaged | again.damaged)
    return losses


def _together(losses: Iterable[Losses]) -> Losses:
    each = list(losses)
    return Losses(frozenset().union(*(loss.absent for loss in each)), frozenset().union(*(loss.damaged for loss in each)))


def _with_threads_inside(decode: Callable[[int], Losses], threads: int) -> Losses:
    """Decode with so many threads in the decoder; where there is damage again with one, which alone says what it spoils."""
    losses = decode(threads)
    return decode(1) if losses.damaged and threads > 1 else losses


class _EndOfPacketsError(Exception):
    """The container ends or breaks before the packets that its index promised."""


class _Reader:
    """A container opened once, read forwards, jumping where that is shorter."""

    def __init__(self, path: Path, index: VideoIndex, decoder_threads: int) -> None:
        self._path = path
        self._index = index
        self._threads = decoder_threads
        self._can_jump = True
        self._skips = index.facts.codec in SKIPPING_CODECS and decoder_threads == 1
        self._open()

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def _open(self) -> None:
        self._container = open_container(self._path)
        self._stream = video_stream(self._container, self._index.facts.number)
        decoder = self._stream.codec_context
        decoder.thread_count = self._threads
        decoder.thread_type = "FRAME"  # with threads within a frame, decoders do not say which frames are damaged
        self._skip: Literal["DEFAULT", "NONREF"] = "DEFAULT"
        self._packets = _real_packets(self._container, self._stream)
        self._next = 0

    def decode(self, segments: list[Segment], sink: Sink, meter: _Meter) -> Losses:
        """Decode segments in order."""
        absent: set[int] = set()
        damaged: set[int] = set()
        for segment in segments:
            delivered: set[int] = set()
            taint = _Taint(self._index)
            try:
                self._goto(segment.start)
                self._feed(segment, sink, delivered, taint, meter)
            except _EndOfPacketsError:
                taint.at(max(segment.start, min(self._next, segment.stop - 1)))
                self._reopen()  # a container that ended gives no more packets, and its decoder holds half a segment
            undelivered = set(segment.wanted.values()) - delivered
            spoiled = {rank for rank in delivered if taint.covers(int(self._index.packet_of[rank]))}
            (damaged if taint else absent).update(undelivered)
            damaged |= spoiled
        return Losses(frozenset(absent), frozenset(damaged))

    def _feed(self, segment: Segment, sink: Sink, delivered: set[int], taint: _Taint, meter: _Meter) -> None:
        decoder = self._stream.codec_context
        for position in range(segment.start, segment.stop):
            packet = self._read()
            if self._skips:
                self._set_skip("DEFAULT" if packet.pts in segment.wanted else "NONREF")
            if packet.is_corrupt:
                taint.at(position)
            frames: list[av.VideoFrame] = []
            try:
                frames = decoder.decode(packet)
            except DAMAGE:
                taint.at(position)
            self._deliver(frames, segment, sink, delivered, taint)
            meter.add(1)
        frames = []
        with contextlib.suppress(*DAMAGE):  # while it is drained, a decoder's errors say nothing new
            frames = decoder.decode(None)
        self._deliver(frames, segment, sink, delivered, taint)
        decoder.flush_buffers()

    def _deliver(self, frames: list[av.VideoFrame], segment: Segment, sink: Sink, delivered: set[int], taint: _Taint) -> None:
        for frame in frames:
            if frame.pts is None:
                continue
            if frame.is_corrupt:
                taint.at_pts(frame.pts)
            rank = segment.wanted.get(frame.pts)
            if rank is not None and rank not in delivered:
                sink(rank, frame)
                delivered.add(rank)

    def _set_skip(self, mode: Literal["DEFAULT", "NONREF"]) -> None:
        if mode != self._skip:
            self._stream.codec_context.skip_frame = mode
            self._skip = mode

    def _read(self) -> VideoPacket:
        try:
            packet = next(self._packets)
        except (StopIteration, *DAMAGE) as error:
            raise _EndOfPacketsError from error
        self._next += 1
        return packet

    def _goto(self, position: int) -> None:
        """Stand before the packet at a position: read on, or jump and make sure of the place."""
        if position < self._next:
            self._reopen()
        if position - self._next > SEEK_OVER and self._can_jump:
            self._can_jump = self._jump(position)
        while self._next < position:
            self._read()

    def _jump(self, position: int) -> bool:
        """Seek to a key packet; False, standing at the start, if the container does not get there exactly."""
        index = self._index
        pts, dts = int(index.pts[position]), int(index.dts[position])
        try:
            self._container.seek(dts, stream=self._stream, backward=True)
            self._packets = _real_packets(self._container, self._stream)
            for packet in self._packets:
                if packet.pts == pts and packet.dts in (dts, None):
                    self._packets = _chained(packet, self._packets)
                    self._next = position
                    return True
                if packet.dts is not None and packet.dts > dts:
                    break
        except DAMAGE:
            pass
        self._reopen()
        return False

    def _reopen(self) -> None:
        self._container.close()
        self._open()


class _Taint:
    """Which packets of a segment are spoiled: from the first damaged one to the next clean key frame.

    A decoder flags few of the frames that it got wrong; those after them, up to a key frame, are built upon them.
    """

    def __init__(self, index: VideoIndex) -> None:
        self._index = index
        self._spans: list[tuple[int, int]] = []

    def __bool__(self) -> bool:
        return bool(self._spans)

    def at(self, position: int) -> None:
        """Damage at a packet (position in decoding order)."""
        if any(start <= position < end for start, end in self._spans):
            return
        later_keys = np.flatnonzero(self._index.is_key[position + 1 :])
        end = position + 1 + int(later_keys[0]) if len(later_keys) else len(self._index.pts)
        self._spans.append((position, end))

    def at_pts(self, pts: int) -> None:
        """Damage at a shown frame."""
        found = np.flatnonzero(self._index.pts == pts)
        if len(found):
            self.at(int(found[0]))

    def covers(self, position: int) -> bool:
        """Whether the frame of a packet is spoiled; frames that lead a key frame fall with those before it."""
        for start, end in self._spans:
            leads = end < len(self._index.pts) and position >= end and self._index.pts[position] < self._index.pts[end]
            if start <= position < end or leads:
                return True
        return False


class _Meter:
    """Counts packets over all threads and reports the share done."""

    def __init__(self, report: Callable[[float], None]) -> None:
        self._report = report
        self._lock = threading.Lock()
        self._done = 0
        self.total = 0

    def add(self, count: int) -> None:
        with self._lock:
            self._done += count
            if self._done % 32 == 0 and self.total:
                self._report(min(1.0, self._done / self.total))


def _decode_in_order(path: Path, index: VideoIndex, ranks: NDArray[np.int64], sink: Sink, meter: _Meter, threads: int) -> Losses:
    """Decode a recording without usable timestamps from its start, counting frames."""
    wanted = {int(rank) for rank in ranks}
    meter.total = int(ranks[-1]) + 1
    damaged: set[int] = set()
    broken = False
    with open_container(path) as container:
        stream = video_stream(container, index.facts.number)
        stream.codec_context.thread_count = threads
        stream.codec_context.thread_type = "FRAME"
        rank = -1
        for frame in decoded_frames(container, stream):
            if frame is None:
                broken = True
                continue
            rank += 1
            broken = (broken and not frame.key_frame) or frame.is_corrupt
            if rank in wanted:
                sink(rank, frame)
                wanted.discard(rank)
                if broken:
                    damaged.add(rank)
            meter.add(1)
            if not wanted:
                break
    return Losses(frozenset(), frozenset(damaged | wanted))


def _cuts(index: VideoIndex, ranks: NDArray[np.int64]) -> list[int]:
    """Positions of closed key packets: they part all timestamps into earlier and later.

    In HEVC it is enough that they part those of the wanted ranks. What leads a key frame, and may need what came before
    it, is needed by nothing that follows (H.265, 7.4.2.2: RASL pictures), and the decoder passes it by.
    """
    pts, needed = index.pts, index.pts
    if index.facts.codec == "hevc":
        packets = index.packet_of[ranks]
        needed = np.full_like(pts, np.iinfo(np.int64).max)
        needed[packets] = pts[packets]
    highest_before = np.maximum.accumulate(np.concatenate([[np.iinfo(np.int64).min], pts[:-1]]))
    lowest_after = np.minimum.accumulate(needed[::-1])[::-1]
    closed = index.is_key & (highest_before < pts) & (lowest_after >= pts)
    closed[0] = True
    return [int(position) for position in np.flatnonzero(closed)]


def _grouped(segments: list[Segment], count: int) -> list[list[Segment]]:
    """Neighbouring segments in at most `count` groups of about equally many packets, the longest first.

    So none of the long ones begins when the others are about to end.
    """
    sizes = np.cumsum([segment.stop - segment.start for segment in segments])
    if not len(sizes):
        raise UnreadableMediaError("No frame of the recording can be decoded.", "Copy it again from its source.")
    groups: list[list[Segment]] = [[] for _ in range(count)]
    for segment, reached in zip(segments, sizes, strict=True):
        groups[min(count - 1, int((reached - 1) * count // sizes[-1]))].append(segment)
    return sorted(filter(None, groups), key=_packet_count, reverse=True)


def _packet_count(segments: list[Segment]) -> int:
    return sum(segment.stop - segment.start for segment in segments)


def _real_packets(container: InputContainer, stream: VideoStream) -> Iterator[VideoPacket]:
    """Packets with data, as the index counts them: the empty one that asks the decoder to drain is left out."""
    return (packet for packet in container.demux(stream) if packet.size)


def _chained(first: VideoPacket, rest: Iterator[VideoPacket]) -> Iterator[VideoPacket]:
    yield first
    yield from rest
