"""The version of the contract in each file."""

from __future__ import annotations

import hashlib
import json

import pytest

from ppad import __version__
from ppad.errors import ContractError
from ppad.schema import PROCESS_SCHEMA, FileMetadata, canonical_json, config_hash, read_metadata, with_metadata


def test_metadata_comes_back_as_it_was_written() -> None:
    schema = with_metadata(PROCESS_SCHEMA, "process", "0123456789ab")
    assert read_metadata(schema, "castle.parquet") == FileMetadata("process", 1, __version__, "0123456789ab")


def test_further_entries_stand_under_ppads_name() -> None:
    schema = with_metadata(PROCESS_SCHEMA, "process", "0" * 12, {"trace": "[]"})
    assert schema.metadata[b"ppad.trace"] == b"[]"


def test_the_features_of_the_datasets_library_travel_along() -> None:
    schema = with_metadata(PROCESS_SCHEMA, "process", "0" * 12)
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert sorted(features) == sorted(PROCESS_SCHEMA.names)


def test_a_file_of_a_newer_contract_is_refused_with_how_to_upgrade() -> None:
    schema = with_metadata(PROCESS_SCHEMA, "process", "0" * 12)
    newer = schema.with_metadata({**schema.metadata, b"ppad.contract_version": b"2"})
    with pytest.raises(ContractError) as caught:
        read_metadata(newer, "castle.parquet")
    assert caught.value.message == "castle.parquet follows contract version 2; this ppad reads 1 and older."
    assert caught.value.fix == "Run: pip install --upgrade ppad"


@pytest.mark.parametrize("missing", ["kind", "contract_version", "version", "config_hash"])
def test_a_file_that_does_not_say_what_it_follows_is_refused(missing: str) -> None:
    schema = with_metadata(PROCESS_SCHEMA, "process", "0" * 12)
    kept = {key: value for key, value in schema.metadata.items() if key != f"ppad.{missing}".encode()}
    with pytest.raises(ContractError, match="does not say which contract it follows"):
        read_metadata(schema.with_metadata(kept), "castle.parquet")


@pytest.mark.parametrize("version", [b"one", b"", b"\xff", b"1.5"])
def test_a_version_that_is_no_number_is_refused(version: bytes) -> None:
    schema = with_metadata(PROCESS_SCHEMA, "process", "0" * 12)
    with pytest.raises(ContractError, match="does not say which contract it follows"):
        read_metadata(schema.with_metadata({**schema.metadata, b"ppad.contract_version": version}), "castle.parquet")


def test_a_file_without_any_metadata_is_refused() -> None:
    with pytest.raises(ContractError):
        read_metadata(PROCESS_SCHEMA.remove_metadata(), "castle.parquet")


def test_equal_values_give_equal_text() -> None:
    assert canonical_json({"b": 1, "a": ["ä", None]}) == canonical_json({"a": ["ä", None], "b": 1}) == '{"a":["ä",null],"b":1}'


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"a": float("nan")})


def test_a_config_hash_is_the_first_12_digits_of_its_sha256() -> None:
    assert config_hash("{}") == hashlib.sha256(b"{}").hexdigest()[:12] == "44136fa355b3"
