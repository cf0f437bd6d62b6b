"""What runs on a node: a keeper, which Ray sees, and its worker process, which does the jobs and may die.

Two processes, so that causes stay apart: a worker that dies has met a bad item, a keeper that is gone has lost its node.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ppad.errors import PpadError, WorkerDiedError
from ppad.stages import Job, Work
from ppad.stages.workers import Worker
from ppad_pipelines.cluster.marks import Mark, unseen

SHAPING = ("ppad", "numpy", "pillow", "pyarrow", "av", "opencv-python-headless", "torch", "diffusers")
"""Packages that have a part in the bytes of results."""

_SMALLEST_STEP_S = 1.0
_SETTLING_S = 1.0


@dataclass(frozen=True, slots=True)
class Setting:
    """What a worker process takes over from the run, as one that was started here would.

    Attributes:
        folder: the current one, from which relative paths start.
        environment: variables of PPAD.
    """

    folder: str
    environment: Mapping[str, str]

    @classmethod
    def here(cls, *, gpus: bool) -> Setting:
        """That of this process. Without `gpus` a worker sees none, which Ray would leave to all."""
        ours = {name: value for name, value in os.environ.items() if name.startswith("PPAD_") or name == "SOURCE_DATE_EPOCH"}
        return cls(str(Path.cwd()), ours | ({} if gpus else {"CUDA_VISIBLE_DEVICES": ""}))


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a keeper says of its node: its name, versions of the packages that shape results, folders it does not see."""

    node: str
    versions: Mapping[str, str]
    unseen: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job; see `Result`, of which it is the part that travels."""

    summary: Mapping[str, Any] | None
    error: PpadError | None
    seconds: float


class Keeper:
    """Keeps a worker process for as long as a run needs it: what the work loads, it loads once."""

    def __init__(self, work: Work, setting: Setting) -> None:
        os.environ.update(setting.environment)
        with contextlib.suppress(OSError):  # the folders that matter are looked for by `introduce`
            os.chdir(setting.folder)
        # A spawned process runs its parent's main module: here Ray's own, which no work needs.
        vars(sys.modules["__main__"]).pop("__file__", None)
        self._work = work
        self._stop, self._stopped = multiprocessing.Pipe(duplex=False)
        self._worker: Worker | None = None

    def introduce(self, marks: Sequence[Mark], patience_s: float) -> Introduction:
        """The first call: it returns as soon as the cluster has found a place."""
        return Introduction(socket.gethostname(), shaping_versions(), unseen(marks, patience_s))

    def do(self, jobs: Sequence[Job], limit_s: float | None) -> Iterator[float | Outcome]:
        """Do some jobs, one after the other: shares done of each, 0–1, then its outcome.

        Raises:
            WorkerDiedError: no worker process can be begun.
        """
        for job in jobs:
            yield from self._one(job, limit_s)

    def _one(self, job: Job, limit_s: float | None) -> Iterator[float | Outcome]:
        said: queue.SimpleQueue[float | Outcome | Exception] = queue.SimpleQueue()
        threading.Thread(target=self._have_done, args=(job, limit_s, said.put), daemon=True).start()
        said_at = 0.0
        while not isinstance(message := said.get(), Outcome):
            if isinstance(message, Exception):
                raise message
            if time.monotonic() - said_at >= _SMALLEST_STEP_S:
                said_at = time.monotonic()
                yield message
        yield message

    def _have_done(self, job: Job, limit_s: float | None, say: Callable[[float | Outcome | Exception], None]) -> None:
        try:
            if self._worker is None or not self._worker.is_alive:
                self._worker = Worker(self._work, self._stop)
            result, lives = self._worker.do(job, lambda _, share: say(share), limit_s)
            self._worker = self._worker if lives else None
            if isinstance(result.error, WorkerDiedError):
                time.sleep(_SETTLING_S)  # where the node itself goes down, this keeper is not to live to blame the job
            say(Outcome(result.summary, result.error, result.seconds))
        except Exception as error:  # noqa: BLE001 - it is raised where the outcome is waited for
            say(error)


def shaping_versions() -> dict[str, str]:
    """Versions of those packages of `SHAPING` that are installed here."""
    found = {}
    for name in SHAPING:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
