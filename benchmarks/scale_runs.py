"""Contenders of `benchmarks.scale`: the same stage on local workers and on Ray, and a node that is lost."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.common import Run
from ppad.keyframes.config import ExtractConfig
from ppad.stages import UNSEEN, Executor, Job, Progress, choose_executor, run_stage
from ppad_pipelines.extract.run import extract_sources
from ppad_pipelines.extract.sources import find_sources
from ppad_pipelines.synth.inputs import Motif
from ppad_pipelines.synth.run import synthesize
from ppad_pipelines.synth.strokes.engine import StrokesConfig

LOCAL, RAY = "local", "ray"


def open_extract(videos: list[Path], on: str, workers: int) -> Run:
    """Recordings to a collection; gives how many were done."""
    executor = _ready(on, workers)
    sources = find_sources([str(video) for video in videos]).sources
    return lambda: _into_folder(lambda out: len(extract_sources(sources, out, ExtractConfig(size=512), executor).done))


def open_synth(count: int, on: str, workers: int) -> Run:
    """Prompts to a collection; gives how many were done."""
    executor = _ready(on, workers)
    motifs = [Motif(name=f"house {number}", prompt=f"a house by the sea, {number}") for number in range(count)]
    config = StrokesConfig(size=256)
    return lambda: _into_folder(lambda out: len(synthesize("strokes", config, motifs, out, executor, UNSEEN).done))


def open_nothing(count: int, on: str, workers: int) -> Run:
    """Jobs that do nothing; gives the seconds to the first result, and from there on for each further one."""
    executor = _ready(on, workers)

    def run() -> tuple[float, float]:
        began = time.perf_counter()
        times = [time.perf_counter() for _ in executor.run(Pause(), _jobs(count), lambda *_: None)]
        return times[0] - began, (times[-1] - times[0]) / (count - 1)

    return run


def open_lost_node(count: int, seconds: float) -> Run:
    """Jobs that sleep, on two nodes of one CPU each, of which one is lost in the middle; gives the seconds that this costs.

    From the loss on, one node could do what was not yet reported in a known time: the cost is what it took beyond that.
    """
    return lambda: _with_two_nodes(count, seconds)


@dataclass(frozen=True)
class Pause:
    """Takes the seconds of the payload, and no CPU; with none it is the least work that there is."""

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        if job.payload:
            time.sleep(job.payload)
        return {}


def _jobs(count: int, payload: float = 0.0) -> Iterator[Job]:
    return (Job(str(number), str(number), payload) for number in range(count))


def _ready(on: str, workers: int) -> Executor:
    """The executor; a Ray of this machine has started, and has done one job.

    Ray gives workers a lower priority than itself (15), local workers have that of the command: on a machine that others use,
    only equal ones can be compared.
    """
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - its name
    executor = choose_executor(on, workers)
    if on == RAY:
        run_stage("nothing", Pause(), _jobs(1), executor, UNSEEN)
    return executor


def _into_folder(make: Callable[[Path], int]) -> int:
    with tempfile.TemporaryDirectory(prefix="ppad-scale-") as folder:
        return make(Path(folder) / "collection")


@contextmanager
def _cluster() -> Iterator[Any]:
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from fixtures.clusters import running_cluster

    with running_cluster() as nodes:
        yield nodes


def _with_two_nodes(count: int, seconds: float) -> float:
    with _cluster() as nodes:
        victim = nodes.add()
        executor = choose_executor(f"ray://{nodes.address}", 2)
        done, lost_at = 0, 0.0
        results = executor.run(Pause(), _jobs(count, seconds), lambda *_: None)
        for _ in results:
            done += 1
            if done == count // 2:
                lost_at = time.perf_counter()
                nodes.kill(victim)
                killing = time.perf_counter() - lost_at
        return time.perf_counter() - lost_at - killing - (count - done + count // 2) * seconds
