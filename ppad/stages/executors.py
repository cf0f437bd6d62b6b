"""Where jobs run: in this process, or in worker processes that may die without taking the run with them."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from multiprocessing.connection import Connection

from ppad.errors import NotFoundError
from ppad.stages.jobs import Executor, Job, ProgressSink, Result, Work, attempt
from ppad.stages.workers import StoppedError, Worker

AHEAD = 2
"""Jobs handed out per worker, so that none waits for the next."""


@dataclass(frozen=True)
class InProcess:
    """Runs jobs one after another in this process: for debugging, notebooks, and inside another scheduler."""

    workers: int = 1

    def run(self, work: Work, jobs: Iterator[Job], progress: ProgressSink) -> Iterator[Result]:
        for job in jobs:
            started = time.perf_counter()
            summary, error = attempt(work, job, lambda share, job=job: progress(job.id, share))  # type: ignore[misc]
            yield Result(job, summary, error, time.perf_counter() - started)


@dataclass(frozen=True)
class WorkerProcesses:
    """Runs jobs in spawned worker processes.

    Args:
        workers: number of processes.
        time_limit_s: seconds a job may take before its worker is stopped; None for no limit.
    """

    workers: int
    time_limit_s: float | None = None

    def run(self, work: Work, jobs: Iterator[Job], progress: ProgressSink) -> Iterator[Result]:
        tasks: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        finished: queue.SimpleQueue[Result | Exception] = queue.SimpleQueue()
        stop, stopped = multiprocessing.Pipe(duplex=False)
        one_at_a_time = threading.Lock()

        def report(job_id: str, share: float) -> None:
            # Whatever shows the progress must not stop the work.
            with one_at_a_time, contextlib.suppress(Exception):
                progress(job_id, share)

        keeper = partial(_keep_a_worker, work, tasks, finished, stop, report, self.time_limit_s)
        keepers: list[threading.Thread] = []
        running = 0
        try:
            while True:
                for job in itertools.islice(jobs, self.workers * AHEAD - running):
                    tasks.put(job)
                    running += 1
                    if len(keepers) < min(self.workers, running):
                        keepers.append(threading.Thread(target=keeper, daemon=True))
                        keepers[-1].start()
                if not running:
                    break
                result = finished.get()
                running -= 1
                if isinstance(result, Exception):
                    raise result
                yield result
        finally:
            stopped.close()
            with contextlib.suppress(queue.Empty):
                while True:
                    tasks.get_nowait()
            for _ in keepers:
                tasks.put(None)
            for thread in keepers:
                thread.join()
            stop.close()


def _keep_a_worker(
    work: Work,
    tasks: queue.SimpleQueue[Job | None],
    finished: queue.SimpleQueue[Result | Exception],
    stop: Connection,
    progress: ProgressSink,
    limit_s: float | None,
) -> None:
    """In a thread: give the tasks to a worker, one at a time, and start another when it dies."""
    worker: Worker | None = None
    try:
        while (job := tasks.get()) is not None:
            if worker is None or not worker.is_alive:
                worker = Worker(work, stop)
            result, lives = worker.do(job, progress, limit_s)
            worker = worker if lives else None
            finished.put(result)
        if worker is not None:
            worker.close()
    except StoppedError:
        return
    except Exception as error:  # noqa: BLE001 - it is raised where the results are taken
        finished.put(error)


def choose_executor(on: str, workers: int | None = None, time_limit_s: float | None = None) -> Executor:
    """The executor of that name: `local` (worker processes), `inline` (this process), or one that a package registers.

    Args:
        on: name, with an optional `://address` that a registered executor receives.
        workers: processes; None for one a core.
        time_limit_s: seconds a job may take; only where the executor can stop a job.

    Raises:
        NotFoundError: nothing is registered under the name in the entry-point group `ppad.executors`.
    """
    count = workers or available_cores()
    if on == "inline":
        return InProcess()
    if on == "local":
        return WorkerProcesses(count, time_limit_s)
    name, _, address = on.partition("://")
    found = {entry.name: entry for entry in entry_points(group="ppad.executors")}
    if name not in found:
        known = ", ".join(["local", "inline", *sorted(found)])
        raise NotFoundError(f"There is no executor {name!r}.", f"Choose one of: {known}.")
    factory: Callable[..., Executor] = found[name].load()
    return factory(address=address or None, workers=workers, time_limit_s=time_limit_s)


def available_cores() -> int:
    """Cores this process may use (containers and task sets included)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
