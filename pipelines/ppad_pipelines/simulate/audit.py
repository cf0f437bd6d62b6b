"""Is the benchmark sound? Checks of the design, of the twins' pictures and of the raters, with what chance alone would give."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppad.media.images import decode_image
from ppad.stages import Job, Progress
from ppad.storage import Collection
from ppad_pipelines.simulate.design import ATTRIBUTES, Process, declared_correlation
from ppad_pipelines.simulate.features import history_features, last_frame_features
from ppad_pipelines.simulate.statistics import chance_bound, cross_predicted, interval, pearson, spearman
from ppad_pipelines.simulate.truth import STABILITIES, severities, true_score
from ppad_pipelines.simulate.work import nuisances

_BATCH = 20
_NAMES = ("motif", "medium", "ground")
"""Nuisances that are names: each name is a variable of its own."""
_ALONE = ("independent", "correlated")


@dataclass(frozen=True, slots=True)
class Seen:
    """What an audit keeps of a process's pictures: digests of all frames, and features of the last one and of all."""

    digests: tuple[str, ...]
    last: NDArray[np.float64]
    history: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Check:
    """One statement, what was found, what it must keep to, and whether it does."""

    statement: str
    found: str
    wanted: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What a judge that knows the truth would reach on the noisy scores of an attribute.

    Attributes:
        pcc, srcc, mse: of the mean over raters against the true score.
        single: mean correlation of two raters of a process; reliability: of the mean over raters (Spearman–Brown).
    """

    attribute: str
    pcc: float
    srcc: float
    mse: float
    single: float
    reliability: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """SRCC with the true score, over folds, of what a ridge regression reads from the last frame or from all frames."""

    attribute: str
    count: int
    last: float
    history: float


@dataclass(frozen=True, slots=True)
class Audit:
    """All findings."""

    checks: tuple[Check, ...]
    baselines: tuple[Baseline, ...]
    ceilings: tuple[Ceiling, ...]


@dataclass(frozen=True, slots=True)
class LookAt:
    """The work of looking at processes of a collection; the summary holds `Seen` by process id."""

    root: Path

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        ids: Sequence[str] = job.payload
        collection, found = Collection(self.root), {}
        for number, process_id in enumerate(ids, start=1):
            frames = [frame.bytes for frame in collection.read(process_id).frames]
            pixels = [decode_image(data, name=process_id) for data in frames]
            digests = tuple(hashlib.sha256(data).hexdigest() for data in frames)
            found[process_id] = Seen(digests, last_frame_features(pixels[-1]), history_features(pixels))
            progress(number / len(ids))
        return {"seen": found}


def look_jobs(ids: Sequence[str]) -> list[Job]:
    """Jobs of some processes each."""
    parts = [tuple(ids[start : start + _BATCH]) for start in range(0, len(ids), _BATCH)]
    return [Job(part[0], f"{part[0]} and {len(part) - 1} more", part, float(len(part))) for part in parts]


def audit(processes: Sequence[Process], seen: Mapping[str, Seen], ratings: Sequence[Mapping[str, Any]]) -> Audit:
    """Check everything.

    Args:
        seen: what the pictures of all processes show.
        ratings: rows of `ratings.parquet`.
    """
    baselines = tuple(_baselines([process for process in processes if process.part == "independent"], seen))
    checks = [*_design_checks(processes), *_twin_checks(processes, seen), *_baseline_checks(baselines)]
    return Audit(tuple(checks), baselines, tuple(ceilings(processes, ratings)))


def ceilings(processes: Sequence[Process], ratings: Sequence[Mapping[str, Any]]) -> Iterator[Ceiling]:
    """The raters' ceiling of each attribute, over these processes."""
    given: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in ratings:
        given[row["process_id"]].append(row)
    for number, name in enumerate(ATTRIBUTES):
        true = np.array([true_score(_severity_table([process])[0, number]) for process in processes])
        said = [[float(row[name]) for row in given[process.id]] for process in processes]
        mean = np.array([np.mean(scores) for scores in said])
        pairs = np.array([pair for scores in said for one in combinations(scores, 2) for pair in (one, one[::-1])])
        single = pearson(pairs[:, 0], pairs[:, 1]) if len(pairs) else 0.0
        each = float(np.mean([len(scores) for scores in said]))
        reliability = each * single / (1 + (each - 1) * single)
        mse = float(np.mean((mean - true) ** 2))
        yield Ceiling(name, pearson(mean, true), spearman(mean, true), mse, single, reliability)


def _severity_table(processes: Sequence[Process]) -> NDArray[np.float64]:
    found = [severities(process.recipe) for process in processes]
    return np.array([[one[name] for name in ATTRIBUTES] for one in found]).reshape(len(processes), len(ATTRIBUTES))


