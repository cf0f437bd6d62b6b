"""How fast `ppad extract` finds key frames, beside the decode limit and the usual alternatives.

    python -m benchmarks.extract [--quick] [--rounds 3] [--cache DIR] [--only recordings folder peers memory done]

Every measurement has a process of its own, its imports untimed; rounds are interleaved, with another contender first
each time. Figures are medians; ratios are medians of the ratios within a round, to `ffmpeg -i x -f null -`. The samples
are bit for bit those of full decoding, which is asserted in the same run. Recordings are made on the first run and kept
in the cache.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import extract_contenders as contenders
from benchmarks import videos
from benchmarks.common import (
    Calm,
    Contender,
    Cost,
    ffmpeg_version,
    machine_facts,
    measure,
    measure_rounds,
    median_cpu,
    median_wall,
    print_table,
    times_cheaper,
    times_faster,
    verdict,
)

CORES = 2
DENSE, SPARSE = 15, 160
LIMIT = "ffmpeg -f null"
BOTH_CORES, ONE_CORE, STORED = f"{CORES} threads", "1 thread", "stored"


@dataclass(frozen=True)
class Bench:
    """What a run is given.

    Attributes:
        cache: where the recordings are.
        seconds: length of the recordings.
        rounds: how often everything is measured.
        many: number of small files that are skipped.
    """

    cache: Path
    seconds: int
    rounds: int
    many: int

    def video(self, name: str) -> Path:
        return videos.make_video(self.cache, name, self.seconds)


@dataclass(frozen=True)
class Target:
    """A recording and the stride at which it is sampled, with the ratios that are aimed at: wall time of both cores,
    CPU-seconds of one, and wall time with the key frames stored."""

    name: str
    every: int
    faster: float | None = None
    cheaper: float | None = None
    stored: float | None = None
    times: int = 1
    """How often the recording is played in a row."""

    @property
    def label(self) -> str:
        longer = f" × {self.times}" if self.times > 1 else ""
        return f"{videos.RECIPES[self.name].label}{longer}, 1 in {self.every}"


TARGETS = (
    Target(videos.H264_GOP_250, DENSE, 2.0, cheaper=1.8, stored=1.0),
    Target(videos.H264_GOP_30, DENSE, 2.4, cheaper=1.8, stored=1.0),
    Target(videos.H264_GOP_250, SPARSE, 3.0),
    Target(videos.H264_GOP_30, SPARSE, 10.0),
    Target("h264-no-b.mp4", DENSE),
    Target("hevc.mp4", DENSE, cheaper=1.8, stored=1.0),
    Target("vp9.webm", DENSE, 1.0, stored=1.0),
    Target("vp9.webm", DENSE, 1.0, stored=1.0, times=3),
    Target("av1.mp4", DENSE, 0.85),
    Target("h264-4k.mp4", DENSE, 1.8, stored=1.0),
)


def bench_recordings(bench: Bench) -> None:
    """One file: sampling and selection with both cores, with one where CPU-seconds have a goal, and all of extraction."""
    sampling, storing = [], []
    for target in TARGETS:
        video = videos.repeat_video(bench.video(target.name), target.times)
        costs = measure_rounds(_ways(target, video), bench.rounds)
        same = measure(Contender("identity", contenders.open_identity_check, (video, target.every))).result
        sampling.append([target.label, *_sampling_cells(target, costs), f"all {same}"])
        if STORED in costs:
            faster = times_faster(costs[LIMIT], costs[STORED])
            cells = [_wall_cpu(costs[LIMIT]), _wall_cpu(costs[STORED]), f"{faster:.2f}", _goal(faster, target.stored)]
            storing.append([target.label, *cells, str(costs[STORED][0].result)])
    heads = ["", f"{LIMIT}: s / CPU-s", f"PPAD, {BOTH_CORES}: s / CPU-s", "× faster", "goal"]
    heads += [f"{ONE_CORE}: CPU-s", "× cheaper", "goal", "bit-identical"]
    print_table("Sampling and selection of one file", heads, sampling)
    heads = ["", f"{LIMIT}: s / CPU-s", "PPAD: s / CPU-s", "× faster", "goal", "key frames"]
    print_table("With the key frames decoded again at full resolution, and stored", heads, storing)


def _ways(target: Target, video: Path) -> list[Contender]:
    """What is measured of one recording; storing only where samples are dense."""
    ways = [
        Contender(LIMIT, contenders.open_decode_limit, ([video],)),
        Contender(BOTH_CORES, contenders.open_selection, (video, target.every, CORES)),
    ]
    if target.cheaper is not None:
        ways.append(Contender(ONE_CORE, contenders.open_selection, (video, target.every, 1)))
    if target.every == DENSE:
        ways.append(Contender(STORED, contenders.open_extraction, (video, {"every": target.every, "size": 0}, CORES)))
    return ways


def _sampling_cells(target: Target, costs: dict[str, list[Cost]]) -> list[str]:
    faster = times_faster(costs[LIMIT], costs[BOTH_CORES])
    cells = [_wall_cpu(costs[LIMIT]), _wall_cpu(costs[BOTH_CORES]), f"{faster:.2f}", _goal(faster, target.faster)]
    if ONE_CORE not in costs:
        return [*cells, "", "", ""]
    cheaper = times_cheaper(costs[LIMIT], costs[ONE_CORE])
    return [*cells, f"{median_cpu(costs[ONE_CORE]):.2f}", f"{cheaper:.2f}", _goal(cheaper, target.cheaper)]


def bench_folder(bench: Bench) -> None:
    """Eight files, a worker process a core: sampling and selection, and the command from its start to its end."""
    at_once, selecting, command = f"{LIMIT}, {CORES} files at once", "sampling and selection", "ppad extract --every 15"
    with tempfile.TemporaryDirectory() as folder:
        video = videos.make_video(bench.cache, videos.H264_GOP_250, bench.seconds // 2)
        copies = videos.make_copies(video, Path(folder), 8)
        costs = measure_rounds(
            [
                Contender(LIMIT, contenders.open_decode_limit, (copies,)),
                Contender(at_once, contenders.open_decode_limit_at_once, (copies, CORES)),
                Contender(selecting, contenders.open_folder_selection, (copies, DENSE, CORES)),
                Contender(command, contenders.open_command, (Path(folder), ["--every", str(DENSE), "--size", "0"])),
            ],
            bench.rounds,
        )
    goals = {selecting: 1.8, command: 1.0}
    rows = []
    for name, found in costs.items():
        faster = times_faster(costs[LIMIT], found)
        cells = [_wall_cpu(found), f"{faster:.2f}", _goal(faster, goals.get(name)), f"{times_faster(costs[at_once], found):.2f}"]
        rows.append([name, *cells])
    title = f"A folder of 8 files of {bench.seconds // 2} s, H.264, GOP 250"
    print_table(title, ["", "s / CPU-s", f"× {LIMIT}", "goal", f"× {at_once}"], rows)
    frames = sum(item["key frames"] for item in costs[command][0].result["done"])
    print(f"\nKey frames stored by the command: {frames}, {frames / median_wall(costs[command]):.1f} a second.")


def bench_peers(bench: Bench) -> None:
    """What else finds or fetches frames of a recording, on the same file."""
    video = bench.video(videos.H264_GOP_250)
    adaptive, ours = "PySceneDetect, adaptive", "PPAD, sampling and selection"
    skip = "PySceneDetect, adaptive, frame skip 14"
    costs = measure_rounds(
        [
            Contender(LIMIT, contenders.open_decode_limit, ([video],)),
            Contender(ours, contenders.open_selection, (video, 15, CORES)),
            Contender(adaptive, contenders.open_scenedetect, (video, "AdaptiveDetector", 0)),
            Contender(skip, contenders.open_scenedetect, (video, "AdaptiveDetector", 14)),
            Contender("PySceneDetect, content", contenders.open_scenedetect, (video, "ContentDetector", 0)),
            Contender("OpenCV, grab all, retrieve 1 in 15", contenders.open_opencv, (video, 15, False)),
            Contender("OpenCV, read all, keep 1 in 15", contenders.open_opencv, (video, 15, True)),
            Contender("decord, batch of 1 in 15", contenders.open_decord, (video, 15), limit_s=120),
            Contender("FFmpeg, select and scale filters", contenders.open_select_filter, (video, 15)),
        ],
        bench.rounds,
    )
    rows = []
    for name, found in costs.items():
        against = f"{times_faster(found, costs[ours]):.2f}"
        goal = verdict(times_faster(found, costs[ours]), 3.0) if name == adaptive else ""
        rows.append([name, _wall_cpu(found), f"{times_faster(costs[LIMIT], found):.2f}", against, goal])
    print_table("Peers: H.264, GOP 250, 1 in 15", ["", "s / CPU-s", "× decode rate", "PPAD × faster", "goal"], rows)


def bench_memory(bench: Bench) -> None:
    """The most memory that a worker ever holds."""
    short, rows = bench.video(videos.H264_HD), []
    for times, threads in ((1, 1), (30, 1), (30, CORES)):
        video = videos.repeat_video(short, times)
        minutes = times * bench.seconds * videos.RECIPES[videos.H264_HD].share / 60
        cost = measure(Contender("", contenders.open_extraction, (video, {}, threads)))
        label = f"{minutes:.1f} min, {threads} thread{'s' * (threads > 1)}"
        goal = verdict(cost.peak_mb, 350, at_most=True)
        rows.append([label, f"{cost.peak_mb:.0f}", goal, f"{cost.wall_s:.1f}", str(cost.result)])
    print_table("Peak memory of a worker: H.264, 1080p, ordinary settings", ["", "MB", "goal", "s", "key frames"], rows)


def bench_done(bench: Bench) -> None:
    """A second run over a folder in which everything is done."""
    with tempfile.TemporaryDirectory() as folder:
        recordings, out = Path(folder) / "recordings", Path(folder) / "collection"
        tiny = videos.make_tiny_video(Path(folder) / "tiny.mp4")
        videos.make_copies(tiny, recordings, bench.many)
        first = measure(Contender("", contenders.open_command, (recordings, [], out)))
        again = measure_rounds([Contender("", contenders.open_command, (recordings, [], out))], bench.rounds)[""]
    assert len(first.result["done"]) == len(again[0].result["skipped"]) == bench.many
    goal = verdict(median_wall(again), 5.0, at_most=True) if bench.many == 1000 else ""
    rows = [[f"{bench.many:,}", f"{first.wall_s:.1f}", f"{median_wall(again):.2f}", goal]]
    print_table("Already done", ["small videos", "first run: s", "second run, all skipped: s", "goal"], rows)


def _goal(value: float, goal: float | None) -> str:
    return "" if goal is None else verdict(value, goal)


def _wall_cpu(costs: Sequence[Cost]) -> str:
    return f"{median_wall(costs):.2f} / {median_cpu(costs):.2f}"


BENCHES: dict[str, Callable[[Bench], None]] = {
    "recordings": bench_recordings,
    "folder": bench_folder,
    "peers": bench_peers,
    "memory": bench_memory,
    "done": bench_done,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter recordings, one round")
    parser.add_argument("--rounds", type=int, help="rounds (3, or 1 with --quick)")
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "ppad-benchmarks", help="where recordings are kept"
    )
    parser.add_argument("--only", nargs="+", choices=BENCHES, default=list(BENCHES), help="some of the tables")
    options = parser.parse_args()
    seconds, rounds, many = (20, 1, 100) if options.quick else (60, 3, 1000)
    bench = Bench(options.cache, seconds, options.rounds or rounds, many)
    print(machine_facts(["av", "opencv-python-headless", "scenedetect", "decord", "numpy"], {"FFmpeg": ffmpeg_version()}))
    print(f"Recordings of {seconds} s at {videos.RATE} frames a second; {bench.rounds} rounds")
    calm = Calm()
    for name in options.only:
        BENCHES[name](bench)
    print(f"\nMachine: {calm}.")


if __name__ == "__main__":
    main()
