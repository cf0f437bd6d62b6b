"""How jobs wait for the cluster: drawn late, given out in batches, taken back from lost nodes."""

from __future__ import annotations

from collections.abc import Iterator

from fixtures.works import job
from ppad.stages import Job
from ppad_pipelines.cluster.backlog import LARGEST_BATCH, MOST_LOSSES, Backlog


def drawing(count: int, drawn: list[int]) -> Iterator[Job]:
    for number in range(count):
        drawn.append(number)
        yield job(number)


def ids(jobs: list[Job]) -> list[str]:
    return [one.id for one in jobs]


def test_as_many_jobs_are_drawn_as_are_asked_for() -> None:
    drawn: list[int] = []
    backlog = Backlog(drawing(10, drawn))
    assert (backlog.waiting(3), drawn) == (3, [0, 1, 2])
    assert ids(backlog.take()) == ["job-0"]
    assert drawn == [0, 1, 2]
    assert (backlog.waiting(100), len(drawn)) == (9, 10)


def test_of_unknown_jobs_one_is_given_at_a_time() -> None:
    backlog = Backlog(drawing(5, []))
    assert [ids(backlog.take()) for _ in range(2)] == [["job-0"], ["job-1"]]


def test_small_jobs_go_together_for_a_second_of_work() -> None:
    backlog = Backlog(drawing(100, []))
    backlog.took(0.1)
    backlog.took(0.3)
    assert len(backlog.take()) == 5  # of 0.2 s each


def test_large_jobs_go_one_by_one() -> None:
    backlog = Backlog(drawing(100, []))
    backlog.took(40.0)
    assert len(backlog.take()) == 1


def test_a_batch_has_a_limit_and_the_last_one_is_what_is_left() -> None:
    backlog = Backlog(drawing(LARGEST_BATCH + 7, []))
    backlog.took(0.0)
    assert [len(backlog.take()) for _ in range(3)] == [LARGEST_BATCH, 7, 0]


def test_jobs_of_a_lost_node_are_the_next_ones_in_their_order() -> None:
    backlog = Backlog(drawing(6, []))
    lost = [backlog.take()[0] for _ in range(3)]
    assert backlog.take_back(lost) is None
    assert [ids(backlog.take())[0] for _ in range(6)] == ["job-0", "job-1", "job-2", "job-3", "job-4", "job-5"]


def test_the_job_that_was_being_done_at_every_loss_is_given_up_and_the_others_are_not() -> None:
    backlog = Backlog(drawing(2, []))
    pair = [*backlog.take(), *backlog.take()]
    given_up = [backlog.take_back([*backlog.take(), *backlog.take()] if loss else pair) for loss in range(MOST_LOSSES)]
    assert given_up == [None, None, pair[0]]
    assert ids(backlog.take()) == ["job-1"]


def test_a_node_that_is_lost_between_two_jobs_counts_for_none() -> None:
    assert Backlog(drawing(1, [])).take_back([]) is None
