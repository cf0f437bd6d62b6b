"""How fast a dataset is read for training, beside the limit and the usual alternatives.

    python -m benchmarks.read [--processes 40] [--frames 12] [--size 1024] [--rounds 5]

The frames are the same bytes for all, in the page cache; each worker is a process on a core of its own. Rounds are
interleaved; the table shows medians, and the ratio to the raw decoding of the same round.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median

from benchmarks.read_contenders import CONTENDERS, Contender
from benchmarks.read_data import Data, make_data

WORLDS = (1, 2)


@dataclass(frozen=True)
class Share:
    """What one worker did: moments in seconds of one clock, and a checksum of the pixels that it saw."""

    frames: int
    checksum: int
    start_s: float
    end_s: float
    cpu_s: float


@dataclass(frozen=True)
class Result:
    """One contender in one round."""

    frames: int
    checksum: int
    rate: float
    cpu_ms: float


def measure(contender: Contender, data: Data, world: int) -> Result:
    """Run a contender in `world` processes that begin together."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(world)
    pipes = [context.Pipe(duplex=False) for _ in range(world)]
    number = CONTENDERS.index(contender)
    workers = [
        context.Process(target=_work, args=(number, data, rank, world, barrier, send)) for rank, (_, send) in enumerate(pipes)
    ]
    for worker in workers:
        worker.start()
    for _, send in pipes:
        send.close()
    shares = [receive.recv() for receive, _ in pipes]
    for worker in workers:
        worker.join()
    frames = sum(share.frames for share in shares)
    wall = max(share.end_s for share in shares) - min(share.start_s for share in shares)
    cpu = sum(share.cpu_s for share in shares)
    return Result(frames, sum(share.checksum for share in shares), frames / wall, 1000 * cpu / frames)


def _work(number: int, data: Data, rank: int, world: int, barrier: Barrier, pipe: Connection) -> None:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[rank % len(cores)]})
    run = CONTENDERS[number].open(data, rank, world)
    barrier.wait()
    start, cpu = time.monotonic(), time.process_time()
    frames = checksum = 0
    for process in run():
        for frame in process:
            frames += 1
            checksum += int(frame[::64, ::64].sum())
    pipe.send(Share(frames, checksum, start, time.monotonic(), time.process_time() - cpu))


def run_rounds(data: Data, rounds: int, expected: int) -> dict[tuple[str, int], list[Result]]:
    """Every contender with every number of workers, `rounds` times, in turn."""
    results: dict[tuple[str, int], list[Result]] = {}
    for turn in range(rounds):
        first = turn % len(CONTENDERS)
        for world in WORLDS:
            for contender in CONTENDERS[first:] + CONTENDERS[:first]:
                result = measure(contender, data, world)
                assert result.frames == expected, f"{contender.name} decoded {result.frames} of {expected} frames"
                results.setdefault((contender.name, world), []).append(result)
    checksums = {result.checksum for found in results.values() for result in found}
    assert len(checksums) == 1, f"contenders decoded different pixels: {checksums}"
    return results


def print_table(results: dict[tuple[str, int], list[Result]]) -> None:
    """One row a contender, in Markdown."""
    heads = [f"{world} worker{'s' * (world > 1)}: frames/s | of raw | CPU ms/frame" for world in WORLDS]
    print(f"| | {' | '.join(heads)} |")
    print("|---|" + "---:|" * 3 * len(WORLDS))
    for contender in CONTENDERS:
        cells = []
        for world in WORLDS:
            found, raw = results[contender.name, world], results[CONTENDERS[0].name, world]
            share = median(result.rate / limit.rate for result, limit in zip(found, raw, strict=True))
            cells += [f"{median(r.rate for r in found):.1f}", f"{share:.2f}", f"{median(r.cpu_ms for r in found):.2f}"]
        print(f"| {contender.name} | {' | '.join(cells)} |")


def print_machine() -> None:
    """What the numbers were taken on."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("pillow", "pyarrow", "numpy", "datasets", "webdataset"))
    print(f"\n{len(os.sched_getaffinity(0))} cores ({platform.machine()}), load average {os.getloadavg()[1]:.1f}")
    print(f"Python {platform.python_version()}, {versions}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=40, help="painting processes")
    parser.add_argument("--frames", type=int, default=12, help="key frames of each")
    parser.add_argument("--size", type=int, default=1024, help="long side of a frame, pixels")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory(prefix="ppad-read-") as folder:
        data = make_data(Path(folder), options.processes, options.frames, options.size)
        for contender in CONTENDERS:
            if contender.prepare is not None:
                contender.prepare(data)
        megabytes = sum(path.stat().st_size for path in data.dataset.rglob("*.parquet")) / 1e6
        print(f"{options.processes} processes × {options.frames} frames of {options.size} px, {megabytes:.0f} MB.\n")
        print_table(run_rounds(data, options.rounds, options.processes * options.frames))
    print_machine()


if __name__ == "__main__":
    main()
