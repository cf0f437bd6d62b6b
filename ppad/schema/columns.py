"""One definition of a column: from it come the typed record, the Arrow schema, the Hugging Face features and the docs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa

IMAGE = pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])
"""Arrow layout of an encoded picture: the layout of `datasets.Image()`."""


@dataclass(frozen=True, slots=True)
class Column:
    """What the contract says of one column: its Arrow type, whether it may be null, its values and its meaning.

    Attributes:
        optional: whether a file may lack the column, which then reads as null.
        record: the record that its values are, where they are one.
    """

    arrow: pa.DataType
    doc: str
    nullable: bool
    choices: tuple[str, ...] = ()
    optional: bool = False
    record: type | None = None


def column(
    arrow: pa.DataType,
    doc: str,
    *,
    nullable: bool = False,
    choices: tuple[str, ...] = (),
    optional: bool = False,
    record: type | None = None,
) -> Any:
    """Declare a field of a record dataclass as a column; a nullable one defaults to None, and an optional one is nullable."""
    metadata = {"column": Column(arrow, doc, nullable or optional, choices, optional, record)}
    if nullable or optional:
        return dataclasses.field(default=None, metadata=metadata)
    return dataclasses.field(metadata=metadata)


def columns_of(record: type) -> dict[str, Column]:
    """The columns that a record dataclass declares, in order."""
    return {field.name: cast(Column, field.metadata["column"]) for field in dataclasses.fields(record)}


def struct_of(record: type) -> pa.StructType:
    """The Arrow struct of a record that is nested in another."""
    return pa.struct([pa.field(name, col.arrow) for name, col in columns_of(record).items()])


def arrow_schema(columns: dict[str, Column]) -> pa.Schema:
    """The Arrow schema of a table with these columns (without file metadata)."""
    return pa.schema([pa.field(name, col.arrow) for name, col in columns.items()])


def hf_features(schema: pa.Schema) -> dict[str, Any]:
    """The features of `datasets`, in the JSON form it keeps under the `huggingface` key of Parquet metadata."""
    return {field.name: _hf_feature(field.type) for field in schema}


def _hf_feature(dtype: pa.DataType) -> Any:
    if dtype == IMAGE:
        return {"_type": "Image"}
    if pa.types.is_list(dtype):
        return {"feature": _hf_feature(dtype.value_type), "_type": "List"}
    if pa.types.is_struct(dtype):
        return {field.name: _hf_feature(field.type) for field in _struct_fields(dtype)}
    return {"dtype": _HF_NAMES.get(str(dtype), str(dtype)), "_type": "Value"}


def _struct_fields(dtype: pa.StructType) -> Iterable[pa.Field]:
    return (dtype.field(i) for i in range(dtype.num_fields))


_HF_NAMES = {"double": "float64", "float": "float32"}
