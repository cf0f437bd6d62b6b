"""A run of many items from recordings to a dataset that is read: extraction killed half-way, resumed, checked, built, read."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import Calm, machine_facts, print_table
from benchmarks.soak_watch import Watch, slope, watching
from ppad.media.encode import write_video
from ppad.storage import Collection, Dataset

GROUP = 1000
_STROKES, _FRAMES_A_STROKE = 6, 3
_WIDTH, _HEIGHT = 96, 64

READ = """
import json, sys
from collections import Counter
from ppad.storage import Dataset
dataset = Dataset.open(sys.argv[1])
seen = Counter(record.process.process_id for split in dataset.splits for record in dataset.stream(split, seed=0))
print(json.dumps({"rows": seen.total(), "processes": len(seen)}))
"""


@dataclass(frozen=True)
class Step:
    """A command that was watched.

    Attributes:
        began: seconds since 1970.
        code: its exit code; negative for the signal that ended it.
    """

    name: str
    began: float
    seconds: float
    watch: Watch
    code: int
    output: str


def soak_run(items: int, workers: int, folder: Path | None) -> None:
    """Draw recordings, run it all, and print what was seen."""
    print(machine_facts(["av", "numpy", "pyarrow", "psutil"]))
    with contextlib.ExitStack() as held:
        place = folder or Path(held.enter_context(tempfile.TemporaryDirectory(prefix="ppad-soak-")))
        videos, collection, dataset = place / "videos", place / "collection", place / "dataset"
        _draw(videos, items, workers)
        calm = Calm()
        crew = ["--workers", str(workers)]
        extract = ["extract", str(videos), "--out", str(collection), "--json", *crew]
        first = _watched("extract, killed half-way", _ppad(*extract), kill_at=items // 2, collection=collection)
        before = len(Collection(collection))
        rest = _watched("the same command again", _ppad(*extract))
        steps = [
            first,
            rest,
            _watched("a third time: nothing to do", _ppad(*extract)),
            _watched("check", _ppad("check", str(collection), "--json", *crew)),
            _watched("build", _ppad("build", str(collection), "--out", str(dataset), "--json", *crew)),
            _watched("check the dataset", _ppad("check", str(dataset), "--json", *crew)),
            _watched("read every row", [sys.executable, "-c", READ, str(dataset)]),
        ]
        print_table(f"{items:,} recordings, {workers} workers ({calm})", _HEADS, [_row(step, items) for step in steps])
        _print_groups(collection, before, first, rest)
        _print_found(collection, dataset, items, before, steps)


def _draw(folder: Path, items: int, workers: int) -> None:
    """Recordings that differ: rectangles of other places and colours, one after the other."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [number for number in range(items) if not (folder / f"painting-{number:05d}.mp4").exists()]
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for _ in pool.imap_unordered(partial(_draw_one, folder), missing, chunksize=50):
            pass


def _draw_one(folder: Path, number: int) -> None:
    part = folder / f".part-{number:05d}.mp4"
    write_video(part, _frames(number), 10, options={"preset": "ultrafast", "crf": "20", "threads": "1"})
    part.replace(folder / f"painting-{number:05d}.mp4")


