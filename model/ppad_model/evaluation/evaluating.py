"""An evaluation from beginning to end: rows, audit, predictions, tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ppad.errors import RubricError, UnratedError
from ppad.rubric import Rubric, builtin_rubrics, load_rubric
from ppad.stages import UNSEEN, Failure, InProcess, Listener, Report, run_stage
from ppad.storage import Dataset
from ppad_model.evaluation.audit import Leak, find_leaks, refuse_leaks
from ppad_model.evaluation.ceiling import Ceiling, ceiling_of, ratings_reliability, read_campaign
from ppad_model.evaluation.predicting import STAGE, Predicting, Said
from ppad_model.evaluation.resampling import DRAWS, FEW_CLUSTERS, FEWEST_CLUSTERS
from ppad_model.evaluation.rows import Rows, read_rows
from ppad_model.evaluation.tables import Predictions, Table, Target, make_table
from ppad_model.runs import Label, Manifest, Run
from ppad_model.seen import dataset_digest

Floats = NDArray[np.float64]

SIMULATED = "Simulated, known controls; not PPAD; not comparable with the paper's numbers."
TRUTH = "the truth"
_UNKNOWN = Label(mean=float("nan"), mode=float("nan"))
_DRAWS_A_FIT = 5
"""Resamples of a metric for each fit of the raters' variances, which takes as long."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured.

    Attributes:
        dataset: its name; digest: of its rows.
        notice: what has to be said wherever figures are shown; empty for nothing.
        rows: that all runs could read.
        runs: in the order given; said: what each says of the rows.
        leaks: that were allowed by name.
        tables: by source, against the raters' means; then against the truth, where there is one.
        ceilings: by source and attribute.
        remarks: what a reader should know.
        failed: rows that could not be read.
    """

    dataset: str
    digest: str
    notice: str
    rows: Rows
    runs: tuple[Run, ...]
    said: tuple[Floats, ...]
    leaks: tuple[Leak, ...]
    tables: tuple[Table, ...]
    ceilings: Mapping[str, Mapping[str, Ceiling]]
    remarks: tuple[str, ...]
    failed: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be evaluated.

    Attributes:
        splits: those for test by default.
        allowed: kinds of leaks that are known and allowed.
        draws: resamples for intervals.
        seed: of the resamples.
    """

    splits: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    draws: int = DRAWS
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """What can be evaluated: it was audited, and nothing was predicted yet."""

    dataset: Dataset
    digest: str
    rows: Rows
    runs: tuple[Run, ...]
    leaks: tuple[Leak, ...]


def prepare(runs: Sequence[Run], dataset: Dataset, question: Question) -> Prepared:
    """Read the rows, and refuse what must not be measured.

    Raises:
        RubricError: a model scores other attributes than the dataset, or on another scale.
        LeakError: a run had a part of the rows, of a kind that was not allowed.
        NotFoundError, UnratedError, ContractError: see `read_rows`.
    """
    rows = read_rows(dataset, question.splits)
    for run in runs:
        _check_rubric(run, dataset)
    leaks = [leak for run in runs for leak in find_leaks(run.name, run.seen(), dataset, rows.ids)]
    refuse_leaks(leaks, question.allowed)
    return Prepared(dataset, dataset_digest(dataset), rows, tuple(runs), tuple(leaks))


def predict(prepared: Prepared, folder: Path, device: str, listener: Listener = UNSEEN) -> tuple[list[Said], Report]:
    """What each run says of the rows; the report accounts for the rows, by the jobs that held them.

    Args:
        folder: where results lie, for an evaluation that is killed and begun again.
    """
    works = [Predicting(run, prepared.dataset, prepared.rows.ids, prepared.digest, folder, device) for run in prepared.runs]
    report = Report(STAGE)
    for work in works:
        run_stage(STAGE, work, work.plan(), InProcess(), listener, report)
    return [work.result() for work in works], report


def measure(prepared: Prepared, said: Sequence[Said], question: Question, done: Callable[[], None] = lambda: None) -> Evaluation:
    """Tables and ceilings of what was predicted.

    Args:
        done: called after each line of a table.

    Raises:
        UnratedError: not one row could be read by all runs.
    """
    kept = np.all([np.isfinite(one.scores).all(axis=1) for one in said], axis=0)
    rows = prepared.rows.take(kept)
    if not len(rows):
        raise UnratedError("Not one of the rows could be read and scored.", "See what failed above, or run: ppad check DATASET")
    lines = _lines(prepared.runs, said, kept, rows)

    def tables_of(lines: Sequence[Predictions], target: Target) -> list[Table]:
        return [
            make_table(rows, source, lines, target=target, draws=question.draws, seed=question.seed, done=done)
            for source in rows.sources()
        ]

    tables = tables_of(lines, "rated")
    if rows.true is not None:
        usual = [line for line in lines if line.kind != "truth"]
        tables += tables_of([*usual, Predictions("the raters", "truth", rows.rated)], "true")
    failed = {failure.input: failure for one in said for failure in one.failed}
    return Evaluation(
        dataset=prepared.dataset.root.resolve().name,
        digest=prepared.digest,
        notice=_notice(prepared, rows),
        rows=rows,
        runs=prepared.runs,
        said=tuple(one.scores[kept] for one in said),
        leaks=prepared.leaks,
        tables=tuple(tables),
        ceilings=ceilings_of(prepared.dataset, rows, question),
        remarks=tuple(_remarks(prepared, rows, tables)),
        failed=tuple(failed.values()),
    )


