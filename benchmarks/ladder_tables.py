"""Figures of the ladder: means over seeds with intervals, and differences of rows on the same resamples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.agreement.estimates import Estimate, percentiles
from ppad_model.evaluation.metrics import spearman
from ppad_model.evaluation.resampling import cluster_counts, holm, two_sided_p

Floats = NDArray[np.float64]
AT_ONCE = 100
"""Resamples that are ranked together; it bounds the memory."""


@dataclass(frozen=True, slots=True)
class Measured:
    """SRCC of a row: A attributes, then the mean of the main ones.

    Attributes:
        values: (A + 1,), means over seeds.
        draws: (D, A + 1), the same of the resamples of scenes and seeds.
    """

    values: Floats
    draws: Floats

    def estimates(self) -> list[Estimate]:
        """With intervals."""
        return [percentiles(float(value), draws) for value, draws in zip(self.values, self.draws.T, strict=True)]


@dataclass(frozen=True, slots=True)
class Compared:
    """A row minus another.

    Attributes:
        estimates: one an attribute, and last of the main measure.
        adjusted: p of no difference over the attributes, after Holm; last the plain p of the main measure.
    """

    estimates: list[Estimate]
    adjusted: list[float]


def measure(scores: Sequence[Floats], rated: Floats, main: Sequence[int], clusters: Sequence[str], draws: int) -> Measured:
    """Measure a row.

    Args:
        scores: (n, A) of each seed. A constant says nothing of ranks, and counts as 0.
        rated: (n, A), NaN where nobody could judge.
        main: the attributes of the main measure.
        clusters: (n,) scene of each process.
        draws: D resamples; the same for every row, so that rows are paired.
    """
    counts = cluster_counts(clusters, draws)
    chance = np.random.default_rng(1).multinomial(len(scores), np.full(len(scores), 1 / len(scores)), size=draws)
    once = np.stack([_srcc(one, rated, np.ones((1, len(rated))))[0] for one in scores])
    each = np.stack([_srcc(one, rated, counts) for one in scores])  # (S, D, A)
    mean = np.einsum("ds,sda->da", chance / len(scores), each)
    return Measured(_with_main(once.mean(axis=0)[None], main)[0], _with_main(mean, main))


def compare(one: Measured, other: Measured) -> Compared:
    """The difference of two rows that were measured on the same resamples."""
    values, draws = one.values - other.values, one.draws - other.draws
    p = [two_sided_p(column) for column in draws.T]
    return Compared(
        [percentiles(float(value), column) for value, column in zip(values, draws.T, strict=True)], [*holm(p[:-1]), p[-1]]
    )


def row_table(rows: Mapping[str, Measured], titles: Sequence[str]) -> str:
    """Markdown: each row's SRCC, with intervals."""
    lines = [f"| row | {' | '.join(titles)} |", f"| --- |{' ---: |' * len(titles)}"]
    for name, measured in rows.items():
        cells = [f"{one.value:.2f} ({one.low:.2f}–{one.high:.2f})" for one in measured.estimates()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def difference_table(pairs: Mapping[tuple[str, str], Compared], titles: Sequence[str]) -> str:
    """Markdown: each pair's difference of the main measure, and the attributes on which it holds after Holm."""
    lines = ["| row | minus | main measure | p | attributes that differ after Holm |", "| --- | --- | ---: | ---: | --- |"]
    for (one, other), compared in pairs.items():
        main, p = compared.estimates[-1], compared.adjusted[-1]
        found = "no difference found" if main.low <= 0 <= main.high else f"{main.value:+.2f}"
        differing = [
            f"{title} {estimate.value:+.2f}"
            for title, estimate, adjusted in zip(titles[:-1], compared.estimates[:-1], compared.adjusted[:-1], strict=True)
            if adjusted < 0.05
        ]
        interval = f"{main.value:+.3f} ({main.low:+.3f} to {main.high:+.3f})"
        lines.append(f"| {one} | {other} | {interval}: {found} | {p:.3f} | {', '.join(differing) or 'none'} |")
    return "\n".join(lines)


def apart_table(rows: Mapping[str, Measured], one: str, others: Sequence[str], titles: Sequence[str]) -> str:
    """Markdown: whether a row's own interval lies wholly above those of others: more than that their difference is not 0."""
    lines = [f"| {one} above | {' | '.join(titles)} |", f"| --- |{' ---: |' * len(titles)}"]
    for other in others:
        pairs = zip(rows[one].estimates(), rows[other].estimates(), strict=True)
        lines.append(f"| {other} | {' | '.join('apart' if own.low > its.high else 'no' for own, its in pairs)} |")
    return "\n".join(lines)


def _srcc(scores: Floats, rated: Floats, counts: Floats) -> Floats:
    """(D, A), on the rows that have both."""
    found = np.zeros((len(counts), rated.shape[1]))
    for column in range(rated.shape[1]):
        known = np.isfinite(scores[:, column]) & np.isfinite(rated[:, column])
        for start in range(0, len(counts), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            found[part, column] = spearman(scores[known, column], rated[known, column], counts[part][:, known])
    return np.nan_to_num(found)


def _with_main(columns: Floats, main: Sequence[int]) -> Floats:
    return np.column_stack([columns, columns[:, list(main)].mean(axis=1)])
