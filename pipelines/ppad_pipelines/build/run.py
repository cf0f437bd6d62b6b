"""The run of a build: look at every process, plan the dataset, write it beside the old one, and swap the two."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ppad.errors import NoInputsError
from ppad.rubric import Rubric, load_rubric
from ppad.schema import SPLITS_SCHEMA, with_metadata
from ppad.stages import Executor, InProcess, Job, Listener, Planned, Report, Skipped, run_stage
from ppad.storage import Collection, write_rows, write_text
from ppad.storage.atomic import remove_leftovers
from ppad.storage.publishing import building, refuse_foreign
from ppad.storage.ratings import read_exclusions, read_ratings, write_exclusions, write_ratings
from ppad.storage.sums import files_below, write_sums
from ppad_pipelines.build.card import render_card
from ppad_pipelines.build.config import BuildConfig
from ppad_pipelines.build.croissant import croissant
from ppad_pipelines.build.declared import Declared
from ppad_pipelines.build.plan import Plan, make_plan
from ppad_pipelines.build.shards import Row, ShardTask, WriteShard
from ppad_pipelines.build.survey import Facts, Survey, one_each, survey_jobs, without_artworks

STAGE = "build"
MARKER = "splits.parquet"
"""Stands in every dataset."""

View = Callable[[str, int, str], AbstractContextManager[Listener]]
"""Makes what shows a part of the run: verb, number of items, what they are."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a build did.

    Attributes:
        published: whether the dataset is in its place.
    """

    plan: Plan
    report: Report
    published: bool


def run_build(
    collections: Sequence[Path],
    out: Path,
    ratings: Sequence[Path],
    config: BuildConfig,
    executor: Executor,
    view: View,
    *,
    declared: Declared | None = None,
    exclusions: Path | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Build a dataset, or only plan it.

    Args:
        declared: what a producer decides in place of the build.
        exclusions: a table of recorded decisions to leave ratings out.

    Raises:
        NoInputsError: there is no process that could go into it.
        NotFoundError, ConfigError, ContractError, RatingsError: a collection, the ratings or the exclusions cannot be used.
        NotWritableError: `out` is something else than a dataset, or the place refuses.
        LockedError: another run is building `out`.
    """
    refuse_foreign(out, MARKER)
    rubric = load_rubric(config.rubric)
    rated = read_ratings(ratings, rubric)
    decided = [] if exclusions is None else read_exclusions(exclusions)
    facts, report = _survey(collections, rubric, declared, executor, view)
    plan = make_plan(facts, rated, rubric, config, decided, declared)
    if dry_run:
        return Outcome(plan, report, published=False)
    with building(out, plan.key, MARKER) as work:
        written = _write_shards(plan, work.folder, executor, view)
        whole = not written.failed
        if whole and not work.is_published:
            _write_rest(plan, work.folder, {job.id: summary["sha256"] for job, summary in written.done})
            work.publish()
    report.done += written.done
    report.skipped += written.skipped
    report.failed += written.failed
    report.fatal = written.fatal
    return Outcome(plan, report, published=whole)


def _survey(
    collections: Sequence[Path], rubric: Rubric, declared: Declared | None, executor: Executor, view: View
) -> tuple[list[Facts], Report]:
    """The processes that can go into the dataset, and the account of those that cannot."""
    jobs = [job for job in survey_jobs(collections) if declared is None or Path(job.id).stem in declared.placements]
    if not jobs:
        names = ", ".join(str(path) for path in collections)
        raise NoInputsError(f"There is no process in {names}.", "Fill a collection first: ppad extract VIDEOS --out COLLECTION")
    work = Survey(tuple(Collection(path).root for path in collections))
    with view("Reading", len(jobs), "processes") as listener:
        survey = run_stage(STAGE, work, jobs, executor, listener)
    if survey.fatal is not None:
        raise survey.fatal
    facts, left_out = one_each(summary["facts"] for _, summary in survey.done)
    if rubric.subject == "process":
        facts, artworks = without_artworks(facts)
        left_out += artworks
    with view("Leaving out", len(left_out), "files") as listener:
        report = run_stage(STAGE, work, left_out, InProcess(), listener)
    report.failed = sorted(survey.failed + report.failed, key=lambda failure: failure.input)
    if not facts:
        raise NoInputsError(
            f"None of the {len(jobs)} processes can be used.", "See what is wrong with them: ppad check COLLECTION"
        )
    return facts, report


def _write_shards(plan: Plan, folder: Path, executor: Executor, view: View) -> Report:
    (folder / "data").mkdir(exist_ok=True)
    present = set(files_below(folder))
    places = (folder, *sorted({fact.path.parent for fact in plan.facts.values()}))
    items = [_shard_item(plan, folder, number, present) for number in range(len(plan.shards))]
    with view("Writing", len(items), "shards") as listener:
        report = run_stage(STAGE, WriteShard(plan.schema(), places), items, executor, listener)
    remove_leftovers(folder / "data")  # of workers whose node was lost
    return report


def _shard_item(plan: Plan, folder: Path, number: int, present: Set[str]) -> Planned:
    shard = plan.shards[number]
    target = folder / shard.name
    if shard.name in present:
        return Skipped(shard.name, shard.name, "done")
    groups = [
        [Row(plan.facts[process_id].path, plan.facts[process_id].sha256, plan.added(process_id)) for process_id in group]
        for group in shard.row_groups
    ]
    size = sum(plan.facts[process_id].size for group in shard.row_groups for process_id in group)
    return Job(shard.name, shard.name, ShardTask(target, groups), float(size))


def _write_rest(plan: Plan, folder: Path, digests: Mapping[str, str]) -> None:
    """Everything but the shards; `SHA256SUMS` last, since it lists the others.

    Args:
        digests: of the shards that this run wrote.
    """
    audit = [
        {"process_id": process_id, "split": where.split, "group_id": where.group_id, "why": where.why, **where.marks}
        for process_id, where in sorted(plan.placements.items())
    ]
    schema = SPLITS_SCHEMA
    for name in next(iter(plan.placements.values())).marks:
        schema = schema.append(pa.field(name, pa.string()))
    write_rows(folder / MARKER, audit, with_metadata(schema, "splits", plan.settings, plan.metadata()))
    if plan.ratings:
        ratings = folder / "ratings" / "ratings-00000-of-00001.parquet"
        write_ratings(ratings, plan.ratings, plan.rubric, plan.settings, plan.notice)
    if plan.exclusions:
        write_exclusions(folder / "ratings" / "exclusions.csv", plan.exclusions)
    write_text(folder / "croissant.json", json.dumps(croissant(plan), indent=2, ensure_ascii=False) + "\n")
    write_text(folder / "README.md", render_card(plan))
    if plan.declared is not None:
        plan.declared.write_files(folder)
    write_sums(folder, digests)
