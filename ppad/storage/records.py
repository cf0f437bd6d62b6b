"""One dataset row as a typed record: the process, and what the raters said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ppad.errors import ContractError
from ppad.schema import ProcessRecord, process_from_row


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRecord:
    """A painting process with its split and scores; pictures are still encoded.

    Attributes:
        process: the painting process.
        split: the split that the row is in.
        scores: mean over raters by attribute id, on the rubric's scale; None without ratings.
        scores_std: sample standard deviation over raters; None below two.
        scores_adjusted: rater-bias-adjusted score; None without ratings.
        n_raters: raters behind the scores.
        style_label: style for the style loss; None if unknown.
        style_embedding: text embedding of the style; None where no encoder was available.
        reference_embedding: embedding of the reference; None where no encoder was available.
    """

    process: ProcessRecord
    split: str
    scores: dict[str, float | None]
    scores_std: dict[str, float | None]
    scores_adjusted: dict[str, float | None]
    n_raters: int
    style_label: str | None
    style_embedding: list[float] | None
    reference_embedding: list[float] | None


def record_at(table: pa.Table, row: int, attribute_ids: Sequence[str]) -> DatasetRecord:
    """The record of one row of a table with all columns of the contract.

    Raises:
        ContractError: a value that every row needs is null.
    """
    values = table.slice(row, 1).to_pylist()[0]
    try:
        return _record(values, attribute_ids)
    except TypeError as error:
        raise ContractError(f"{values['process_id']} lacks values of the contract.", "Run: ppad check") from error


def _record(row: Mapping[str, Any], attribute_ids: Sequence[str]) -> DatasetRecord:
    return DatasetRecord(
        process=process_from_row(row),
        split=row["split"],
        scores={name: row[name] for name in attribute_ids},
        scores_std={name: row[f"{name}_std"] for name in attribute_ids},
        scores_adjusted={name: row[f"{name}_adjusted"] for name in attribute_ids},
        n_raters=row["n_raters"],
        style_label=row["style_label"],
        style_embedding=row["style_embedding"],
        reference_embedding=row["reference_embedding"],
    )
