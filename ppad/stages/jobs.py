"""The vocabulary of a stage: what is to be done, what came of it, and who does it."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ppad.errors import PpadError, StorageError, UnexpectedError
from ppad.storage.atomic import unforeseen_refusal

DEBUG_VARIABLE = "PPAD_DEBUG"
"""Set by `ppad --debug`, and inherited by workers: unknown errors then show where they came from."""

Progress = Callable[[float], None]
"""Called by a worker with the share of its job that is done, 0–1."""


@dataclass(frozen=True, slots=True)
class Job:
    """One item to do. It travels to the worker: `payload` must pickle.

    Attributes:
        id: stable identifier of the result, made from content.
        label: what a person calls the item (a file name).
        payload: whatever the stage's work needs.
        size: expected cost in any unit that is the same for all jobs (bytes); for the estimate of time left.
    """

    id: str
    label: str
    payload: Any
    size: float = 1.0


@dataclass(frozen=True, slots=True)
class Skipped:
    """An item that needs no work, and why: `done`, `duplicate of …`."""

    id: str
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Failure:
    """An item that could not be done: a line of `failures.jsonl`."""

    input: str
    stage: str
    code: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Result:
    """What a worker says of a job: a small summary, or the error that ended it."""

    job: Job
    summary: Mapping[str, Any] | None
    error: PpadError | None
    seconds: float

    @property
    def is_fatal(self) -> bool:
        """Whether the place that is written to refuses: then no other item can succeed either."""
        return isinstance(self.error, StorageError)


class Work(Protocol):
    """What is done with each job. It must pickle, and write its own result atomically.

    A work that needs folders names them as `places`; an executor on several machines sees to it that all of them have them.
    Returns a small summary for the report; raises PpadError for what is expected to go wrong.
    """

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]: ...


class ProgressSink(Protocol):
    """Where the share done of each running job is reported."""

    def __call__(self, job_id: str, share: float) -> None: ...


class Executor(Protocol):
    """Runs jobs somewhere and yields their results as they finish, in any order.

    Jobs are drawn one by one, a little ahead of the workers; closing the iterator stops the work. A job whose worker
    dies or exceeds the time limit yields a Result with WorkerDiedError or TimeLimitError, and the rest goes on.
    """

    def run(self, work: Work, jobs: Iterator[Job], progress: ProgressSink) -> Iterator[Result]: ...


def failure_of(stage: str, label: str, error: PpadError) -> Failure:
    """The line of `failures.jsonl` for an error."""
    return Failure(input=label, stage=stage, code=error.code, message=error.message, fix=error.fix)


def attempt(work: Work, job: Job, progress: Progress) -> tuple[Mapping[str, Any] | None, PpadError | None]:
    """Do a job and catch whatever goes wrong: one bad item never stops a run."""
    try:
        return work(job, progress), None
    except PpadError as error:
        return None, error
    except MemoryError:
        return None, UnexpectedError(f"{job.label} needs more memory than there is.", "Use fewer --workers.")
    except OSError as error:
        return None, unforeseen_refusal(error) or _unexpected(job, error)
    except Exception as error:  # noqa: BLE001 - the boundary where an unknown error becomes a report
        return None, _unexpected(job, error)


def _unexpected(job: Job, error: Exception) -> UnexpectedError:
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exc()
    return UnexpectedError(f"{job.label}: {type(error).__name__}: {error}", "Report it with the file; --debug shows where.")
