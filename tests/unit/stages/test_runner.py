"""The run of a stage: the account it keeps, and what stops it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.runs import Silent
from fixtures.works import Square, job
from ppad.errors import DiskFullError, UnexpectedError, WorkerDiedError
from ppad.stages import Failure, InProcess, Job, Report, Skipped, run_stage
from ppad.stages.jobs import Executor, ProgressSink, Result, Work


def run(*plan: Job | Skipped | Failure, executor: Executor | None = None) -> tuple[Report, Silent]:
    listener = Silent()
    return run_stage("extract", Square(), plan, executor or InProcess(), listener), listener


def test_done_skipped_and_failed_items_are_counted_apart() -> None:
    failure = Failure("bad.mp4", "extract", "media-empty", "bad.mp4 is empty.", "Copy it again.")
    report, listener = run(job(1, 3), Skipped("job-2", "video 2.mp4", "done"), failure, job(4, 5))
    assert [(item.id, summary["square"]) for item, summary in report.done] == [("job-1", 9), ("job-4", 25)]
    assert [item.id for item in report.skipped] == ["job-2"]
    assert report.failed == [failure]
    assert listener.events == [
        ("planned", "job-1"),
        ("done", "job-1"),
        ("skipped", "job-2"),
        ("failed", "media-empty"),
        ("planned", "job-4"),
        ("done", "job-4"),
    ]


def test_one_bad_item_does_not_stop_the_others() -> None:
    report, _ = run(job(1, "unreadable"), job(2, 4))
    assert [item.id for item, _ in report.done] == ["job-2"]
    (failure,) = report.failed
    assert (failure.input, failure.stage, failure.code) == ("video 1.mp4", "extract", "media-unreadable")
    assert (failure.message, failure.fix) == ("video 1.mp4 is damaged.", "Copy it again.")


def test_a_fault_in_the_code_is_one_failed_item() -> None:
    report, _ = run(job(1, "fault"), job(2, 4))
    assert [(f.code, f.message) for f in report.failed] == [("unexpected", "video 1.mp4: ZeroDivisionError: a fault in the code")]
    assert len(report.done) == 1


def test_a_lack_of_memory_says_what_to_do() -> None:
    report, _ = run(job(1, "memory"))
    assert report.failed[0].message == "video 1.mp4 needs more memory than there is."
    assert report.failed[0].fix == "Use fewer --workers."


def test_a_full_disk_stops_the_run() -> None:
    drawn: list[int] = []

    def plan() -> Iterator[Job]:
        for number, payload in enumerate([2, "full", 3, 4]):
            drawn.append(number)
            yield job(number, payload)

    report = run_stage("extract", Square(), plan(), InProcess(), Silent())
    assert isinstance(report.fatal, DiskFullError)
    assert [item.id for item, _ in report.done] == ["job-0"]
    assert drawn == [0, 1]
    assert [failure.code for failure in report.failed] == ["disk-full"]


def test_the_share_done_of_each_item_is_passed_on() -> None:
    _, listener = run(job(1, 3), job(2, 4))
    assert listener.shares == [0.5, 0.5]


class Backwards:
    """Gives the results in another order than that of the jobs."""

    workers = 1

    def run(self, work: Work, jobs: Iterator[Job], progress: ProgressSink) -> Iterator[Result]:
        yield from reversed(list(InProcess().run(work, jobs, progress)))


def test_results_may_come_in_any_order() -> None:
    report, _ = run(job(1, 1), job(2, "unreadable"), job(3, 3), executor=Backwards())
    assert {item.id: summary["square"] for item, summary in report.done} == {"job-1": 1, "job-3": 9}
    assert [failure.input for failure in report.failed] == ["video 2.mp4"]


DONE = (job(1), {})
SKIPPED = Skipped("job-2", "2.mp4", "done")
FAILED = Failure("3.mp4", "extract", "media-empty", "3.mp4 is empty.", "Copy it again.")
FULL = DiskFullError("No space is left.", "Free space.")


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (Report("extract"), 0),
        (Report("extract", done=[DONE]), 0),
        (Report("extract", skipped=[SKIPPED]), 0),
        (Report("extract", done=[DONE], failed=[FAILED]), 1),
        (Report("extract", skipped=[SKIPPED], failed=[FAILED]), 1),
        (Report("extract", failed=[FAILED]), 2),
        (Report("extract", fatal=FULL), 2),
        (Report("extract", done=[DONE], fatal=FULL), 1),
    ],
)
def test_the_exit_code_is_0_for_all_well_1_for_some_failed_and_2_for_nothing_done(report: Report, code: int) -> None:
    assert report.exit_code == code


@pytest.mark.parametrize("error", [WorkerDiedError("w", "f"), UnexpectedError("u", "f")])
def test_only_the_place_that_is_written_to_is_fatal(error: WorkerDiedError | UnexpectedError) -> None:
    assert not Result(job(1), None, error, 0.0).is_fatal
    assert Result(job(1), None, FULL, 0.0).is_fatal