def table_lines(runs: int, rows: Rows) -> int:
    """How many lines `measure` will go through, for a bar."""
    each = 2 * runs + 2 + (rows.true is not None)
    return len(rows.sources()) * each * (2 if rows.true is not None else 1)


def rubric_of_dataset(dataset: Dataset) -> Rubric | None:
    """The rubric that the dataset names, if it ships with PPAD."""
    name = dataset.metadata.get("rubric", "")
    return load_rubric(name) if name in builtin_rubrics() else None


def _lines(runs: Sequence[Run], said: Sequence[Said], kept: NDArray[np.bool_], rows: Rows) -> list[Predictions]:
    lines = [Predictions(run.name, "run", one.scores[kept]) for run, one in zip(runs, said, strict=True)]
    for run, one in zip(runs, said, strict=True):
        lines.append(Predictions(f"{run.name}, final frame alone", "final frame", one.final[kept], of=run.name))
    lines += constant_lines([(run.name, run.manifest) for run in runs], rows)
    return lines + ([Predictions(TRUTH, "truth", rows.true)] if rows.true is not None else [])


def constant_lines(runs: Sequence[tuple[str, Manifest]], rows: Rows) -> list[Predictions]:
    """The mean and the mode of the scores that each run was trained on; runs with the same labels share their lines."""
    sharing: dict[tuple[tuple[str, Label], ...], list[str]] = {}
    for run, manifest in runs:
        known = [(name, manifest.labels[name]) for name in rows.attributes if name in manifest.labels]
        sharing.setdefault(tuple(known), []).append(run)
    lines = []
    for labels, names in sharing.items():
        suffix = f" of {', '.join(names)}" if len(sharing) > 1 else ""
        found = [dict(labels).get(name, _UNKNOWN) for name in rows.attributes]
        means, modes = (np.tile([getattr(label, what) for label in found], (len(rows), 1)) for what in ("mean", "mode"))
        lines.append(Predictions(f"constant: training mean{suffix}", "constant", means))
        lines.append(Predictions(f"constant: training mode{suffix}", "mode", modes))
    return lines


def ceilings_of(dataset: Dataset, rows: Rows, question: Question) -> dict[str, dict[str, Ceiling]]:
    """The raters' ceiling of each attribute, by source."""
    campaign, draws = read_campaign(dataset), max(1, question.draws // _DRAWS_A_FIT)
    found: dict[str, dict[str, Ceiling]] = {}
    for source in rows.sources():
        ids = [rows.ids[row] for row in source.rows]
        each = (ratings_reliability(campaign, name, ids, draws, question.seed) for name in rows.attributes)
        rated = rows.rated[source.rows].T
        found[source.name] = {
            name: ceiling_of(column, one) for name, column, one in zip(rows.attributes, rated, each, strict=True)
        }
    return found


def _check_rubric(run: Run, dataset: Dataset) -> None:
    config = run.config()
    own, theirs = list(config.attributes), list(dataset.attribute_ids)
    if set(own) != set(theirs):
        raise RubricError(
            f"{run.name} scores {', '.join(own)}; {dataset.root} is rated for {', '.join(theirs)}.",
            "Evaluate it on a dataset of its own rubric.",
        )
    rubric = rubric_of_dataset(dataset)
    for name, (low, high) in rubric.scales.items() if rubric is not None else ():
        if (config.score_low, config.score_high) != (low, high):
            own_scale = f"{config.score_low:g} to {config.score_high:g}"
            raise RubricError(
                f"{run.name} scores {own_scale}; {name} of {dataset.root} is rated {low} to {high}.",
                "Evaluate it on a dataset of its own rubric.",
            )


def _notice(prepared: Prepared, rows: Rows) -> str:
    return prepared.dataset.metadata.get("notice") or (SIMULATED if "simulated" in rows.origins else "")


def _remarks(prepared: Prepared, rows: Rows, tables: Sequence[Table]) -> list[str]:
    said = [f"Leak, allowed by name: {leak.sentence()}." for leak in prepared.leaks]
    if rows.left_out:
        said.append(f"{rows.left_out:,} rows without any rating are left out.")
    if len(rows) < len(prepared.rows):
        said.append(f"{len(prepared.rows) - len(rows):,} rows could not be read and are left out of all lines.")
    for run in prepared.runs:
        if run.manifest.targets != "mean":
            said.append(f"{run.name} was trained on {run.manifest.targets} scores; it is measured on the raters' means.")
        if run.manifest.state != "finished":
            said.append(f"The training of {run.name} is {run.manifest.state}: its best weights so far are measured.")
        if not run.manifest.labels:
            said.append(f"{run.name} does not say what its training scores were: its constants are n/a.")
    for table in tables:
        if table.target == "rated" and table.clusters < FEW_CLUSTERS:
            intervals = "no intervals" if table.clusters < FEWEST_CLUSTERS else "intervals that are too narrow"
            said.append(f"{table.source}: {table.clusters} components of rows that share nothing give {intervals}.")
    return said
