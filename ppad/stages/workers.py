"""A worker process: it does one job after another, says how far it is, and may die without harm to others."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Literal

from ppad.errors import PpadError, TimeLimitError, WorkerDiedError
from ppad.stages.jobs import Job, Progress, ProgressSink, Result, Work, attempt

_SMALLEST_STEP_S = 0.1
_LAST_WORDS_S = 10.0
_PROCESSES = threading.Lock()
"""Starting a process reaps those that ended, and only one thread may learn an exit code from the system."""


class StoppedError(Exception):
    """The run ends: no result is wanted any more."""


@dataclass(frozen=True)
class _Share:
    done: float


@dataclass(frozen=True)
class _Outcome:
    summary: Mapping[str, Any] | None
    error: PpadError | None
    seconds: float


class Worker:
    """A spawned process, and the pipe to it; used by one thread.

    Args:
        work: what is done with each job; it travels to the process once.
        stop: readable as soon as the run is to end.

    Raises:
        WorkerDiedError: the process ended before it could take a job.
        StoppedError: the run ended meanwhile.
    """

    def __init__(self, work: Work, stop: Connection) -> None:
        context = multiprocessing.get_context("spawn")
        self._stop = stop
        self._pipe, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(target=_work_on, args=(theirs, work), daemon=True)
        with _PROCESSES:
            self._process.start()
        theirs.close()
        if self._receive(None) is None:
            raise WorkerDiedError(
                f"A worker process died before it began ({self._exit_reason()}); what was finished is safe.",
                "If memory ran out, use fewer --workers; a script needs 'if __name__ == \"__main__\":'. Then run it again.",
            )

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return not wait([self._process.sentinel], 0)

    def do(self, job: Job, progress: ProgressSink, limit_s: float | None) -> tuple[Result, bool]:
        """Have a job done.

        Returns:
            What came of it, and whether the worker lives on.

        Raises:
            StoppedError: the run ended meanwhile; the worker is dead.
        """
        started = time.monotonic()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it died between two jobs: seen below
            self._pipe.send(job)
        while True:
            try:
                message = self._receive(None if limit_s is None else started + limit_s - time.monotonic())
            except TimeoutError:
                self.kill()
                late = TimeLimitError(
                    f"{job.label} took longer than {limit_s:g} s.", "Raise --time-limit, or leave the file out."
                )
                return Result(job, None, late, time.monotonic() - started), False
            match message:
                case _Share(done):
                    progress(job.id, done)
                case _Outcome(summary, error, seconds):
                    return Result(job, summary, error, seconds), True
                case _:
                    return Result(job, None, self._death(job), time.monotonic() - started), False

    def _receive(self, timeout: float | None) -> _Share | _Outcome | Literal["ready"] | None:
        """The next message; None where the process is dead and has said all it had to say."""
        ready = wait([self._pipe, self._process.sentinel, self._stop], None if timeout is None else max(timeout, 0.0))
        if self._stop in ready:
            self.kill()
            raise StoppedError
        if not ready:
            raise TimeoutError
        try:
            message: _Share | _Outcome | Literal["ready"] = self._pipe.recv()
        except (EOFError, OSError):
            return None
        return message

    def _death(self, job: Job) -> WorkerDiedError:
        self._pipe.close()
        return WorkerDiedError(
            f"The worker that handled {job.label} died ({self._exit_reason()}).",
            "If memory ran out, use fewer --workers; otherwise leave the file out.",
        )

    def _exit_reason(self) -> str:
        wait([self._process.sentinel])
        with _PROCESSES:
            self._process.join()
        code = self._process.exitcode
        if code is not None and code < 0:
            with contextlib.suppress(ValueError):
                return f"signal {signal.Signals(-code).name}"
        return f"exit code {code}"

    def kill(self) -> None:
        """End the process now."""
        self._process.kill()
        self._exit_reason()
        self._pipe.close()

    def close(self) -> None:
        """Let the process end, which has no job."""
        self._pipe.close()
        if not wait([self._process.sentinel], _LAST_WORDS_S):
            self._process.kill()
        self._exit_reason()


def _work_on(pipe: Connection, work: Work) -> None:
    """In the process: leave Ctrl-C to the parent, go when the parent is gone, however it went, and do the jobs that come."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()
    sending = threading.Lock()  # a work may report from threads of its own
    pipe.send("ready")
    while True:
        try:
            job: Job = pipe.recv()
        except EOFError:
            return
        started = time.perf_counter()
        summary, error = attempt(work, job, _reporter(pipe, sending))
        with sending:
            pipe.send(_Outcome(summary, error, time.perf_counter() - started))


def _reporter(pipe: Connection, sending: threading.Lock) -> Progress:
    last = 0.0

    def report(share: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _SMALLEST_STEP_S:
            last = now
            with sending:
                pipe.send(_Share(share))

    return report
