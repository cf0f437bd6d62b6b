"""The columns of a dataset row: a collection row, its split, and what the raters said of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from ppad.schema.columns import Column, arrow_schema, column, columns_of
from ppad.schema.process import PROCESS_COLUMNS

SPLITS = ("pretrain", "train", "test_real", "test_synthetic")


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitRecord:
    """One line of the audit in `splits.parquet`."""

    process_id: str = column(pa.string(), "the process")
    split: str = column(pa.string(), "the split it is in", choices=SPLITS)
    group_id: str = column(pa.string(), "connected component: smallest process id among those that share something")
    why: str = column(pa.string(), "what ties the process to its component, and how the component was placed")


SPLITS_SCHEMA: pa.Schema = arrow_schema(columns_of(SplitRecord))


def dataset_columns(attribute_ids: Iterable[str]) -> dict[str, Column]:
    """The columns of a dataset row under a rubric."""
    scores: dict[str, Column] = {}
    for name in attribute_ids:
        scores[name] = Column(pa.float64(), "mean over raters: the contractual score; null without ratings", nullable=True)
        scores[f"{name}_std"] = Column(pa.float64(), "sample standard deviation over raters; null below two", nullable=True)
        scores[f"{name}_adjusted"] = Column(pa.float64(), "rater-bias-adjusted score; never used silently", nullable=True)
    vector = pa.list_(pa.float32())
    return {
        **PROCESS_COLUMNS,
        "split": Column(pa.string(), "the split this row is in", nullable=False, choices=SPLITS),
        **scores,
        "n_raters": Column(pa.int32(), "raters behind the scores; 0 without ratings", nullable=False),
        "style_label": Column(pa.string(), "style for the style loss: `style`, or an encoder's choice", nullable=True),
        "style_embedding": Column(vector, "text embedding of the style, where an encoder was available", nullable=True),
        "reference_embedding": Column(vector, "embedding of the reference, where an encoder was available", nullable=True),
    }


def dataset_schema(attribute_ids: Iterable[str]) -> pa.Schema:
    """The Arrow schema of a dataset shard under a rubric."""
    return arrow_schema(dataset_columns(attribute_ids))
