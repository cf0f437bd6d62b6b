"""Where jobs run: worker processes that may die, be stopped, or lose their parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from fixtures.runs import Silent, contents
from fixtures.works import Square, Write, job
from ppad.errors import NotFoundError
from ppad.stages import InProcess, Job, WorkerProcesses, available_cores, choose_executor, run_stage
from ppad.stages.executors import AHEAD
from ppad.stages.workers import Worker

TESTS = Path(__file__).parents[2]


def waited_for(condition: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def is_alive(process: int) -> bool:
    """Whether a process runs: one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_jobs_run_in_other_processes_and_none_is_lost() -> None:
    report = run_stage("extract", Square(), [job(n, n) for n in range(10)], WorkerProcesses(2), Silent())
    assert {item.id: summary["square"] for item, summary in report.done} == {f"job-{n}": n * n for n in range(10)}
    processes = {summary["process"] for _, summary in report.done}
    assert os.getpid() not in processes
    assert len(processes) <= 2


def test_the_results_are_the_same_bytes_in_this_process_and_in_workers(tmp_path: Path) -> None:
    found = []
    for name, executor in (("here", InProcess()), ("there", WorkerProcesses(2))):
        folder = tmp_path / name
        folder.mkdir()
        run_stage("extract", Write(folder), [job(n, n) for n in range(8)], executor, Silent())
        found.append(contents(folder))
    assert found[0] == found[1]
    assert len(found[0]) == 8


@pytest.mark.parametrize(
    ("death", "reason"), [("exit", "exit code 3"), ("kill", "signal SIGKILL")], ids=["os._exit(3)", "SIGKILL"]
)
def test_a_worker_that_dies_costs_one_job(death: str, reason: str) -> None:
    plan = [job(1, 1), job(2, death), job(3, 3), job(4, 4)]
    report = run_stage("extract", Square(), plan, WorkerProcesses(1), Silent())
    assert sorted(item.id for item, _ in report.done) == ["job-1", "job-3", "job-4"]
    assert [(f.code, f.message) for f in report.failed] == [
        ("worker-died", f"The worker that handled video 2.mp4 died ({reason}).")
    ]


def test_of_workers_that_die_as_soon_as_a_job_comes_each_costs_its_own() -> None:
    plan = [job(n, "kill" if n % 2 else n) for n in range(12)]
    report = run_stage("extract", Square(), plan, WorkerProcesses(2), Silent())
    assert sorted(item.payload for item, _ in report.done) == [0, 2, 4, 6, 8, 10]
    assert sorted(f.input for f in report.failed) == sorted(f"video {n}.mp4" for n in range(1, 12, 2))


def test_a_worker_killed_while_it_rests_is_known_to_be_dead() -> None:
    stop, _stopped = multiprocessing.Pipe(duplex=False)
    worker = Worker(Square(), stop)
    result, lives = worker.do(job(1, 7), lambda *_: None, None)
    assert result.summary is not None
    assert (result.summary["square"], lives, worker.is_alive) == (49, True, True)
    os.kill(result.summary["process"], signal.SIGKILL)
    assert waited_for(lambda: not worker.is_alive)


def test_a_job_that_cannot_travel_is_an_error_of_the_caller() -> None:
    with pytest.raises((AttributeError, TypeError), match=r"pickle|local object"):
        run_stage("extract", Square(), [job(1, lambda: 1)], WorkerProcesses(1), Silent())


def test_a_job_over_the_time_limit_is_stopped_and_the_rest_goes_on() -> None:
    plan = [job(1, "forever"), job(2, 2)]
    report = run_stage("extract", Square(), plan, WorkerProcesses(1, time_limit_s=1.5), Silent())
    assert [item.id for item, _ in report.done] == ["job-2"]
    assert [(f.code, f.message) for f in report.failed] == [("time-limit", "video 1.mp4 took longer than 1.5 s.")]


def test_an_error_of_a_worker_arrives_with_its_code_and_fix() -> None:
    report = run_stage("extract", Square(), [job(1, "unreadable")], WorkerProcesses(1), Silent())
    assert [(f.code, f.fix) for f in report.failed] == [("media-unreadable", "Copy it again.")]


