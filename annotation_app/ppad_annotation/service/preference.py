"""Preference mode: which of two assessments fits a painting process better. It is the form of the user study in PPJudge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from ppad_annotation.service.campaigns import campaign_row
from ppad_annotation.service.chain import CHUNK
from ppad_annotation.service.column_types import iso
from ppad_annotation.service.database import Database
from ppad_annotation.service.exclusions import excluded
from ppad_annotation.service.tables import Item, RatingCurrent, RatingEvent

DRAWS = 2000
_CHOICES = ("a", "b", "both")


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the votes with its 95 % interval, 0–1."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Tally:
    """The votes between two sources.

    Attributes:
        a, b: the sources.
        processes: that were voted on.
        raters: who voted.
        counts: votes for `a`, `b` and `both`.
        shares: the same as shares of all votes. Intervals come from resampling processes, whose votes hang together.
    """

    a: str
    b: str
    processes: int
    raters: int
    counts: dict[str, int]
    shares: dict[str, Share]


def votes(db: Database, *, with_excluded: bool = False) -> Iterator[dict[str, Any]]:
    """The votes that stand, one dictionary each: `process_id, source_a, source_b, choice` (`a`, `b`, `both`), `rater_id,
    replicate, critique, active_ms, created_at, revision`."""
    with db.read() as session:
        last, without = campaign_row(session).chain_length, excluded(session)
    for first in range(1, last + 1, CHUNK):
        with db.read() as session:
            rows = session.execute(
                select(RatingEvent, RatingCurrent.first_at, Item)
                .join(RatingCurrent, RatingCurrent.seq == RatingEvent.seq)
                .join(Item, Item.id == RatingEvent.item_id)
                .where(RatingEvent.choice.is_not(None), RatingEvent.seq.between(first, min(last, first + CHUNK - 1)))
                .order_by(RatingEvent.seq)
            ).all()
        for event, first_at, item in rows:
            if item.pair is not None and (with_excluded or not without.covers(event)):
                yield {
                    "process_id": item.process_id,
                    "source_a": item.pair["a"]["source"],
                    "source_b": item.pair["b"]["source"],
                    "choice": event.choice,
                    "rater_id": event.rater_id,
                    "replicate": event.replicate,
                    "critique": event.critique,
                    "active_ms": event.active_ms,
                    "created_at": iso(first_at),
                    "revision": event.revision,
                }


def tally(db: Database, seed: int = 0) -> list[Tally]:
    """The votes of each pair of sources, repeats left out."""
    by_pair: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for vote in votes(db):
        if vote["replicate"] == 0:
            by_pair.setdefault((vote["source_a"], vote["source_b"]), []).append(vote)
    return [_tally(a, b, found, seed) for (a, b), found in sorted(by_pair.items())]


def _tally(a: str, b: str, found: Sequence[dict[str, Any]], seed: int) -> Tally:
    processes = sorted({vote["process_id"] for vote in found})
    number = {name: place for place, name in enumerate(processes)}
    table = np.zeros((len(processes), len(_CHOICES)), np.int64)
    for vote in found:
        table[number[vote["process_id"]], _CHOICES.index(vote["choice"])] += 1
    return Tally(
        a=a,
        b=b,
        processes=len(processes),
        raters=len({vote["rater_id"] for vote in found}),
        counts={name: int(count) for name, count in zip(_CHOICES, table.sum(axis=0), strict=True)},
        shares=shares(table, seed),
    )


def shares(table: NDArray[np.int64], seed: int = 0, draws: int = DRAWS) -> dict[str, Share]:
    """Shares of the votes with percentile bootstrap intervals over processes.

    Args:
        table: (P, 3) votes of each process for a, b and both.
    """
    values = table.sum(axis=0) / table.sum()
    rng = np.random.default_rng(seed)
    drawn = table[rng.integers(0, len(table), (draws, len(table)))].sum(axis=1)
    low, high = np.quantile(drawn / drawn.sum(axis=1, keepdims=True), [0.025, 0.975], axis=0)
    return {name: Share(*map(float, one)) for name, *one in zip(_CHOICES, values, low, high, strict=True)}
