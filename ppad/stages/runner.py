"""The run of a stage: draw jobs from the plan, hand them to an executor, keep the account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ppad.errors import StorageError
from ppad.stages.jobs import Executor, Failure, Job, Result, Skipped, Work, failure_of

Planned = Job | Skipped | Failure


class Listener(Protocol):
    """Follows a run, to show it. Methods are called from the runner's thread, `progress` from another."""

    def planned(self, job: Job) -> None: ...

    def progress(self, job_id: str, share: float) -> None: ...

    def done(self, job: Job, summary: Mapping[str, Any], seconds: float) -> None: ...

    def skipped(self, item: Skipped) -> None: ...

    def failed(self, failure: Failure, job: Job | None) -> None: ...


class _Unseen:
    """A listener for runs that nobody follows."""

    def planned(self, job: Job) -> None: ...

    def progress(self, job_id: str, share: float) -> None: ...

    def done(self, job: Job, summary: Mapping[str, Any], seconds: float) -> None: ...

    def skipped(self, item: Skipped) -> None: ...

    def failed(self, failure: Failure, job: Job | None) -> None: ...


UNSEEN: Listener = _Unseen()


@dataclass(slots=True)
class Report:
    """What a run did. `fatal` is set where the place that is written to refused and the run stopped early."""

    stage: str
    done: list[tuple[Job, Mapping[str, Any]]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    fatal: StorageError | None = None

    @property
    def exit_code(self) -> int:
        """0 all well, 1 some items failed, 2 nothing could run."""
        if self.fatal is not None or (self.failed and not self.done and not self.skipped):
            return 2 if not self.done else 1
        return 1 if self.failed else 0


def run_stage(
    stage: str,
    work: Work,
    plan: Iterable[Planned],
    executor: Executor,
    listener: Listener,
    report: Report | None = None,
) -> Report:
    """Run a stage to its end.

    Args:
        stage: its name, as failures record it.
        work: done with every job, wherever the executor runs it.
        plan: jobs, and items that the plan already skips or fails; drawn lazily, so that planning and work overlap.
        executor: where jobs run. The results are the same bytes in each.
        listener: told of everything as it happens.
        report: filled while the run goes on, for a caller that wants the account of a run that is interrupted.

    Returns:
        The account. It holds the error that stopped the run early, if the place that is written to refused.
    """
    report = report if report is not None else Report(stage)
    results = executor.run(work, _jobs(plan, report, listener), listener.progress)
    for result in results:
        _account(report, result, listener)
        if result.is_fatal:
            results.close()  # type: ignore[attr-defined]
            break
    return report


def _jobs(plan: Iterable[Planned], report: Report, listener: Listener) -> Iterator[Job]:
    for item in plan:
        if isinstance(item, Job):
            listener.planned(item)
            yield item
        elif isinstance(item, Skipped):
            report.skipped.append(item)
            listener.skipped(item)
        else:
            report.failed.append(item)
            listener.failed(item, None)


def _account(report: Report, result: Result, listener: Listener) -> None:
    if result.error is None:
        summary = result.summary or {}
        report.done.append((result.job, summary))
        listener.done(result.job, summary, result.seconds)
        return
    if isinstance(result.error, StorageError):
        report.fatal = result.error
    failure = failure_of(report.stage, result.job.label, result.error)
    report.failed.append(failure)
    listener.failed(failure, result.job)
