"""`docs/data-contract.md` names every column of the contract with its type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest

from ppad.schema import CONTRACT_VERSION, IMAGE, PROCESS_COLUMNS, Provenance, SplitRecord, dataset_columns
from ppad.schema.columns import Column, columns_of
from ppad.schema.process import CONTROLS
from ppad.schema.ratings import RatingEventRecord, rating_columns

DOC = (Path(__file__).parents[2] / "docs" / "data-contract.md").read_text("utf-8")

DATASET_COLUMNS = {name: column for name, column in dataset_columns(["ATTRIBUTE"]).items() if name not in PROCESS_COLUMNS}
TABLES: dict[str, Mapping[str, Column]] = {
    "A process": PROCESS_COLUMNS,
    "Provenance": columns_of(Provenance),
    "A dataset row": DATASET_COLUMNS,
    "Ratings": rating_columns(["ATTRIBUTE"]),
    "Rating events": {**columns_of(RatingEventRecord), "ATTRIBUTE": rating_columns(["ATTRIBUTE"])["ATTRIBUTE"]},
    "Splits": columns_of(SplitRecord),
}


def documented(dtype: pa.DataType) -> str:
    """How the page writes a type."""
    if dtype == IMAGE:
        return "picture"
    if dtype == CONTROLS:
        return "list of (key string, value double)"
    if pa.types.is_list(dtype):
        return f"list of {documented(dtype.value_type)}"
    return "struct, below" if pa.types.is_struct(dtype) else str(dtype)


def rows_of(section: str) -> dict[str, list[str]]:
    """The cells of a section's table by the name in its first column."""
    text = DOC.split(f"\n## {section}\n")[1].split("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| `")]
    return {row[0].strip("`").replace("<attribute>", "ATTRIBUTE"): row[1:] for row in cells}


@pytest.mark.parametrize("section", TABLES)
def test_every_column_is_documented_with_its_type_and_whether_it_may_be_null(section: str) -> None:
    found = {name: (cells[0], cells[1]) for name, cells in rows_of(section).items()}
    expected = {name: (documented(col.arrow), "yes" if col.nullable else "no") for name, col in TABLES[section].items()}
    assert found == expected


@pytest.mark.parametrize("section", TABLES)
def test_every_value_that_a_column_may_take_is_documented(section: str) -> None:
    rows = rows_of(section)
    for name, col in TABLES[section].items():
        assert set(col.choices) <= set(re.findall(r"`([^`]+)`", rows[name][2])), name


def test_the_page_is_about_the_current_version() -> None:
    assert f"version {CONTRACT_VERSION}" in DOC.split("\n## ")[0]
