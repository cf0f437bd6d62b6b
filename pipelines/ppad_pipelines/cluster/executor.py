"""`--on ray`: jobs run on a Ray cluster, with the results that this machine alone would give."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ppad.errors import ClusterError
from ppad.stages import Job, Work, available_cores
from ppad.stages.jobs import DEBUG_VARIABLE, ProgressSink, Result
from ppad_pipelines.cluster.address import parse_address
from ppad_pipelines.cluster.crew import Crew
from ppad_pipelines.cluster.keeper import Keeper, Setting
from ppad_pipelines.cluster.marks import marked
from ppad_pipelines.cluster.packages import ray

_ANSWER_S = 10.0
_OBJECTS_BYTES = 100_000_000
"""Memory for objects on a cluster of this machine alone: only jobs and accounts travel."""


@dataclass(frozen=True)
class RayWorkers:
    """Runs jobs in worker processes on the nodes of a Ray cluster; the executor `ray` of `ppad.executors`.

    A job whose process dies, or takes too long, costs that job, as in `WorkerProcesses`. One whose node is lost is done
    again elsewhere.

    Args:
        address: `HOST:PORT?cpus=2&gpus=1`, see `parse_address`; `auto` for the cluster that was begun on this machine. Without a
            host: the one that RAY_ADDRESS names, otherwise one of this machine alone, for this process.
        workers: how many; None for as many as the cluster has room for. A cluster that grows by itself grows for them.
        time_limit_s: seconds a job may take before its worker is stopped; None for no limit.
    """

    address: str | None = None
    workers: int | None = None
    time_limit_s: float | None = None

    def run(self, work: Work, jobs: Iterator[Job], progress: ProgressSink) -> Iterator[Result]:
        """See `Executor`.

        Raises:
            ConfigError: the address cannot be understood.
            ClusterError: there is no cluster, or it cannot do the work.
            NotSharedError: a node does not see a folder of the run.
        """
        place, share = parse_address(self.address)
        _connect(place, self.workers)
        hired: Any = ray.remote(Keeper).options(num_cpus=share.cpus, num_gpus=share.gpus, max_restarts=0, max_task_retries=0)
        parts = (ray.put(work), Setting.here(gpus=share.gpus > 0))
        with marked(getattr(work, "places", ())) as marks, contextlib.ExitStack() as ending:
            crew = Crew(
                hire=lambda: hired.remote(*parts),
                room=lambda: self.workers or max(1, share.fits(ray.cluster_resources())),
                marks=marks,
                limit_s=self.time_limit_s,
            )
            ending.callback(crew.dismiss)
            yield from crew.results(jobs, progress)


def _connect(address: str | None, workers: int | None) -> None:
    """Join a cluster, and stay until this process ends; one that is joined already is used as it is.

    Ray by itself would join whatever cluster was begun last on this machine, that of another run too.
    """
    if ray.is_initialized():
        return
    shows = bool(os.environ.get(DEBUG_VARIABLE))
    quiet: dict[str, Any] = {"logging_level": logging.DEBUG if shows else logging.ERROR, "log_to_driver": shows}
    if address is None and "RAY_ADDRESS" not in os.environ:
        cores = workers or available_cores()
        ray.init("local", num_cpus=cores, include_dashboard=False, object_store_memory=_OBJECTS_BYTES, **quiet)
        return
    if address not in (None, "auto"):
        _knock(address)
    try:
        ray.init(address, **quiet)
    except ConnectionError as error:
        raise ClusterError(f"Ray cannot be reached: {error}", "`ray status` says whether a cluster runs here.") from error


def _knock(address: str) -> None:
    """Find out in seconds whether anybody is there; Ray itself would try for minutes.

    Raises:
        ClusterError: nobody is.
    """
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=_ANSWER_S).close()
    except (OSError, ValueError, OverflowError) as error:
        raise ClusterError(
            f"There is no Ray cluster at {address}.", "`ray start --head` starts one, and says its address: HOST:6379"
        ) from error