def test_the_plan_is_drawn_two_jobs_a_worker_ahead_at_most() -> None:
    drawn, most_ahead, done = 0, 0, 0

    def plan() -> Iterator[Job]:
        nonlocal drawn, most_ahead
        for number in range(20):
            drawn += 1
            most_ahead = max(most_ahead, drawn - done)
            yield job(number, number)

    class Counting(Silent):
        def done(self, item: Job, summary: Any, seconds: float) -> None:
            nonlocal done
            done += 1

    run_stage("extract", Square(), plan(), WorkerProcesses(2), Counting())
    assert (drawn, done) == (20, 20)
    assert most_ahead <= 2 * AHEAD + 1


def test_a_full_disk_stops_the_workers_and_draws_no_more_jobs() -> None:
    plan = (job(number, "full" if number == 0 else number) for number in range(1000))
    report = run_stage("extract", Square(), plan, WorkerProcesses(1), Silent())
    assert report.fatal is not None
    assert next(plan).payload < 10


def test_progress_of_workers_reaches_the_listener() -> None:
    listener = Silent()
    run_stage("extract", Square(), [job(1, 2)], WorkerProcesses(1), listener)
    assert listener.shares == [0.5]


def test_an_empty_plan_starts_no_worker() -> None:
    assert run_stage("extract", Square(), [], WorkerProcesses(2), Silent()).done == []


RUN = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from fixtures.runs import Silent
from fixtures.works import Rest, job
from ppad.stages import WorkerProcesses, run_stage

if __name__ == "__main__":
    run_stage("extract", Rest(Path({folder!r})), [job(n) for n in range(2)], WorkerProcesses(2), Silent())
"""


@pytest.fixture
def resting_run(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """A run in a process of its own whose two workers rest, and the numbers of their processes."""
    folder = tmp_path / "workers"
    folder.mkdir()
    script = tmp_path / "run.py"
    script.write_text(RUN.format(tests=str(TESTS), folder=str(folder)))
    with (tmp_path / "errors.txt").open("w") as errors:
        parent = subprocess.Popen([sys.executable, str(script)], stderr=errors, start_new_session=True)
    try:
        assert waited_for(lambda: len(list(folder.iterdir())) == 2)
        yield parent, [int(path.name) for path in folder.iterdir()]
    finally:
        parent.kill()
        parent.wait()
        for path in folder.iterdir():
            if is_alive(int(path.name)):
                os.kill(int(path.name), signal.SIGKILL)


def test_workers_go_when_their_parent_is_killed(resting_run: tuple[subprocess.Popen[bytes], list[int]]) -> None:
    parent, workers = resting_run
    parent.kill()
    parent.wait()
    assert waited_for(lambda: not any(map(is_alive, workers)))


def test_ctrl_c_ends_the_run_and_its_workers_which_say_nothing(
    resting_run: tuple[subprocess.Popen[bytes], list[int]], tmp_path: Path
) -> None:
    """A terminal sends it to all processes of the run."""
    parent, workers = resting_run
    os.killpg(parent.pid, signal.SIGINT)
    assert parent.wait(60) != 0
    assert waited_for(lambda: not any(map(is_alive, workers)))
    assert (tmp_path / "errors.txt").read_text().count("KeyboardInterrupt") == 1


def test_inline_is_this_process_and_local_are_worker_processes() -> None:
    assert choose_executor("inline", 4) == InProcess()
    assert choose_executor("local", 3, 60.0) == WorkerProcesses(3, 60.0)


def test_without_a_number_there_is_a_worker_a_core() -> None:
    assert choose_executor("local").workers == available_cores() >= 1


def test_an_unknown_executor_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(NotFoundError) as caught:
        choose_executor("lokal")
    assert str(caught.value) == "There is no executor 'lokal'. Choose one of: local, inline."


class Elsewhere:
    """An executor that a package brings."""

    def __init__(self, address: str | None, workers: int | None, time_limit_s: float | None) -> None:
        self.given = (address, workers, time_limit_s)


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("cluster", f"{__name__}:Elsewhere", "ppad.executors")
    monkeypatch.setattr(EntryPoint, "load", lambda self: Elsewhere)
    monkeypatch.setattr("ppad.stages.executors.entry_points", lambda group: [entry] if group == "ppad.executors" else [])


def test_an_installed_executor_is_found_by_name_and_gets_its_address(registered: None) -> None:
    executor = choose_executor("cluster://head:6379", 8, 30.0)
    assert isinstance(executor, Elsewhere)
    assert executor.given == ("head:6379", 8, 30.0)


def test_an_installed_executor_is_named_among_the_choices(registered: None) -> None:
    with pytest.raises(NotFoundError, match="Choose one of: local, inline, cluster"):
        choose_executor("nowhere")