def _frames(number: int) -> Iterator[NDArray[np.uint8]]:
    rng = np.random.default_rng(number)
    canvas = np.full((_HEIGHT, _WIDTH, 3), 245, np.uint8)
    yield canvas.copy()
    for _ in range(_STROKES):
        left, top = rng.integers(0, _WIDTH - 32), rng.integers(0, _HEIGHT - 24)
        width, height = rng.integers(16, 33), rng.integers(12, 25)
        color = rng.integers(0, 256, 3)
        for step in range(1, _FRAMES_A_STROKE + 1):
            canvas[top : top + height, left : left + width * step // _FRAMES_A_STROKE] = color
            yield canvas.copy()
        yield canvas.copy()


def _ppad(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ppad", *arguments]


def _watched(name: str, command: Sequence[str], kill_at: int = 0, collection: Path | None = None) -> Step:
    """Run a command to its end, or until so many processes are in the collection; then it is killed with all its workers."""
    began = time.time()
    with tempfile.TemporaryFile("w+") as output:
        run = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL, start_new_session=True)
        with watching(run.pid, 0.5) as watch:
            while run.poll() is None:
                time.sleep(0.5)
                if collection is not None and _count(collection) >= kill_at:
                    os.killpg(run.pid, signal.SIGKILL)
                    run.wait()
        output.seek(0)
        said = output.read()
    return Step(name, began, time.time() - began, watch, run.returncode, said)


def _count(collection: Path) -> int:
    folder = collection / "processes"
    return sum(not path.name.startswith(".") for path in folder.iterdir()) if folder.is_dir() else 0


_HEADS = ("step", "s", "ms an item", "parent, peak MB", "worker, peak MB", "descriptors, parent", "worker", "exit code")


def _row(step: Step, items: int) -> tuple[str, ...]:
    (parent, worker), (own, others) = step.watch.peak_mb(), step.watch.most_descriptors()
    per_item = 1000 * step.seconds / items
    cells = (f"{step.seconds:.1f}", f"{per_item:.2f}", f"{parent:.0f}", f"{worker:.0f}", str(own), str(others), str(step.code))
    return step.name, *cells


def _print_groups(collection: Path, before: int, first: Step, rest: Step) -> None:
    """How long each thousand items took, by the times of their files, and whether time and memory grow from one to the next."""
    ends = sorted(file.stat().st_mtime for file in (collection / "processes").glob("[!.]*.parquet"))
    rows, verdicts = [], []
    for step, moments in ((first, ends[:before]), (rest, ends[before:])):
        times = [moment - step.began for moment in moments]
        for end in range(GROUP, len(times) + 1, GROUP):
            seconds = times[end - 1] - (times[end - GROUP - 1] if end > GROUP else times[0])
            rows.append((step.name, f"{end:,}", f"{seconds:.1f}", f"{_memory_at(step.watch, times[end - 1]):.0f}"))
        pace = [10 * (times[end] - times[end - 100]) for end in range(100, len(times), 100)]
        memory = [_memory_at(step.watch, times[end]) for end in range(100, len(times), 100)]
        if len(pace) < 3:
            continue
        places = [float(number) for number in range(len(pace))]
        for what, values, factor, unit in (
            ("seconds a thousand items", pace, 10, "s, each thousand items"),
            ("parent's memory", memory, 10, "kB an item"),  # MB a hundred items
        ):
            found = slope(places, values)
            verdicts.append((f"{step.name}: {what}", found.shown(factor, unit), "flat" if found.is_flat else "grows"))
    print_table(f"Each {GROUP:,} items of extraction", ("run", "item", "s", "parent, MB"), rows)
    print_table("Do they grow? (Theil–Sen slope, 95 % interval)", ("what", "slope", "verdict"), verdicts)


def _memory_at(watch: Watch, at_s: float) -> float:
    """Memory of the parent at that time, MB."""
    return next((sample.rss_mb for sample in reversed(watch.parent) if sample.at_s <= at_s), watch.parent[0].rss_mb)


def _print_found(collection: Path, dataset: Path, items: int, before: int, steps: Sequence[Step]) -> None:
    table = Collection(collection).table(["process_id", "provenance"])
    sources = Counter(one["source_sha256"] for one in table["provenance"].to_pylist())
    reading = json.loads(steps[-1].output)
    half_made = [path.name for path in collection.rglob(".tmp-*")]
    rows = [
        ("processes when it was killed", f"{before:,}"),
        ("processes at the end", f"{len(table):,} of {items:,}"),
        ("recordings that became two processes", str(sum(count > 1 for count in sources.values()))),
        ("files half written", str(len(half_made))),
        ("rows of the dataset", f"{len(Dataset.open(dataset)):,}"),
        ("rows read, and processes among them", f"{reading['rows']:,}, {reading['processes']:,}"),
        ("problems that `ppad check` found", str(sum(len(json.loads(steps[place].output)["problems"]) for place in (3, 5)))),
    ]
    print_table("At the end", ("what", "found"), rows)
