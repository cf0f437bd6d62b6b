"""`--on ray` on a real cluster of several nodes: the same bytes as here, whatever happens to jobs, workers and nodes.

All tests of the cluster are in this file, so that one process starts it once.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fixtures.clusters import Nodes, running_cluster
from fixtures.judged import process_id, write_rated, write_run
from fixtures.paintings import write_painting
from fixtures.runs import Silent, contents
from fixtures.works import Square, Trace, Write, job
from ppad.cli.progress import RunView
from ppad.errors import ClusterError, NotSharedError
from ppad.stages import Executor, InProcess, Job, WorkerProcesses, choose_executor, run_stage
from ppad_model.runs import Run
from ppad_model.scoring.scored import Judge
from ppad_model.scoring.subjects import Given, find_places
from ppad_model.scoring.work import Scoring
from ppad_pipelines.cluster import crew, executor
from ppad_pipelines.cluster.marks import Mark
from ppad_pipelines.simulate.config import SimulateConfig
from ppad_pipelines.simulate.run import run_simulation
from ppad_pipelines.synth.inputs import Motif
from ppad_pipelines.synth.run import synthesize
from ppad_pipelines.synth.strokes.engine import StrokesConfig


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """A cluster of one node with one CPU."""
    with running_cluster() as started:
        yield started


@pytest.fixture
def on_ray(nodes: Nodes) -> Executor:
    """Its executor, with a time limit of three seconds."""
    return choose_executor(f"ray://{nodes.address}", None, 3.0)


def test_a_node_killed_in_the_middle_loses_nothing_and_nothing_is_done_twice(nodes: Nodes, tmp_path: Path) -> None:
    there, here, began = tmp_path / "there", tmp_path / "here", tmp_path / "began"
    plan = [job(number, number) for number in range(24)]
    here.mkdir()
    run_stage("extract", Write(here), plan, InProcess(), Silent())
    victim = nodes.add()
    before: list[str] = []

    class Killing(Silent):
        """Kills a node as soon as workers of both have done something."""

        def done(self, item: Job, summary: Mapping[str, Any], seconds: float) -> None:
            super().done(item, summary, seconds)
            processes.add(summary["process"])
            if len(processes) == 2 and not before:
                before.extend(name for event, name in self.events if event == "done")
                nodes.kill(victim)

    processes: set[int] = set()
    work, listener = Trace(there, began, seconds=0.4), Killing()
    report = run_stage("extract", work, plan, choose_executor(f"ray://{nodes.address}", 2), listener)
    assert before
    assert sorted(name for event, name in listener.events if event == "done") == sorted(one.id for one in plan)
    assert (report.failed, len(report.done)) == ([], 24)
    assert contents(there) == contents(here)
    starts = Counter(path.name.rsplit("-", 1)[0] for path in began.iterdir())
    assert {starts[name] for name in before} == {1}  # what was done before is not done again
    assert sum(starts.values()) <= 24 + 1  # but for the one job that the node was at
    assert list(there.glob(".*")) == []


def test_whatever_goes_wrong_with_a_job_is_told_in_the_words_of_local_workers(on_ray: Executor) -> None:
    payloads = [2, "unreadable", "fault", "exit", "kill", "forever", 7, "memory"]
    plan = [job(number, payload) for number, payload in enumerate(payloads)]
    told, shares = [], []
    for one in (on_ray, WorkerProcesses(2, time_limit_s=3.0)):
        listener = Silent()
        report = run_stage("extract", Square(), plan, one, listener)
        told.append((sorted(report.failed, key=lambda failure: failure.input), sorted(s["square"] for _, s in report.done)))
        shares.append(set(listener.shares))
    assert told[0] == told[1]
    assert len(told[0][0]) == 6
    assert shares == [{0.5}, {0.5}]


def test_a_job_that_its_node_is_lost_with_again_and_again_is_given_up_and_the_others_are_done(on_ray: Executor) -> None:
    report = run_stage("extract", Square(), [job(0, 0), job(1, "node"), job(2, 2)], on_ray, Silent())
    assert sorted(one.id for one, _ in report.done) == ["job-0", "job-2"]
    assert [(failure.code, failure.message) for failure in report.failed] == [
        ("worker-died", "video 1.mp4 was being done when its node was lost, 3 times.")
    ]


def test_a_full_disk_stops_the_run(on_ray: Executor) -> None:
    report = run_stage("extract", Square(), (job(n, "full" if n == 0 else n) for n in range(10_000)), on_ray, Silent())
    assert report.fatal is not None
    assert len(report.done) < 1000


def test_one_worker_does_many_small_jobs_on_the_gpu_that_was_asked_for(nodes: Nodes, tmp_path: Path) -> None:
    node = nodes.add(gpus=1)
    plan = [job(number, number) for number in range(40)]
    for address, gpu in ((f"ray://{nodes.address}?gpus=1", "0"), (f"ray://{nodes.address}", "")):
        report = run_stage("synth", Trace(tmp_path, tmp_path / "began"), plan, choose_executor(address, 1), Silent())
        assert {summary["gpus"] for _, summary in report.done} == {gpu}
        assert len({summary["process"] for _, summary in report.done}) == 1
    nodes.kill(node)


def test_a_node_that_does_not_see_the_folder_is_named(on_ray: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder whose mark is not there stands for one that another machine has under the same name."""
    monkeypatch.setattr(crew, "SEEING_S", 0.0)
    monkeypatch.setattr(executor, "marked", lambda places: contextlib.nullcontext([Mark(place, "mark") for place in places]))
    with pytest.raises(NotSharedError, match=rf"^The node \S+ does not see {tmp_path} as this machine does\. Choose a folder"):
        run_stage("extract", Trace(tmp_path, tmp_path), [job(1, 1)], on_ray, Silent())
    assert list(tmp_path.iterdir()) == []


