"""What `benchmarks.extract` compares. Each opener imports what it needs and returns the run that is timed.

Runs begin with opening the file and end when the last sample is there: (N, H, W, 3) uint8 of 256 pixels on the longer
side, of one frame in `every`; those of PPAD go on to the chosen key frames.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.common import Run
from ppad.stages import Job, Progress, WorkerProcesses

SAMPLE = (256, 144)
"""Width and height of the samples of a 16:9 recording."""


def open_decode_limit(videos: Sequence[Path]) -> Run:
    """`ffmpeg -i x -f null -` with the threads that it chooses itself, file after file."""
    return lambda: [_ffmpeg("-i", str(video), "-f", "null", "-") for video in videos]


def open_decode_limit_at_once(videos: Sequence[Path], processes: int) -> Run:
    """The same with one thread each and several files at once, which suits a folder better."""
    from concurrent.futures import ThreadPoolExecutor

    def run() -> None:
        with ThreadPoolExecutor(processes) as pool:
            list(pool.map(lambda video: _ffmpeg("-threads", "1", "-i", str(video), "-f", "null", "-"), videos))

    return run


def open_selection(video: Path, every: int, threads: int) -> Run:
    """PPAD: sample and choose key frames, nothing stored; gives their number."""
    from ppad.keyframes.config import ExtractConfig
    from ppad.keyframes.selecting import choose_from
    from ppad.media.opening import open_recording

    config, folder = ExtractConfig(every=every), Path(tempfile.gettempdir())
    return lambda: len(choose_from(open_recording([video]), config, folder, threads, lambda _: None).ranks)


@dataclass(frozen=True)
class SelectOnly:
    """The work of a stage that stores nothing: see `open_selection`."""

    every: int

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        return {"key frames": open_selection(job.payload, self.every, 1)()}


def open_folder_selection(videos: Sequence[Path], every: int, processes: int) -> Run:
    """PPAD: sample and choose in worker processes, their start included; gives the number of key frames."""
    jobs = [Job(video.name, video.name, video) for video in videos]

    def run() -> int:
        results = WorkerProcesses(processes).run(SelectOnly(every), iter(jobs), lambda *_: None)
        return sum(result.summary["key frames"] for result in results if result.summary)

    return run


def open_extraction(video: Path, settings: dict[str, Any], threads: int) -> Run:
    """PPAD: all that a worker does, with the key frames decoded in full and stored; gives their number."""
    from ppad.cli.progress import RunView
    from ppad.keyframes.config import ExtractConfig
    from ppad.stages import InProcess
    from ppad.storage import Collection
    from ppad_pipelines.extract.run import extract_sources
    from ppad_pipelines.extract.sources import find_sources

    sources, config = find_sources([str(video)]).sources, ExtractConfig(**settings)

    def run() -> int:
        with tempfile.TemporaryDirectory() as folder, RunView("", 1, quiet=True) as view:
            extract_sources(sources, Path(folder), config, InProcess(), view, cores=threads)
            return sum(len(record.frames) for record in Collection(Path(folder)))

    return run


def open_command(videos: Path, settings: Sequence[str], out: Path | None = None) -> Run:
    """`ppad extract`, from the start of its interpreter to its end; gives what it prints as JSON.

    Args:
        out: the collection; None for a new one each time.
    """

    def run() -> Any:
        with tempfile.TemporaryDirectory() as folder:
            command = [ppad_program(), "extract", str(videos), "--out", str(out or folder), "--json", *settings]
            return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    return run


def ppad_program() -> str:
    """The `ppad` command beside this interpreter."""
    return str(Path(sys.executable).with_name("ppad"))


def open_scenedetect(video: Path, detector: str, skip: int) -> Run:
    """PySceneDetect with its defaults (OpenCV, its own downscaling); gives the number of scenes."""
    import scenedetect

    def run() -> int:
        manager = scenedetect.SceneManager()
        manager.add_detector(getattr(scenedetect, detector)())
        manager.detect_scenes(scenedetect.open_video(str(video)), frame_skip=skip)
        return len(manager.get_scene_list())

    return run


def open_opencv(video: Path, every: int, reads_all: bool) -> Run:
    """OpenCV: `grab` all and `retrieve` the wanted, or `read` all."""
    import cv2

    def run() -> int:
        capture, samples, rank = cv2.VideoCapture(str(video)), [], 0
        while True:
            wanted = rank % every == 0
            ok, frame = capture.read() if reads_all else (capture.grab(), None)
            if not ok:
                return len(samples)
            if wanted:
                frame = frame if reads_all else capture.retrieve()[1]
                samples.append(cv2.resize(frame, SAMPLE, interpolation=cv2.INTER_AREA))
            rank += 1

    return run


def open_decord(video: Path, every: int) -> Run:
    """decord: its reader at the size of the samples, and one batch."""
    import decord

    def run() -> int:
        reader = decord.VideoReader(str(video), ctx=decord.cpu(0), width=SAMPLE[0], height=SAMPLE[1])
        return len(reader.get_batch(range(0, len(reader), every)).asnumpy())

    return run


def open_select_filter(video: Path, every: int) -> Run:
    """FFmpeg's `select` and `scale` filters, raw pixels through a pipe."""
    import numpy as np

    filters = f"select=not(mod(n\\,{every})),scale={SAMPLE[0]}:{SAMPLE[1]}:flags=area"

    def run() -> int:
        raw = _ffmpeg("-i", str(video), "-vf", filters, "-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
        return len(np.frombuffer(raw, np.uint8).reshape(-1, SAMPLE[1], SAMPLE[0], 3))

    return run


def open_identity_check(video: Path, every: int) -> Run:
    """Not a contender: whether the sparsely decoded frames are those of full decoding, bit by bit; gives their number."""
    import hashlib

    import av
    import numpy as np

    from ppad.media.decode import decode_ranks
    from ppad.media.index import decoded_frames, main_video, open_container, read_index
    from ppad.signals import stride_ranks

    def digest(frame: av.VideoFrame) -> bytes:
        return hashlib.blake2b(np.ascontiguousarray(frame.to_ndarray())).digest()

    def run() -> int:
        index = read_index(video)
        ranks = stride_ranks(len(index), every)
        sparse: dict[int, bytes] = {}
        decode_ranks(video, index, ranks, lambda: lambda rank, frame: sparse.__setitem__(rank, digest(frame)), threads=2)
        wanted = set(ranks.tolist())
        with open_container(video) as container:
            stream = main_video(container, video.name)
            stream.thread_type = "AUTO"
            full = {
                rank: digest(frame) for rank, frame in enumerate(decoded_frames(container, stream)) if rank in wanted and frame
            }
        assert sparse == full, f"{video.name}: sparse decoding gave other pixels than full decoding"
        return len(full)

    return run


def _ffmpeg(*arguments: str) -> bytes:
    return subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *arguments], capture_output=True, check=True).stdout
