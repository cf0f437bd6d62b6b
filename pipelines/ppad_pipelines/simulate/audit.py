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
from ppad_pipelines.simulate.statistics import chance_bound, cross_predicted, pearson, relabelled, spearman
from ppad_pipelines.simulate.truth import STABILITIES, severities, true_score
from ppad_pipelines.simulate.work import nuisances

_BATCH = 20
_FEWEST, _RELABELLED = 10, 200
"""Processes that predictions need at least; how often labels are mixed to see what chance gives."""
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
class Baselines:
    """What a ridge regression on plain features reads, over folds, in the independent part.

    Attributes:
        count: number of processes.
        last, history: SRCC with the true score by attribute, from the last frame, and from all frames.
        chance: what the largest SRCC with a stability stays below in 99 of 100 cases where labels belong to other processes.
    """

    count: int
    last: Mapping[str, float]
    history: Mapping[str, float]
    chance: float


@dataclass(frozen=True, slots=True)
class Audit:
    """All findings."""

    checks: tuple[Check, ...]
    baselines: Baselines | None
    ceilings: tuple[Ceiling, ...]


@dataclass(frozen=True, slots=True)
class LookAt:
    """The work of looking at processes of a collection; the summary holds `Seen` by process id."""

    root: Path

    @property
    def places(self) -> tuple[Path, ...]:
        """Folders that all workers must see."""
        return (Collection(self.root).root,)

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
    baselines = _baselines([process for process in processes if process.part == "independent"], seen)
    checks = [*_design_checks(processes), *_twin_checks(processes, seen)]
    if baselines is not None:
        checks += [_below(f"{name} from the last frame: SRCC", baselines.last[name], baselines.chance) for name in STABILITIES]
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
    """What can be said of correlations; nothing where there are too few processes."""
    independent, correlated = ([process for process in processes if process.part == part] for part in _ALONE)
    pairs = list(combinations(range(len(ATTRIBUTES)), 2))
    if len(independent) >= _FEWEST:
        table = _severity_table(independent)
        largest = max(abs(pearson(table[:, i], table[:, j])) for i, j in pairs)
        yield _below("independent part: largest r of two severities", largest, chance_bound(len(table), len(pairs)))
    if len(correlated) >= _FEWEST:
        table, declared = _severity_table(correlated), declared_correlation()
        off = [abs(np.arctanh(pearson(table[:, i], table[:, j])) - np.arctanh(declared[i, j])) for i, j in pairs]
        bound = float(np.arctanh(chance_bound(len(table), len(pairs))))
        yield _below("correlated part: farthest from the declared r, in z", float(max(off)), bound)
    if len(independent) + len(correlated) >= _FEWEST:
        yield _nuisance_check(independent + correlated)


def _nuisance_check(processes: Sequence[Process]) -> Check:
    table, variables = _severity_table(processes), _nuisance_table(processes)
    found = {
        (name, attribute): abs(pearson(values, table[:, number]))
        for name, values in variables.items()
        for number, attribute in enumerate(ATTRIBUTES)
    }
    where = max(found, key=lambda key: found[key])
    bound = chance_bound(len(processes), len(found))
    return _below(f"nuisances: largest r with a severity ({', '.join(where)})", found[where], bound)


def _nuisance_table(processes: Sequence[Process]) -> dict[str, NDArray[np.float64]]:
    """The nuisances as variables: names as one variable each."""
    rows = [nuisances(process.recipe) for process in processes]
    table: dict[str, NDArray[np.float64]] = {}
    for name in rows[0]:
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
        if not twins:
            continue
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


def _baselines(processes: Sequence[Process], seen: Mapping[str, Seen]) -> Baselines | None:
    """None where there are too few processes to say anything."""
    if len(processes) < _FEWEST:
        return None
    true = np.vectorize(true_score)(_severity_table(processes))
    groups = [process.unit for process in processes]
    last = np.array([seen[process.id].last for process in processes])
    history = np.concatenate([last, np.array([seen[process.id].history for process in processes])], axis=1)
    found = []
    for features in (last, history):
        predicted = cross_predicted(features, true, groups)
        found.append({name: spearman(predicted[:, n], true[:, n]) for n, name in enumerate(ATTRIBUTES)})
    stabilities = true[:, [ATTRIBUTES.index(name) for name in STABILITIES]]
    by_chance = relabelled(last, stabilities, groups, _RELABELLED, seed=0).max(axis=1)
    return Baselines(len(processes), found[0], found[1], float(np.quantile(by_chance, 0.99)))


def _below(statement: str, value: float, bound: float) -> Check:
    return Check(statement, f"{value:.3f}", f"≤ {bound:.3f}", value <= bound)


def _all(statement: str, holds: Sequence[bool]) -> Check:
    return Check(statement, f"{sum(holds)} of {len(holds)}", "all", all(holds))
