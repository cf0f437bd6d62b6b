"""The data contract: typed records, Arrow schemas and checks, made from one definition."""

from ppad.schema.checks import Problem, check_dataset_rows, check_process_rows, check_rating_rows
from ppad.schema.columns import IMAGE, Column
from ppad.schema.configs import StageConfig, read_yaml
from ppad.schema.dataset import SPLITS, SPLITS_SCHEMA, SplitRecord, dataset_columns, dataset_schema
from ppad.schema.process import ORIGINS, PROCESS_COLUMNS, PROCESS_SCHEMA, REFERENCE_KINDS, Picture, ProcessRecord, Provenance
from ppad.schema.ratings import (
    RATING_KINDS,
    SCORED_KINDS,
    SIMULATED,
    RatingEventRecord,
    RatingRecord,
    rating_events_schema,
    ratings_schema,
)
from ppad.schema.rows import process_from_row, process_to_row
from ppad.schema.texts import json_value, yaml_value
from ppad.schema.versions import CONTRACT_VERSION, FileMetadata, canonical_json, config_hash, read_metadata, with_metadata

__all__ = [
    "CONTRACT_VERSION",
    "IMAGE",
    "ORIGINS",
    "PROCESS_COLUMNS",
    "PROCESS_SCHEMA",
    "RATING_KINDS",
    "REFERENCE_KINDS",
    "SCORED_KINDS",
    "SIMULATED",
    "SPLITS",
    "SPLITS_SCHEMA",
    "Column",
    "FileMetadata",
    "Picture",
    "Problem",
    "ProcessRecord",
    "Provenance",
    "RatingEventRecord",
    "RatingRecord",
    "SplitRecord",
    "StageConfig",
    "canonical_json",
    "check_dataset_rows",
    "check_process_rows",
    "check_rating_rows",
    "config_hash",
    "dataset_columns",
    "dataset_schema",
    "json_value",
    "process_from_row",
    "process_to_row",
    "rating_events_schema",
    "ratings_schema",
    "read_metadata",
    "read_yaml",
    "with_metadata",
    "yaml_value",
]
