"""Where jobs run: in this process, or in worker processes that may die without taking the run with them."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import queue
import signal
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib.metadata import entry_points
from multiprocessing.connection import Connection, wait
from typing import Any

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from ppad.errors import NotFoundError, PpadError, TimeLimitError, WorkerDiedError
from ppad.stages.jobs import Executor, Job, Progress, ProgressSink, Result, Work, attempt

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
        context = multiprocessing.get_context("spawn")
        receive, send = context.Pipe(duplex=False)
        running: dict[ProcessFuture[Any], tuple[Job, float]] = {}
        finished: queue.SimpleQueue[Any] = queue.SimpleQueue()
        pool = ProcessPool(self.workers, context=context, initializer=_start_worker, initargs=(send,))
        listener = threading.Thread(target=_listen, args=(receive, progress), daemon=True)
        listener.start()
        try:
            while True:
                for job in itertools.islice(jobs, self.workers * AHEAD - len(running)):
                    future = pool.schedule(_do, args=(work, job), timeout=self.time_limit_s)
                    running[future] = (job, time.perf_counter())
                    future.add_done_callback(finished.put_nowait)
                if not running:
                    break
                future = finished.get()
                job, started = running.pop(future)
                yield self._result(future, job, started)
            pool.close()
        except BrokenProcessPool as error:
            raise WorkerDiedError(
                "All worker processes died; what was finished is safe.",
                "If memory ran out, use fewer --workers; a script needs 'if __name__ == \"__main__\":'. Then run it again.",
            ) from error
        finally:
            pool.stop()
            pool.join()
            send.close()
            listener.join()
            receive.close()

    def _result(self, future: ProcessFuture[Any], job: Job, started: float) -> Result:
        elapsed = time.perf_counter() - started
        try:
            summary, error, seconds = future.result()
            return Result(job, summary, error, seconds)
        except FutureTimeout:
            limit = f"{self.time_limit_s:g}" if self.time_limit_s is not None else "?"
            late = TimeLimitError(f"{job.label} took longer than {limit} s.", "Raise --time-limit, or leave the file out.")
            return Result(job, None, late, elapsed)
        except ProcessExpired as death:
            died = WorkerDiedError(
                f"The worker that handled {job.label} died ({_exit_reason(death.exitcode)}).",
                "If memory ran out, use fewer --workers; otherwise leave the file out.",
            )
            return Result(job, None, died, elapsed)


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


_progress_pipe: Connection | None = None
_PROGRESS = struct.Struct("<d")
_SMALLEST_STEP_S = 0.1


def _start_worker(pipe: Connection) -> None:
    """In a new worker: leave Ctrl-C to the parent, and go when the parent is gone, however it went."""
    global _progress_pipe
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _progress_pipe = pipe
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()


def _do(work: Work, job: Job) -> tuple[Mapping[str, Any] | None, PpadError | None, float]:
    started = time.perf_counter()
    summary, error = attempt(work, job, _reporter(job.id))
    return summary, error, time.perf_counter() - started


def _reporter(job_id: str) -> Progress:
    last = 0.0

    def report(share: float) -> None:
        nonlocal last
        now = time.monotonic()
        if _progress_pipe is None or now - last < _SMALLEST_STEP_S:
            return
        last = now
        # One write below PIPE_BUF is atomic, so workers share the pipe without a lock that a dying one could keep.
        with contextlib.suppress(OSError):
            _progress_pipe.send_bytes(_PROGRESS.pack(share) + job_id.encode()[:1024])

    return report


def _listen(pipe: Connection, progress: ProgressSink) -> None:
    """Pass on what the workers report until every sender is closed."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            message = pipe.recv_bytes()
            (share,) = _PROGRESS.unpack_from(message)
            with contextlib.suppress(Exception):  # whatever shows the progress must not stop the reading: the pipe would fill
                progress(message[_PROGRESS.size :].decode(), share)


def _exit_reason(exitcode: int | None) -> str:
    if exitcode is None:
        return "for an unknown reason"
    if exitcode < 0:
        with contextlib.suppress(ValueError):
            return f"signal {signal.Signals(-exitcode).name}"
    return f"exit code {exitcode}"