def test_a_node_with_another_version_is_refused(on_ray: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = crew.shaping_versions()
    monkeypatch.setattr(crew, "shaping_versions", lambda: ours | {"pillow": "1.0"})
    with pytest.raises(ClusterError, match=r"has pillow [\d.]+, this machine 1\.0: results would differ\."):
        run_stage("extract", Square(), [job(1, 1)], on_ray, Silent())


def test_where_no_cluster_answers_the_run_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor.ray, "is_initialized", lambda: False)
    with pytest.raises(ClusterError, match=r"There is no Ray cluster at 127\.0\.0\.2:9\."):
        run_stage("extract", Square(), [job(1, 1)], choose_executor("ray://127.0.0.2:9"), Silent())


def simulate(folder: Path, on: Executor) -> None:
    config = SimulateConfig(n=8, size=48)
    made = run_simulation(folder / "simulated", folder / "collection", config, on, partial(RunView, quiet=True))
    assert made.report.exit_code == 0
    assert made.built is not None
    assert made.built.published


def synth(folder: Path, on: Executor) -> None:
    motifs = [Motif(name=words, prompt=words) for words in ("a house by the sea", "a forest")]
    report = synthesize("strokes", StrokesConfig(size=96, frames=6), motifs, folder, on, Silent(), variants=2)
    assert len(report.done) == 4


@pytest.mark.parametrize("make", [simulate, synth])
@pytest.mark.usefixtures("fixed_clock")
def test_what_is_made_on_the_cluster_has_the_bytes_of_what_is_made_here(
    make: Callable[[Path, Executor], None], nodes: Nodes, tmp_path: Path
) -> None:
    """Simulating paints, looks, and builds."""
    make(tmp_path / "there", choose_executor(f"ray://{nodes.address}"))
    make(tmp_path / "here", InProcess())
    there, here = contents(tmp_path / "there"), contents(tmp_path / "here")
    assert sorted(there) == sorted(here)
    assert [name for name in there if there[name] != here[name]] == []


def test_a_judge_scores_on_the_cluster_as_it_does_here(nodes: Nodes, tmp_path: Path) -> None:
    root = write_rated(tmp_path / "dataset", {"pretrain": 2, "test_synthetic": 3}, origin="simulated")
    write_run(tmp_path / "run", root, train=range(2))
    judge, places = Judge.of(Run.open(tmp_path / "run")), find_places([process_id(3), process_id(4)], root)
    found = []
    for name, on in (("here", InProcess()), ("there", choose_executor(f"ray://{nodes.address}"))):
        work = Scoring(judge, tmp_path / name, Given(None, None), explain=True, device="cpu")
        report = run_stage("score", work, work.plan(places), on, Silent())
        assert report.failed == []
        found.append(contents(tmp_path / name))
    assert sorted(found[0]) == sorted(found[1])
    assert [name for name in found[0] if found[0][name] != found[1][name]] == []


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six short recordings, and one that is damaged."""
    folder = tmp_path_factory.mktemp("videos")
    for number in range(6):
        write_painting(folder / f"painting-{number}.mp4", cells=6 + number, frames_per_cell=4, size=(320, 240), seed=number)
    (folder / "broken.mp4").write_bytes(b"no recording")
    return folder


def command(inputs: list[Path], out: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "ppad", "extract", *map(str, inputs), "--out", str(out), *options]


@pytest.mark.usefixtures("fixed_clock")
def test_a_run_that_began_here_goes_on_with_ray_is_killed_and_ends_here(nodes: Nodes, videos: Path, tmp_path: Path) -> None:
    unbroken, out = tmp_path / "unbroken", tmp_path / "collection"
    run = partial(subprocess.run, capture_output=True, text=True, check=False)
    assert run(command([videos], unbroken, "--on", "inline")).returncode == 1  # the broken file
    assert run(command([videos / "painting-0.mp4"], out, "--on", "inline")).returncode == 0
    ray = subprocess.Popen(command([videos], out, "--on", f"ray://{nodes.address}"), stderr=subprocess.DEVNULL)
    end = time.monotonic() + 120
    while len(list((out / "processes").glob("[!.]*"))) < 3 and time.monotonic() < end:
        time.sleep(0.05)
    os.kill(ray.pid, signal.SIGKILL)
    assert ray.wait() == -signal.SIGKILL
    ended = run(command([videos], out, "--on", "inline"))
    assert ended.returncode == 1
    assert "already done" in ended.stderr
    assert contents(out) == contents(unbroken)
