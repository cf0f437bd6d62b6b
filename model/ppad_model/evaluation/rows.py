"""The rows that models are measured on: what was rated, what ties rows together, and which of them belong in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppad.errors import NotFoundError, UnratedError
from ppad.storage import Dataset, open_parquet
from ppad_model.seen import group_ids

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TEST_SPLITS = ("test_real", "test_synthetic")
TRUTH = "true_"
"""`controls` of simulated processes hold the true score of each attribute under this and its id."""


@dataclass(frozen=True, slots=True)
class Source:
    """Rows that belong in one table.

    Attributes:
        name: of the table: an origin, with what was held out of training by its kind.
        rows: (m,) numbers of its rows.
        is_held_out: whether they are of a kind that training does not know.
    """

    name: str
    rows: Ints
    is_held_out: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """Rated rows of a dataset: n of them, with A attributes.

    Attributes:
        attributes: their ids, in the rubric's order.
        ids: of the processes.
        origins: where each comes from; held: by what kind it was held out of training, empty for none.
        clusters: connected component of each.
        rated: (n, A) mean over raters; NaN where nobody could judge.
        true: (n, A) the score that made a simulated process; None where not all rows have one.
        left_out: rows of the splits without any rating.
    """

    attributes: tuple[str, ...]
    ids: tuple[str, ...]
    origins: tuple[str, ...]
    held: tuple[str, ...]
    clusters: tuple[str, ...]
    rated: Floats
    true: Floats | None
    left_out: int

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, kept: NDArray[np.bool_]) -> Rows:
        """Those where `kept`, (n,), is true."""
        places = np.flatnonzero(kept)
        return replace(
            self,
            ids=tuple(self.ids[place] for place in places),
            origins=tuple(self.origins[place] for place in places),
            held=tuple(self.held[place] for place in places),
            clusters=tuple(self.clusters[place] for place in places),
            rated=self.rated[kept],
            true=None if self.true is None else self.true[kept],
        )

    def sources(self) -> list[Source]:
        """All rows that are like the training's, if of several origins; then each origin, and each kind held out, apart."""
        keys = list(zip(self.origins, self.held, strict=True))
        usual = [place for place, (_, held) in enumerate(keys) if not held]
        several = len({self.origins[place] for place in usual}) > 1
        found = [Source("all", np.array(usual))] if several else []
        for origin, held in sorted(set(keys), key=lambda key: (bool(key[1]), key)):
            rows = [place for place, key in enumerate(keys) if key == (origin, held)]
            found.append(Source(f"{origin}, held out: {held}" if held else origin, np.array(rows), bool(held)))
        return found


def read_rows(dataset: Dataset, splits: Sequence[str] = ()) -> Rows:
    """The rated rows of some splits.

    Args:
        splits: those for test by default.

    Raises:
        NotFoundError: there is no such split, or none for test.
        UnratedError: not one row is rated.
        ContractError: a file is damaged.
    """
    chosen = list(splits) or [split for split in TEST_SPLITS if split in dataset.splits]
    if not chosen:
        have = ", ".join(dataset.splits)
        raise NotFoundError(f"{dataset.root} has no split for test; it has {have}.", "Name one: --split NAME.")
    names = dataset.attribute_ids
    columns = ["process_id", "origin", "controls", *names]
    rows = [row for split in chosen for row in dataset.table(split, columns).to_pylist()]
    kept = [row for row in rows if any(row[name] is not None for name in names)]
    if not kept:
        raise UnratedError(
            f"{dataset.root} has no ratings in {', '.join(chosen)}.",
            "Build it with ratings: ppad build COLLECTION --ratings FILE",
        )
    groups, held = group_ids(dataset), _held_out(dataset)
    return Rows(
        attributes=names,
        ids=tuple(row["process_id"] for row in kept),
        origins=tuple(row["origin"] for row in kept),
        held=tuple(held.get(row["process_id"], "") for row in kept),
        clusters=tuple(groups[row["process_id"]] for row in kept),
        rated=_table([[row[name] for name in names] for row in kept]),
        true=_truths(kept, names),
        left_out=len(rows) - len(kept),
    )


def _truths(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Floats | None:
    controls = [{pair["key"]: pair["value"] for pair in row["controls"] or ()} for row in rows]
    if not all(TRUTH + name in known for known in controls for name in names):
        return None
    return _table([[known[TRUTH + name] for name in names] for known in controls])


def _held_out(dataset: Dataset) -> dict[str, str]:
    """By what kind each process was held out, where the producer of the dataset marked that in `splits.parquet`."""
    file = dataset.root / "splits.parquet"
    if not file.is_file():
        return {}
    with open_parquet(file) as parquet:
        if "ood" not in parquet.schema_arrow.names:
            return {}
        table = parquet.read(columns=["process_id", "ood"])
    return dict(zip(table["process_id"].to_pylist(), table["ood"].to_pylist(), strict=True))


def _table(values: Sequence[Sequence[float | None]]) -> Floats:
    return np.array([[np.nan if value is None else value for value in row] for row in values], np.float64)
