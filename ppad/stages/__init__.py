"""The shape every stage shares: plan, skip, do, write, report; in this process, in worker processes, or elsewhere."""

from ppad.stages.executors import InProcess, WorkerProcesses, available_cores, choose_executor
from ppad.stages.jobs import Executor, Failure, Job, Progress, Skipped, Work, failure_of
from ppad.stages.runner import UNSEEN, Listener, Planned, Report, run_stage

__all__ = [
    "UNSEEN",
    "Executor",
    "Failure",
    "InProcess",
    "Job",
    "Listener",
    "Planned",
    "Progress",
    "Report",
    "Skipped",
    "Work",
    "WorkerProcesses",
    "available_cores",
    "choose_executor",
    "failure_of",
    "run_stage",
]
