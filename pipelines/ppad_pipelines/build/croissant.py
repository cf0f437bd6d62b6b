"""`croissant.json`: what the dataset holds, for machines (MLCommons Croissant 1.0, https://docs.mlcommons.org/croissant)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from ppad import __version__
from ppad.schema import IMAGE, dataset_columns
from ppad.schema.columns import Column
from ppad.schema.ratings import rating_columns
from ppad_pipelines.build.card import description
from ppad_pipelines.build.plan import Plan

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataBiases": "cr:dataBiases",
    "dataCollection": "cr:dataCollection",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "excludes": "cr:excludes",
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "personalSensitiveInformation": "cr:personalSensitiveInformation",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "readLines": "cr:readLines",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(plan: Plan) -> dict[str, Any]:
    """The description of a dataset as a JSON-LD object."""
    ids = plan.rubric.attribute_ids
    tables = [("processes", "data/*.parquet", "one painting process a row", dataset_columns(ids))]
    if plan.ratings:
        tables.append(("ratings", "ratings/*.parquet", "one rater's judgement of one process a row", rating_columns(ids)))
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": plan.config.name,
        "description": description(plan),
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "citeAs": f"{plan.config.name}: {len(plan.facts)} painting processes, built with PPAD {__version__}.",
        # The newest process, not the clock: the same input gives the same bytes.
        "datePublished": max(fact.created_at for fact in plan.facts.values()),
        "license": plan.config.licence or "unknown",
        "version": "1.0.0",
        "keywords": ["painting process", "key frames", "aesthetic assessment"],
        "distribution": [_file_set(name, pattern) for name, pattern, _, _ in tables],
        "recordSet": [_record_set(name, meaning, columns) for name, _, meaning, columns in tables],
    }


def _file_set(name: str, pattern: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{name}-files",
        "name": f"{name}-files",
        "encodingFormat": "application/x-parquet",
        "includes": pattern,
    }


def _record_set(name: str, meaning: str, columns: Mapping[str, Column]) -> dict[str, Any]:
    fields = [_field(f"{name}/{column}", column, col.doc, col.arrow, f"{name}-files") for column, col in columns.items()]
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "description": meaning, "field": fields}


def _field(identifier: str, column: str, meaning: str, dtype: pa.DataType, files: str, path: str = "") -> dict[str, Any]:
    """One field; `path` leads from the column's value to the field's where the column is a struct."""
    value: dict[str, Any] = {"@type": "cr:Field", "@id": identifier, "name": identifier, "description": meaning}
    if pa.types.is_list(dtype):
        value["repeated"] = True
        dtype = dtype.value_type
    if dtype == IMAGE:
        path = "bytes"
    elif pa.types.is_struct(dtype):
        children = (dtype.field(number) for number in range(dtype.num_fields))
        value["subField"] = [
            _field(f"{identifier}/{child.name}", column, f"{child.name} of {column}", child.type, files, child.name)
            for child in children
        ]
        return value
    source: dict[str, Any] = {"fileSet": {"@id": files}, "extract": {"column": column}}
    if path:
        source["transform"] = {"jsonPath": path}
    return value | {"dataType": _data_type(dtype), "source": source}


def _data_type(dtype: pa.DataType) -> str:
    if dtype == IMAGE:
        return "sc:ImageObject"
    if pa.types.is_floating(dtype):
        return "sc:Float"
    return "sc:Integer" if pa.types.is_integer(dtype) else "sc:Text"