def _design_checks(processes: Sequence[Process]) -> Iterator[Check]:
    parts = {part: [process for process in processes if process.part == part] for part in _ALONE}
    table = _severity_table(parts["independent"])
    pairs = list(combinations(range(len(ATTRIBUTES)), 2))
    largest = max((abs(pearson(table[:, i], table[:, j])) for i, j in pairs), default=0.0)
    bound = chance_bound(len(table), len(pairs))
    yield _below("independent part: largest r of two severities", largest, bound)
    table, declared = _severity_table(parts["correlated"]), declared_correlation()
    off = [abs(np.arctanh(pearson(table[:, i], table[:, j])) - np.arctanh(declared[i, j])) for i, j in pairs]
    bound = float(np.arctanh(min(chance_bound(len(table), len(pairs)), 0.999)))
    yield _below("correlated part: farthest from the declared r, in z", max(off, default=0.0), bound)
    alone = parts["independent"] + parts["correlated"]
    table, variables = _severity_table(alone), _nuisance_table(alone)
    found = {
        (name, attribute): abs(pearson(values, table[:, number]))
        for name, values in variables.items()
        for number, attribute in enumerate(ATTRIBUTES)
    }
    where = max(found, key=lambda key: found[key], default=("", ""))
    bound = chance_bound(len(alone), max(1, len(found)))
    yield _below(f"nuisances: largest r with a severity ({where[0]}, {where[1]})", found.get(where, 0.0), bound)


def _nuisance_table(processes: Sequence[Process]) -> dict[str, NDArray[np.float64]]:
    """The nuisances as variables: names as one variable each."""
    rows = [nuisances(process.recipe) for process in processes]
    table: dict[str, NDArray[np.float64]] = {}
    for name in rows[0] if rows else ():
        values = np.array([row[name] for row in rows])
        if name in _NAMES:
            table |= {f"{name} {level:g}": (values == level).astype(float) for level in np.unique(values)}
        else:
            table[name] = values
    return table


def _twin_checks(processes: Sequence[Process], seen: Mapping[str, Seen]) -> Iterator[Check]:
    units: dict[tuple[str, int], list[Process]] = defaultdict(list)
    for process in processes:
        units[process.part, process.unit].append(process)
    for part in ("same-end", "step-ramp", "same-frames"):
        twins = [members for (kind, _), members in units.items() if kind == part and len(members) == 2]
        last = [len({seen[one.id].digests[-1] for one in members}) == 1 for members in twins]
        other = [len({seen[one.id].digests for one in members}) == 2 for members in twins]
        yield _all(f"{part} twins: the same last frame, to the byte", last)
        yield _all(f"{part} twins: another history", other)
        if part == "same-frames":
            same = [len({tuple(sorted(seen[one.id].digests)) for one in members}) == 1 for members in twins]
            yield _all("same-frames twins: the same frames, to the byte", same)
        if part == "step-ramp":
            total = [len({one.recipe.jumps.hue_total for one in members}) == 1 for members in twins]
            yield _all("step-ramp twins: the same change of hue in all", total)


def _baselines(processes: Sequence[Process], seen: Mapping[str, Seen]) -> Iterator[Baseline]:
    if len(processes) < 10:
        return
    true = np.vectorize(true_score)(_severity_table(processes))
    groups = [process.unit for process in processes]
    last = np.array([seen[process.id].last for process in processes])
    history = np.concatenate([last, np.array([seen[process.id].history for process in processes])], axis=1)
    from_last, from_history = (cross_predicted(features, true, groups) for features in (last, history))
    for number, name in enumerate(ATTRIBUTES):
        one, other = (spearman(found[:, number], true[:, number]) for found in (from_last, from_history))
        yield Baseline(name, len(processes), one, other)


def _baseline_checks(baselines: Sequence[Baseline]) -> Iterator[Check]:
    tried = [baseline for baseline in baselines if baseline.attribute in STABILITIES]
    for baseline in tried:
        bound = chance_bound(baseline.count, len(tried))
        yield _below(f"{baseline.attribute} from the last frame: SRCC", baseline.last, bound)


def _below(statement: str, value: float, bound: float) -> Check:
    return Check(statement, f"{value:.3f}", f"≤ {bound:.3f}", value <= bound)


def _all(statement: str, holds: Sequence[bool]) -> Check:
    return Check(statement, f"{sum(holds)} of {len(holds)}", "all", all(holds))


def baseline_intervals(baseline: Baseline) -> tuple[tuple[float, float], tuple[float, float]]:
    """95 % intervals of both correlations."""
    return interval(baseline.last, baseline.count), interval(baseline.history, baseline.count)
