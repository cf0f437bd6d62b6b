"""A run of the simulation: processes, ratings, audit and dataset, for the command, scripts and notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ppad.rubric import load_rubric
from ppad.schema import ratings_schema, with_metadata
from ppad.stages import Executor, Report, run_stage
from ppad.storage import Collection, write_rows
from ppad.storage.publishing import refuse_foreign
from ppad_pipelines.build.config import BuildConfig
from ppad_pipelines.build.declared import Declared
from ppad_pipelines.build.run import MARKER, Outcome, View, run_build
from ppad_pipelines.build.splits import Placement
from ppad_pipelines.simulate.audit import Audit, LookAt, Seen, audit, look_jobs
from ppad_pipelines.simulate.card import HELD_MEANINGS, render_section
from ppad_pipelines.simulate.config import SimulateConfig
from ppad_pipelines.simulate.design import Process, design, examples
from ppad_pipelines.simulate.pictures import write_examples
from ppad_pipelines.simulate.raters import draw_raters, rating_rows
from ppad_pipelines.simulate.truth import NOTICE, RUBRIC, severities, true_score
from ppad_pipelines.simulate.work import SimulateWork, plan_units

STAGE = "simulate"
RATINGS_FILE = "ratings.parquet"


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a run did.

    Attributes:
        processes: of the dataset, in the order of the design.
        report: the account of all parts of the run.
        found: the audit; None where the processes are not all there.
        built: what the build did; None where it could not begin.
    """

    processes: Sequence[Process]
    report: Report
    found: Audit | None = None
    built: Outcome | None = None


def run_simulation(out: Path, collection: Path, config: SimulateConfig, executor: Executor, view: View) -> Simulation:
    """Make a simulated dataset.

    Args:
        out: folder of the dataset.
        collection: folder of its processes one by one, and of the ratings; what is there already is not made again.

    Raises:
        NotWritableError: `out` is something else than a dataset, or a place refuses.
        LockedError: another run is writing to one of the folders.
    """
    refuse_foreign(out, MARKER)
    processes, pairs = design(config.n, config.seed, config.size), examples(config.seed, config.size)
    store = Collection(collection)
    report = _make(store, [*processes, *(process for pair in pairs for process in pair)], executor, view)
    if report.failed or report.fatal is not None:
        return Simulation(processes, report)
    ratings = _rate(collection / RATINGS_FILE, processes, config)
    seen = _look(store, processes, executor, view, report)
    if report.failed:
        return Simulation(processes, report)
    found = audit(processes, seen, ratings)
    declared = Declared(
        placements=_placements(processes),
        notice=NOTICE,
        card=render_section(config, processes, pairs, found),
        write_files=lambda folder: write_examples(folder, store, pairs),
        key=" ".join(process.id for pair in pairs for process in pair),
    )
    settings = BuildConfig(rubric=RUBRIC, seed=config.seed, licence=config.licence, name=config.name)
    built = run_build([collection], out, [collection / RATINGS_FILE], settings, executor, view, declared=declared)
    report.failed += built.report.failed
    report.fatal = built.report.fatal
    return Simulation(processes, report, found, built)


def _make(store: Collection, processes: Sequence[Process], executor: Executor, view: View) -> Report:
    with store.writing(), view("Painting", len({process.unit for process in processes}), "units") as listener:
        report = run_stage(STAGE, SimulateWork(store.root), plan_units(store, processes), executor, listener)
        store.write_failures([asdict(failure) for failure in report.failed])
        store.write_summary()
    return report


def _rate(file: Path, processes: Sequence[Process], config: SimulateConfig) -> list[dict[str, Any]]:
    rubric = load_rubric(RUBRIC)
    truths = {
        process.id: {name: true_score(value) for name, value in severities(process.recipe).items()} for process in processes
    }
    raters = draw_raters(config.seed, config.raters, config.noise)
    rows = list(rating_rows(truths, raters, config.raters_each, config.seed, rubric))
    schema = with_metadata(ratings_schema(rubric.attribute_ids), "ratings", config.hash(), {"notice": NOTICE})
    write_rows(file, rows, schema)
    return rows


def _look(store: Collection, processes: Sequence[Process], executor: Executor, view: View, report: Report) -> Mapping[str, Seen]:
    jobs = look_jobs([process.id for process in processes])
    with view("Checking", len(jobs), "batches") as listener:
        looked = run_stage(STAGE, LookAt(store.root), jobs, executor, listener)
    report.failed += looked.failed
    return {process_id: one for _, summary in looked.done for process_id, one in summary["seen"].items()}


def _placements(processes: Sequence[Process]) -> dict[str, Placement]:
    groups: dict[int, list[Process]] = {}
    for process in processes:
        groups.setdefault(process.unit, []).append(process)
    return {
        process.id: Placement(
            split="test_synthetic" if process.is_test else "pretrain",
            group_id=min(one.id for one in groups[process.unit]),
            why=_why(process, len(groups[process.unit])),
            marks={"part": process.part, "ood": process.held},
        )
        for process in processes
    }


def _why(process: Process, members: int) -> str:
    shares = "a scene of its own" if members == 1 else f"the same scene as {members - 1} other"
    if process.held:
        return f"{shares}; held out: {HELD_MEANINGS[process.held]}"
    return f"{shares}; {'held out' if process.is_test else 'for training'} by the number of its unit"
