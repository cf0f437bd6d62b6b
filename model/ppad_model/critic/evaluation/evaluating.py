"""An evaluation of critics from beginning to end: rows, audit, what they say, figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ppad.agreement.estimates import Estimate
from ppad.critique import Critique
from ppad.errors import NotFoundError, RubricError, UnratedError
from ppad.rubric import Rubric
from ppad.stages import UNSEEN, Failure, InProcess, Listener, Report, run_stage
from ppad.storage import Dataset
from ppad_model.critic.evaluation.encoder import SentenceEncoder
from ppad_model.critic.evaluation.texts import RATERS, Texts, Told, measure_texts
from ppad_model.critic.evaluation.within import within_groups
from ppad_model.critic.evaluation.writing import Spoken, Writing
from ppad_model.critic.examples import read_critiques
from ppad_model.critic.saving import CriticRun
from ppad_model.evaluation.audit import Leak, find_leaks, refuse_leaks
from ppad_model.evaluation.ceiling import Ceiling
from ppad_model.evaluation.evaluating import Question, ceilings_of, constant_lines
from ppad_model.evaluation.metrics import METRICS, Metric, mean_absolute_error
from ppad_model.evaluation.predicting import STAGE
from ppad_model.evaluation.resampling import cluster_counts, resampled_mean
from ppad_model.evaluation.rows import Rows, read_rows
from ppad_model.evaluation.tables import Predictions, Table, Target, make_table
from ppad_model.runs import open_runs
from ppad_model.seen import dataset_digest, group_ids

Floats = NDArray[np.float64]

MAE = Metric("mae", "MAE", "mean absolute error, percent of the scale", 0, 100, False, mean_absolute_error)
SCORES = (*(metric for metric in METRICS if metric.name in ("pcc", "srcc")), MAE)
GROUPS = ("category", "style", "artist_id")
"""What works are grouped by, where the rows say; the first that most rows have."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What can be evaluated: it was audited, and nothing was said yet."""

    dataset: Dataset
    digest: str
    rubric: Rubric
    rows: Rows
    runs: tuple[CriticRun, ...]
    leaks: tuple[Leak, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """Within-group correlations of one line.

    Attributes:
        pearson, spearman: one an attribute.
    """

    name: str
    pearson: tuple[Estimate, ...]
    spearman: tuple[Estimate, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured.

    Attributes:
        rows: n works that all runs could read, scores in percent of their scales: 0 is the lowest.
        scores: by run, (n, A) likewise; critiques: by run, n.
        told: what raters wrote of these works.
        tables: against the raters' means, and against the truth, where there is one.
        group: the column of the groups; empty for none. within: a line a run.
        texts: a line a run, and last the raters'; generic: the critique that serves as floor; encoder: its name.
        pairs: by two runs, the difference of their nearness, with p.
        remarks: what a reader should know.
        failed: rows that could not be read.
    """

    prepared: Prepared
    rows: Rows
    scores: Mapping[str, Floats]
    critiques: Mapping[str, Sequence[Critique]]
    told: Told
    tables: tuple[Table, ...]
    ceilings: Mapping[str, Mapping[str, Ceiling]]
    group: str
    within: tuple[Within, ...]
    texts: tuple[Texts, ...]
    generic: str
    encoder: str
    pairs: Mapping[tuple[str, str], tuple[Estimate, float]]
    remarks: tuple[str, ...]
    failed: tuple[Failure, ...]


def open_critics(folders: Sequence[Path]) -> list[CriticRun]:
    """Several critics, with names that tell them apart; errors as `CriticRun.open`."""
    configs = [CriticRun.open(folder).config for folder in folders]
    return [CriticRun(run, config) for run, config in zip(open_runs(folders), configs, strict=True)]


def prepare(runs: Sequence[CriticRun], dataset: Dataset, question: Question) -> Prepared:
    """Read the rows, and refuse what must not be measured.

    Raises:
        RubricError: a critic scores other attributes than the dataset, or on other scales.
        LeakError: a run had a part of the rows, of a kind that was not allowed.
        NotFoundError, UnratedError, ContractError: see `read_rows`.
    """
    rows = read_rows(dataset, question.splits)
    for run in runs:
        own, theirs = run.config.rubric, dataset.metadata.get("rubric", "")
        if own.attribute_ids != dataset.attribute_ids or own.scales != runs[0].config.rubric.scales:
            raise RubricError(
                f"{run.run.name} scores by the rubric {own.id}; {dataset.root} is rated by {theirs or 'another one'}.",
                "Evaluate it on a dataset of its own rubric.",
            )
    leaks = [leak for run in runs for leak in find_leaks(run.run.name, run.run.seen(), dataset, rows.ids)]
    refuse_leaks(leaks, question.allowed)
    return Prepared(dataset, dataset_digest(dataset), runs[0].config.rubric, rows, tuple(runs), tuple(leaks))


def listen(
    prepared: Prepared, folder: Path, device: str, *, text: bool = True, base: str | None = None, listener: Listener = UNSEEN
) -> tuple[list[Spoken], Report]:
    """What each critic says of the rows; the report accounts for them.

    Args:
        folder: where results lie, for an evaluation that is killed and begun again.
        text: whether they write, or score alone.
        base: where the base is now.
    """
    rows, report = prepared.rows.ids, Report(STAGE)
    works = [Writing(run, prepared.dataset, rows, prepared.digest, folder, device, text, base) for run in prepared.runs]
    for work in works:
        run_stage(STAGE, work, work.plan(), InProcess(), listener, report)
    return [work.result() for work in works], report


def measure(
    prepared: Prepared, spoken: Sequence[Spoken], question: Question, encoder: SentenceEncoder | None, group: str = ""
) -> Evaluation:
    """Figures of what was said.

    Args:
        encoder: for nearness and agreement; None leaves them out.
        group: column that groups the works; by default the first of `GROUPS` that says something.

    Raises:
        UnratedError: not one row could be read by all runs.
        NotFoundError: the dataset has no such column.
    """
    kept = np.all([np.isfinite(one.scores).all(axis=1) for one in spoken], axis=0)
    if not kept.any():
        raise UnratedError("Not one of the rows could be read and scored.", "See what failed above, or run: ppad check DATASET")
    plain = prepared.rows.take(kept)
    rows = replace(
        plain,
        rated=_percent(plain.rated, prepared.rubric),
        true=None if plain.true is None else _percent(plain.true, prepared.rubric),
    )
    names = [run.run.name for run in prepared.runs]
    scores = {name: _percent(one.scores[kept], prepared.rubric) for name, one in zip(names, spoken, strict=True)}
    critiques = {
        name: [one for one, keep in zip(found.critiques, kept, strict=True) if keep and one is not None]
        for name, found in zip(names, spoken, strict=True)
    }
    told = _told(prepared, rows)
    constants = [replace(line, scores=_percent(line.scores, prepared.rubric)) for line in _constants(prepared, plain)]
    lines = [*(Predictions(name, "run", one) for name, one in scores.items()), *constants]
    written = {name: found for name, found in critiques.items() if any(one.prose for one in found)}
    texts, generic = measure_texts(rows, written, scores, told, encoder, draws=question.draws, seed=question.seed)
    column, groups = _groups(prepared.dataset, rows.ids, group)
    failed = {failure.input: failure for one in spoken for failure in one.failed}
    return Evaluation(
        prepared=prepared,
        rows=rows,
        scores=scores,
        critiques=critiques,
        told=told,
        tables=tuple(_tables(rows, lines, question)),
        ceilings=ceilings_of(prepared.dataset, plain, question),
        group=column,
        within=tuple(_within(rows, scores, groups, question)) if column else (),
        texts=tuple(texts),
        generic=generic,
        encoder="" if encoder is None else encoder.name,
        pairs=_pairs(texts, rows, question) if encoder is not None else {},
        remarks=tuple(_remarks(prepared, plain, told, written, encoder)),
        failed=tuple(failed.values()),
    )


def _percent(scores: Floats, rubric: Rubric) -> Floats:
    """Scores as percent of their scales, so that attributes of several scales have one mean."""
    low, high = np.array(list(rubric.scales.values()), np.float64).T
    return 100 * (scores - low) / (high - low)


def _constants(prepared: Prepared, rows: Rows) -> list[Predictions]:
    return constant_lines([(run.run.name, run.run.manifest) for run in prepared.runs], rows)


def _tables(rows: Rows, lines: Sequence[Predictions], question: Question) -> list[Table]:
    def tables_of(lines: Sequence[Predictions], target: Target) -> list[Table]:
        return [
            make_table(rows, source, lines, target=target, metrics=SCORES, draws=question.draws, seed=question.seed)
            for source in rows.sources()
        ]

    true = [] if rows.true is None else tables_of([*lines, Predictions(RATERS, "truth", rows.rated)], "true")
    return tables_of(lines, "rated") + true


def _told(prepared: Prepared, rows: Rows) -> Told:
    """The critiques of the measured works, and those of works that share no component with any work that is tested."""
    said, group_of = read_critiques(prepared.dataset, prepared.rubric), group_ids(prepared.dataset)
    tested = {group_of[process_id] for process_id in prepared.rows.ids}
    others = tuple(one for name, found in said.items() if group_of.get(name, name) not in tested for one in found)
    return Told(tuple(said.get(process_id, ()) for process_id in rows.ids), others)


def _groups(dataset: Dataset, ids: Sequence[str], wanted: str) -> tuple[str, list[str]]:
    """The column that groups works, and the group of each; nothing where no two works share one."""
    if wanted and wanted not in dataset.columns:
        raise NotFoundError(f"{dataset.root} has no column {wanted!r}.", f"Try --group {' or '.join(GROUPS)}.")
    columns = [wanted] if wanted else [name for name in GROUPS if name in dataset.columns]
    table = dataset.table(None, ["process_id", *columns])
    for column in columns:
        known = dict(zip(table["process_id"].to_pylist(), table[column].to_pylist(), strict=True))
        groups = [str(known[process_id] or "") for process_id in ids]
        if len(set(groups) - {""}) > 1 and len(set(groups)) < len(groups):
            return column, groups
    return "", []


def _within(rows: Rows, scores: Mapping[str, Floats], groups: Sequence[str], question: Question) -> list[Within]:
    counts = cluster_counts(rows.clusters, question.draws, question.seed)
    found = []
    for name, predicted in scores.items():
        pairs = [within_groups(one, other, groups, counts) for one, other in zip(predicted.T, rows.rated.T, strict=True)]
        found.append(Within(name, tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)))
    return found


def _pairs(texts: Sequence[Texts], rows: Rows, question: Question) -> dict[tuple[str, str], tuple[Estimate, float]]:
    counts = cluster_counts(rows.clusters, question.draws, question.seed)
    runs = [one for one in texts if one.name != RATERS]
    return {(one.name, other.name): resampled_mean(one.values - other.values, counts) for one, other in combinations(runs, 2)}


def _remarks(
    prepared: Prepared, rows: Rows, told: Told, written: Mapping[str, Sequence[Critique]], encoder: SentenceEncoder | None
) -> list[str]:
    said = [f"Leak, allowed by name: {leak.sentence()}." for leak in prepared.leaks]
    for run in prepared.runs:
        if run.config.base.random:
            said.append(f"{run.run.name} stands on random weights: it shows that everything works, and judges no artwork.")
        if run.run.manifest.state != "finished":
            said.append(f"The training of {run.run.name} is {run.run.manifest.state}: its best weights so far are measured.")
    if rows.left_out:
        said.append(f"{rows.left_out:,} works without any rating are left out.")
    if len(rows) < len(prepared.rows):
        said.append(f"{len(prepared.rows) - len(rows):,} works could not be read and are left out of all lines.")
    silent = sum(not found for found in told.measured)
    if silent:
        said.append(f"{silent:,} of {len(rows):,} works have no critique by a rater: their texts are compared with nothing.")
    if written and encoder is None:
        said.append("Nearness and text-to-score agreement need a sentence encoder: --encoder NAME.")
    if encoder is not None and not told.others:
        said.append("No critique of another work is there: the generic text is a measured work's, and no words are read.")
    return said
