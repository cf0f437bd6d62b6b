"""The keepers of a run: hired as the cluster has room, given jobs one batch at a time, replaced when their node is lost."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ppad.errors import ClusterError, NotSharedError, WorkerDiedError
from ppad.stages import Job
from ppad.stages.jobs import ProgressSink, Result
from ppad_pipelines.cluster.backlog import MOST_LOSSES, Backlog
from ppad_pipelines.cluster.keeper import Introduction, Outcome, shaping_versions
from ppad_pipelines.cluster.marks import Mark
from ppad_pipelines.cluster.packages import ActorHandle, RayActorError, RayError, RayTaskError, ray

SEEING_S = 40.0
"""How long a node may take to see a new file on shared storage, seconds: NFS remembers for 30 what was not there."""
PATIENCE_S = 900.0
"""How long a cluster may take to give the first place, seconds: machines in a cloud start within minutes."""
_TICK_S = 5.0
_FALSE_STARTS = 3


class Crew:
    """Works off jobs with keepers.

    Args:
        hire: starts one more keeper; it may have to wait for a place.
        room: how many keepers there may be; asked again every few seconds, as nodes come and go.
        marks: of the folders that every node must see.
        limit_s: seconds a job may take; None for no limit.
    """

    def __init__(
        self, hire: Callable[[], ActorHandle[Any]], room: Callable[[], int], marks: Sequence[Mark], limit_s: float | None
    ) -> None:
        self._hire, self._room, self._marks, self._limit_s = hire, room, marks, limit_s
        self._joining: dict[Any, ActorHandle[Any]] = {}
        self._resting: list[ActorHandle[Any]] = []
        self._busy: dict[Any, tuple[ActorHandle[Any], deque[Job]]] = {}
        self._false_starts = 0
        self._last_work = time.monotonic()

    def results(self, jobs: Iterator[Job], progress: ProgressSink) -> Iterator[Result]:
        """Results as they come in.

        Raises:
            ClusterError: the cluster gives no place, or its workers cannot start.
            NotSharedError: a node does not see a folder of the run.
        """
        backlog = Backlog(jobs)
        room, asked_at = self._room(), time.monotonic()
        while True:
            if time.monotonic() - asked_at > _TICK_S:
                room, asked_at = self._room(), time.monotonic()
            self._staff(backlog, room)
            self._hand_out(backlog)
            if not self._busy and not backlog.waiting(1):
                return
            self._check_patience()
            for one in self._ready():
                if one in self._joining:
                    self._welcome(one)
                else:
                    yield from self._hear(one, backlog, progress)

    def dismiss(self) -> None:
        """End all keepers, whatever they do."""
        for keeper in [*self._joining.values(), *self._resting, *(keeper for keeper, _ in self._busy.values())]:
            _end(keeper)
        self._joining, self._resting, self._busy = {}, [], {}

    def _staff(self, backlog: Backlog, room: int) -> None:
        """Hire as long as there is both room and a job; let those go who have no job, so that their nodes are free."""
        free = max(0, room - len(self._busy))
        needed = min(free, backlog.waiting(free))
        while self._resting and len(self._resting) > needed:
            _end(self._resting.pop())
        while len(self._joining) + len(self._resting) < needed:
            keeper = self._hire()
            self._joining[keeper.introduce.remote(self._marks, SEEING_S)] = keeper

    def _hand_out(self, backlog: Backlog) -> None:
        while self._resting and (jobs := backlog.take()):
            keeper = self._resting.pop()
            stream: Any = keeper.do.options(num_returns="streaming").remote(jobs, self._limit_s)
            self._busy[stream] = (keeper, deque(jobs))

    def _ready(self) -> list[Any]:
        everyone = [*self._joining, *self._busy]
        ready, _ = ray.wait(everyone, num_returns=1, timeout=_TICK_S)
        if ready and len(everyone) > 1:
            ready, _ = ray.wait(everyone, num_returns=len(everyone), timeout=0)
        return list(ready)

    def _welcome(self, greeting: Any) -> None:
        """A keeper has found its place: it gets jobs if its node can do them."""
        keeper = self._joining.pop(greeting)
        try:
            found: Introduction = ray.get(greeting)
        except RayActorError as error:
            self._false_starts += 1
            _end(keeper)
            if self._false_starts >= _FALSE_STARTS:
                raise ClusterError(
                    f"No worker can start on the cluster: {str(error).strip().splitlines()[-1]}",
                    "Install the same ppad with its extras on every node.",
                ) from error
            return
        self._false_starts = 0
        _check(found)
        self._resting.append(keeper)

    def _hear(self, stream: Any, backlog: Backlog, progress: ProgressSink) -> Iterator[Result]:
        """Take what a keeper says next."""
        keeper, left = self._busy[stream]
        try:
            message: float | Outcome = ray.get(next(stream))
        except StopIteration:
            del self._busy[stream]
            self._resting.append(keeper)
        except RayTaskError as error:
            raise error.cause from error
        except RayError:
            del self._busy[stream]
            _end(keeper)  # it may have been out of reach only, and must not go on beside its successor
            given_up = backlog.take_back(list(left))
            if given_up is not None:
                yield Result(given_up, None, _lost(given_up), 0.0)
        else:
            if isinstance(message, Outcome):
                backlog.took(message.seconds)
                yield Result(left.popleft(), message.summary, message.error, message.seconds)
            else:
                with contextlib.suppress(Exception):  # whatever shows the progress must not stop the work
                    progress(left[0].id, message)

    def _check_patience(self) -> None:
        if self._busy or self._resting:
            self._last_work = time.monotonic()
        elif time.monotonic() - self._last_work > PATIENCE_S:
            raise ClusterError(
                f"The cluster gave no place to a worker in {PATIENCE_S / 60:.0f} minutes.",
                "See `ray status`; ask for less: --on ray://HOST:PORT?cpus=1&gpus=0",
            )


def _check(found: Introduction) -> None:
    if found.unseen:
        raise NotSharedError(
            f"The node {found.node} does not see {found.unseen[0]} as this machine does.",
            "Choose a folder on storage that all nodes share, under one path.",
        )
    for name, ours in shaping_versions().items():
        theirs = found.versions.get(name)
        if theirs != ours:
            raise ClusterError(
                f"The node {found.node} has {name} {theirs or 'not'}, this machine {ours}: results would differ.",
                "Install the same versions on every node.",
            )


def _lost(job: Job) -> WorkerDiedError:
    return WorkerDiedError(
        f"{job.label} was being done when its node was lost, {MOST_LOSSES} times.",
        "If memory ran out, give a worker more of a node: --on ray://HOST:PORT?cpus=4. Otherwise leave the file out.",
    )


def _end(keeper: ActorHandle[Any]) -> None:
    with contextlib.suppress(RayError):
        ray.kill(keeper)
