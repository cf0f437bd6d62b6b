"""All ratings of a campaign as arrays, from which the statistics of one attribute are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppad.schema.ratings import SCORED_KINDS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sample:
    """The scores of one attribute that count: each rater once an item, "cannot judge" left out.

    Attributes:
        rows: (N,) which ratings of the campaign.
        processes: (I,) which processes of the campaign the items are.
        people: (R,) which raters of the campaign the raters are.
        items: (N,) number of the item, 0 … I - 1.
        raters: (N,) number of the rater, 0 … R - 1.
        scores: (N,) the scores.
    """

    rows: Ints
    processes: Ints
    people: Ints
    items: Ints
    raters: Ints
    scores: Floats

    @property
    def can_be_fitted(self) -> bool:
        """Whether a model of items and raters says anything: there are several of each, tied somewhere, and scores differ."""
        several = min(len(self.people), len(self.processes)) > 1
        return several and len(self.items) > len(self.processes) and bool(np.ptp(self.scores) > 0)


@dataclass(frozen=True, slots=True)
class Campaign:
    """Ratings, one a row: N of them, with A attributes.

    Attributes:
        processes: ids of the rated processes, sorted; `item` numbers them.
        raters: ids of the raters, sorted; `rater` numbers them.
        scales: lowest and highest score of each attribute.
        item, rater, replicate: (N,).
        kind: (N,) kinds of rating.
        when: (N,) time of the first submission, seconds since 1970; NaN where it cannot be read.
        active_s: (N,) seconds of active work; NaN where it is not known.
        scores: (N, A); NaN for "cannot judge".
    """

    processes: tuple[str, ...]
    raters: tuple[str, ...]
    scales: Mapping[str, tuple[int, int]]
    item: Ints
    rater: Ints
    replicate: Ints
    kind: NDArray[np.str_]
    when: Floats
    active_s: Floats
    scores: Floats

    @classmethod
    def of(cls, ratings: Iterable[Mapping[str, Any]], scales: Mapping[str, tuple[int, int]]) -> Campaign:
        """The campaign of these rows of `ratings.parquet`.

        Args:
            scales: lowest and highest score of each attribute.
        """
        rows = list(ratings)
        processes, item = _numbered([row["process_id"] for row in rows])
        raters, rater = _numbered([row["rater_id"] for row in rows])
        scores = [[np.nan if row[name] is None else row[name] for name in scales] for row in rows]
        return cls(
            processes=processes,
            raters=raters,
            scales=dict(scales),
            item=item,
            rater=rater,
            replicate=np.array([row["replicate"] for row in rows], np.int64),
            kind=np.array([row["kind"] for row in rows], np.str_),
            when=np.array([_seconds(row["created_at"]) for row in rows], np.float64),
            active_s=np.array([np.nan if row["active_ms"] is None else row["active_ms"] / 1000 for row in rows], np.float64),
            scores=np.array(scores, np.float64).reshape(len(rows), len(scales)),
        )

    @property
    def counts(self) -> Bools:
        """(N,) whether a rating counts towards a score: the first time a rater saw the process, of the kinds that do."""
        return (self.replicate == 0) & np.isin(self.kind, SCORED_KINDS)

    def column(self, attribute: str) -> Floats:
        """(N,) the scores of one attribute."""
        return self.scores[:, list(self.scales).index(attribute)]

    def sample(self, attribute: str, among: Bools | None = None) -> Sample:
        """The scores of one attribute that count.

        Args:
            among: (N,) ratings to look at; all by default.
        """
        scores = self.column(attribute)
        chosen = self.counts & np.isfinite(scores)
        rows = np.flatnonzero(chosen if among is None else chosen & among)
        processes, items = np.unique(self.item[rows], return_inverse=True)
        people, raters = np.unique(self.rater[rows], return_inverse=True)
        return Sample(rows, processes, people, items.astype(np.int64), raters.astype(np.int64), scores[rows])


def _numbered(names: Sequence[str]) -> tuple[tuple[str, ...], Ints]:
    """The distinct names, sorted, and the place of each name among them. NumPy would give all the room of the longest."""
    distinct = sorted(set(names))
    place = {name: number for number, name in enumerate(distinct)}
    return tuple(distinct), np.array([place[name] for name in names], np.int64)


def _seconds(moment: str) -> float:
    try:
        return datetime.fromisoformat(moment).timestamp()
    except (ValueError, OverflowError):
        return float("nan")
