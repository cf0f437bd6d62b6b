"""The version of the contract, and the metadata that every Parquet file carries."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from ppad import __version__
from ppad.errors import ContractError
from ppad.schema.columns import hf_features

CONTRACT_VERSION = 1
READABLE_VERSIONS = (1,)

KINDS = ("process", "dataset", "ratings", "rating_events", "splits")


@dataclass(frozen=True, slots=True)
class FileMetadata:
    """The part of a Parquet file's metadata that is PPAD's."""

    kind: str
    contract_version: int
    package_version: str
    config_hash: str


def config_hash(config_json: str) -> str:
    """The first 12 hexadecimal digits of the SHA-256 of a config in canonical JSON."""
    return hashlib.sha256(config_json.encode()).hexdigest()[:12]


def canonical_json(value: object) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def with_metadata(schema: pa.Schema, kind: str, config: str, extra: Mapping[str, str] | None = None) -> pa.Schema:
    """The schema with PPAD's file metadata and the features of `datasets` attached.

    Args:
        kind: one of `KINDS`.
        config: hash of the settings that wrote the file, from `config_hash`.
        extra: further entries, stored under `ppad.<name>`.
    """
    metadata = {
        "ppad.kind": kind,
        "ppad.contract_version": str(CONTRACT_VERSION),
        "ppad.version": __version__,
        "ppad.config_hash": config,
        "huggingface": canonical_json({"info": {"features": hf_features(schema)}}),
    }
    metadata.update({f"ppad.{name}": value for name, value in (extra or {}).items()})
    return schema.with_metadata(metadata)


def read_metadata(schema: pa.Schema, place: str) -> FileMetadata:
    """PPAD's metadata of a file.

    Raises:
        ContractError: the file is not PPAD's, or a newer PPAD wrote it.
    """
    raw = schema.metadata or {}
    try:
        found = {name: raw[f"ppad.{name}".encode()].decode() for name in ("kind", "contract_version", "version", "config_hash")}
        version = int(found["contract_version"])
    except (KeyError, ValueError) as error:
        raise ContractError(f"{place} does not say which contract it follows.", "Write it with ppad.") from error
    if version not in READABLE_VERSIONS:
        raise ContractError(
            f"{place} follows contract version {version}; this ppad reads {READABLE_VERSIONS[-1]} and older.",
            "Run: pip install --upgrade ppad",
        )
    return FileMetadata(found["kind"], version, found["version"], found["config_hash"])
