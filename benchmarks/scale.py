"""What scale costs: Ray beside local workers, a lost node, and a build's time and memory against the number of processes.

    python -m benchmarks.scale [--only stages task node build plan] [--rounds 3] [--workers 1 2]
        [--jobs 12] [--seconds 60] [--cache DIR] [--build N …] [--plan N …]

Every measurement has a process of its own, its imports and the start of Ray untimed; the start of workers is timed in both.
Rounds are interleaved. Ray is one of this machine alone; only the lost node has a cluster of two. What is said of
larger sizes is drawn on from the measured ones by least squares.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks import scale_build, scale_runs, videos
from benchmarks.common import (
    Calm,
    Contender,
    Cost,
    machine_facts,
    measure,
    measure_rounds,
    median_wall,
    print_table,
    times_faster,
    verdict,
)
from benchmarks.scale_runs import LOCAL, RAY

GOAL = 0.9
HUNDRED_GB = 100e9
LARGE = 1_000_000


@dataclass(frozen=True)
class Bench:
    """What a run is given.

    Attributes:
        cache: folder of what is measured on; kept between runs.
        workers: numbers of worker processes.
        jobs: recordings, and prompts; seconds: length of a recording.
        build, plan: numbers of processes.
    """

    cache: Path
    rounds: int
    workers: Sequence[int]
    jobs: int
    seconds: int
    build: Sequence[int]
    plan: Sequence[int]


def bench_stages(bench: Bench) -> None:
    """Extraction and synthesis, on local workers and on Ray."""
    recording = videos.make_video(bench.cache, videos.H264_GOP_30, bench.seconds)
    copies = videos.make_copies(recording, bench.cache / f"copies-{bench.seconds}", bench.jobs)
    rows = []
    for workers in bench.workers:
        for name, open_it, given in (
            (f"extract, {bench.jobs} recordings", scale_runs.open_extract, copies),
            (f"synth strokes, {bench.jobs} prompts", scale_runs.open_synth, bench.jobs),
        ):
            costs = measure_rounds([Contender(on, open_it, (given, on, workers)) for on in (LOCAL, RAY)], bench.rounds)
            ratio = times_faster(costs[LOCAL], costs[RAY])
            walls = [f"{median_wall(costs[on]):.1f}" for on in (LOCAL, RAY)]
            rows.append([f"{name}, {workers} workers", *walls, f"{ratio:.2f}", verdict(ratio, GOAL)])
    print_table("Throughput of Ray beside local workers on the same cores", ["", "local: s", "Ray: s", "ratio", "goal"], rows)


def bench_task(bench: Bench) -> None:
    """What handing over a job costs, and starting and ending a run."""
    costs = measure_rounds([Contender(on, scale_runs.open_nothing, (4000, on, 1)) for on in (LOCAL, RAY)], bench.rounds)
    rows = []
    for on, found in costs.items():
        first, further = (median(cost.result[part] for cost in found) for part in (0, 1))
        rows.append([on, f"{first:.2f}", f"{1000 * further:.2f}"])
    print_table("4,000 jobs that do nothing, one worker", ["", "to the first result: s", "each further job: ms"], rows)


def bench_node(bench: Bench) -> None:
    """The time that is lost with a node, beyond its share of the work."""
    count, seconds = 40, 0.5
    contender = Contender("a lost node", scale_runs.open_lost_node, (count, seconds))
    lost = [measure(contender).result for _ in range(bench.rounds)]
    row = [f"{count} jobs of {seconds} s on two nodes, one killed", f"{median(lost):.1f}", f"{min(lost):.1f}–{max(lost):.1f}"]
    print_table("A killed node", ["", "lost: s, median", "range"], [row])


def bench_build(bench: Bench) -> None:
    """Time and memory of a build against the number of processes."""
    costs, sizes = [], []
    for count in bench.build:
        collection = scale_build.make_collection(bench.cache / f"collection-{count}", count)
        sizes.append(sum(path.stat().st_size for path in collection.processes.iterdir()))
        out = bench.cache / f"dataset-{count}"
        costs.append(measure(scale_build.build(collection.root, out)))
        shutil.rmtree(out)
    each = sum(sizes) / sum(bench.build)
    _print_slopes(
        f"`ppad build`, one worker, {each / 1e6:.2f} MB a process", bench.build, costs, round(HUNDRED_GB / each), "100 GB", 1
    )


def bench_plan(bench: Bench) -> None:
    """Time and memory of what a build decides before it writes."""
    costs = [measure(scale_build.plan(count)) for count in bench.plan]
    _print_slopes("The plan of a build alone, without reading", bench.plan, costs, LARGE, "1 million", 2)


def _print_slopes(title: str, counts: Sequence[int], costs: Sequence[Cost], goal: int, name: str, power: int) -> None:
    """Each size, and what they say of `goal` processes, if time grows with n, n² … up to a power, and memory with n."""
    walls, cpus, peaks = ([value(cost) for cost in costs] for value in _VALUES)
    rows = [
        [f"{count:,}", f"{wall:.1f}", f"{cpu:.1f}", f"{1000 * cpu / count:.2f}", f"{peak:.0f}"]
        for count, wall, cpu, peak in zip(counts, walls, cpus, peaks, strict=True)
    ]
    n = np.asarray(counts, dtype=float)
    wall, cpu = (_drawn_on([n**one for one in range(1, power + 1)], values, goal) for values in (walls, cpus))
    slope, start = np.polyfit(n, peaks, 1)
    rows.append(
        [f"{goal:,} ({name}), drawn on", f"{wall:.0f}", f"{cpu:.0f}", f"{1000 * cpu / goal:.2f}", f"{start + slope * goal:.0f}"]
    )
    print_table(title, ["processes", "s", "CPU-s", "CPU-ms a process", "peak MB"], rows)
    print(f"\nMemory grows by {1000 * slope:.2f} kB a process.", flush=True)


def _drawn_on(terms: Sequence[NDArray[np.float64]], values: Sequence[float], goal: int) -> float:
    """Least squares through the origin by powers of n, at `goal`; relative errors weigh the same."""
    given = np.asarray(values)
    weights, *_ = np.linalg.lstsq(np.stack(terms, axis=1) / given[:, None], np.ones(len(given)), rcond=None)
    return float(sum(weight * float(goal) ** (power + 1) for power, weight in enumerate(weights)))


_VALUES = (lambda cost: cost.wall_s, lambda cost: cost.cpu_s, lambda cost: cost.peak_mb)
PARTS = {"stages": bench_stages, "task": bench_task, "node": bench_node, "build": bench_build, "plan": bench_plan}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--jobs", type=int, default=12)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--cache", type=Path, default=Path("scale-cache"))
    parser.add_argument("--build", type=int, nargs="+", default=[500, 1000, 2000])
    parser.add_argument("--plan", type=int, nargs="+", default=[25_000, 50_000, 100_000])
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    bench = Bench(
        options.cache, options.rounds, options.workers, options.jobs, options.seconds, options.build, options.plan
    )  # fmt: skip
    for part in options.only:
        calm = Calm()
        PARTS[part](bench)
        print(f"\n{machine_facts(('ray', 'pyarrow', 'numpy', 'av'))}; {calm}", flush=True)


if __name__ == "__main__":
    main()
