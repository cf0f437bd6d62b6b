"""Table 1 by attribute and source: every line measured on the same rows and the same resamples, so that lines can be compared."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ppad.agreement.estimates import Estimate, percentiles
from ppad_model.evaluation.metrics import METRICS, Metric
from ppad_model.evaluation.resampling import DRAWS, cluster_counts, holm, two_sided_p
from ppad_model.evaluation.rows import Rows, Source

Floats = NDArray[np.float64]
Kind = Literal["run", "final frame", "constant", "mode", "truth"]
Target = Literal["rated", "true"]

_AT_ONCE = 200
"""Resamples that are measured together; it bounds the memory."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a model, or what needs none, says of all rows.

    Attributes:
        name: as tables call it.
        kind: what it is.
        scores: (n, A) on the scale; NaN where it says nothing.
        of: the run whose final frames these are; empty otherwise.
    """

    name: str
    kind: Kind
    scores: Floats
    of: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table.

    Attributes:
        figures: by metric, one estimate an attribute and last their mean; NaN where the rows say nothing.
    """

    name: str
    kind: Kind
    figures: Mapping[str, tuple[Estimate, ...]]


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric of one line minus that of another, on the same rows.

    Attributes:
        estimates: one an attribute, and last that of the means.
        p: of no difference, each, and last of the means.
        holm: adjusted over the attributes.
    """

    first: str
    second: str
    metric: str
    estimates: tuple[Estimate, ...]
    p: tuple[float, ...]
    holm: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """All lines on the rows of one source.

    Attributes:
        target: what is aimed at: the raters' means, or the truth behind simulated processes.
        rows, clusters: how many.
        is_held_out: whether the rows are of a kind that training does not know.
    """

    source: str
    is_held_out: bool
    target: Target
    rows: int
    clusters: int
    lines: tuple[Line, ...]
    differences: tuple[Difference, ...]


def make_table(
    rows: Rows, source: Source, lines: Sequence[Predictions], *, target: Target = "rated", draws: int = DRAWS, seed: int = 0,
    metrics: Sequence[Metric] = METRICS, done: Callable[[], None] = lambda: None,
) -> Table:  # fmt: skip
    """Measure all lines on one source.

    Args:
        draws: resamples of clusters for the intervals.
        metrics: what is measured.
        done: called after each line.
    """
    aims = (rows.true if target == "true" and rows.true is not None else rows.rated)[source.rows]
    clusters = [rows.clusters[row] for row in source.rows]
    counts = cluster_counts(clusters, draws, seed)
    measured: dict[str, _Measured] = {}
    for line in lines:
        measured[line.name] = _measure(line.scores[source.rows], aims, counts, metrics)
        done()
    pairs = [(one.name, other.name) for one, other in _pairs(lines)]
    return Table(
        source=source.name,
        is_held_out=source.is_held_out,
        target=target,
        rows=len(source.rows),
        clusters=len(set(clusters)),
        lines=tuple(Line(line.name, line.kind, _figures(measured[line.name])) for line in lines),
        differences=tuple(
            _difference(one, other, metric, measured[one], measured[other]) for one, other in pairs for metric in metrics
        ),
    )


@dataclass(frozen=True, slots=True)
class _Measured:
    """By metric: (A + 1,) the figures and (D, A + 1) those of the resamples; the last column is the mean over attributes."""

    values: Mapping[str, Floats]
    draws: Mapping[str, Floats]


def _measure(predicted: Floats, aims: Floats, counts: Floats, metrics: Sequence[Metric]) -> _Measured:
    values, draws = {}, {}
    once = np.ones((1, len(aims)))
    for metric in metrics:
        values[metric.name] = _with_mean(_by_attribute(metric, predicted, aims, once))[0]
        draws[metric.name] = _with_mean(_by_attribute(metric, predicted, aims, counts))
    return _Measured(values, draws)


def _by_attribute(metric: Metric, predicted: Floats, aims: Floats, counts: Floats) -> Floats:
    """(D, A) a metric of each attribute on the rows that have both scores."""
    found = np.full((len(counts), aims.shape[1]), np.nan)
    for number, (one, other) in enumerate(zip(predicted.T, aims.T, strict=True)):
        known = np.isfinite(one) & np.isfinite(other)
        for start in range(0, len(counts) if known.any() else 0, _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            found[part, number] = metric.measure(one[known], other[known], counts[part][:, known])
    return found


def _with_mean(columns: Floats) -> Floats:
    """The columns and their mean, which says nothing where one of them does."""
    return np.column_stack([columns, columns.mean(axis=1)])


def _figures(measured: _Measured) -> dict[str, tuple[Estimate, ...]]:
    return {name: _estimates(values, measured.draws[name]) for name, values in measured.values.items()}


def _estimates(values: Floats, draws: Floats) -> tuple[Estimate, ...]:
    """Estimates with intervals; where the figure itself says nothing, neither do resamples."""
    known = [column if np.isfinite(value) else () for value, column in zip(values, draws.T, strict=True)]
    return tuple(percentiles(float(value), column) for value, column in zip(values, known, strict=True))


def _difference(first: str, second: str, metric: Metric, one: _Measured, other: _Measured) -> Difference:
    values = one.values[metric.name] - other.values[metric.name]
    draws = one.draws[metric.name] - other.draws[metric.name]
    p = [two_sided_p(column) if np.isfinite(value) else float("nan") for value, column in zip(values, draws.T, strict=True)]
    return Difference(first, second, metric.name, _estimates(values, draws), tuple(p), tuple(holm(p[:-1])))


def _pairs(lines: Sequence[Predictions]) -> list[tuple[Predictions, Predictions]]:
    """What is compared: each run with its own final frames, and with every later run."""
    runs = [line for line in lines if line.kind == "run"]
    finals = [(run, line) for run in runs for line in lines if line.kind == "final frame" and line.of == run.name]
    return finals + list(itertools.combinations(runs, 2))
