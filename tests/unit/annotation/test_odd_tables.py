"""Tables and files that begin a campaign, and are not what they should be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.campaigns import at
from ppad.errors import BackupError, ConfigError
from ppad.rubric import load_rubric
from ppad_annotation.service.backup import read_manifest
from ppad_annotation.service.database import Database
from ppad_annotation.service.pairs import read_pairs
from ppad_annotation.service.raters import import_raters
from ppad_annotation.service.references import read_references
from ppad_annotation.service.workspace import Workspace

RUBRIC = load_rubric("ppad-8")
NO_TABLES = [b"login,process_id,role\n\xff,x,gold\n", b'login,process_id,role\n"a', b"login\n" + b"a" * 200_000]


@pytest.mark.parametrize("data", NO_TABLES, ids=["latin-1", "open quote", "long cell"])
@pytest.mark.parametrize(
    "read",
    [
        lambda file: read_references(file, RUBRIC),
        lambda file: read_pairs([file], RUBRIC),
        lambda file: import_raters(Database.open(f"sqlite:///{file}.sqlite"), file, at()),
    ],
    ids=["references", "pairs", "raters"],
)
def test_what_is_no_table_is_refused_by_its_name(tmp_path: Path, data: bytes, read: Callable[[Path], Any]) -> None:
    (tmp_path / "t.csv").write_bytes(data)
    with pytest.raises(ConfigError, match=r"^t\.csv is not (UTF-8|CSV)"):
        read(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[1]", "there is no process_id, or no scores"),
        ('{"process_id": "p", "scores": [1]}', "there is no process_id, or no scores"),
        ('{"process_id": null, "scores": {}}', "there is no process_id, or no scores"),
        ('{"process_id": "p", "scores": {"consistency": NaN}}', "a score is nan"),
        ('{"process_id": "p", "scores": {"consistency": [7]}}', r"a score is \[7\]"),
        ('{"process_id": "p", "scores": {"consistency": 1e999}}', "a score is inf"),
        ("[" * 100_000, "is not JSON"),
        ('{"process_id": "\\ud800", "scores": {}}', "is not JSON"),
    ],
)
def test_an_assessment_of_another_shape_is_refused_by_its_line(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "judge.jsonl").write_text(f"\n{line}\n")
    with pytest.raises(ConfigError, match=rf"^judge\.jsonl, line 2.*{said}"):
        read_pairs([tmp_path / "judge.jsonl"], RUBRIC)


@pytest.mark.parametrize("value", [[], {}, {"kind": "sqlite"}, "x", None])
def test_a_manifest_of_another_shape_is_no_backup(tmp_path: Path, value: object) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(value))
    with pytest.raises(BackupError, match="is no finished backup"):
        read_manifest(tmp_path)


def test_a_manifest_of_another_database_is_no_backup(tmp_path: Path) -> None:
    sound = {"version": "1", "campaign": "c", "created_at": "x", "kind": "sqlite", "sha256": "0", "events": 0, "chain_hash": "0"}
    rest = {"number": 1, "counts": {}, "pictures": 0}
    (tmp_path / "manifest.json").write_text(json.dumps(sound | rest))
    assert read_manifest(tmp_path).kind == "sqlite"
    (tmp_path / "manifest.json").write_text(json.dumps(sound | rest | {"kind": "oracle"}))
    with pytest.raises(BackupError, match="is no finished backup"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("data", [b"database: !!int ''", b"[" * 3000, b"\xff", b"- database", b""])
def test_settings_of_a_campaign_that_name_no_database_are_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "campaign.yaml").write_bytes(data)
    with pytest.raises(ConfigError, match="does not say 'database: …'"):
        _ = Workspace(tmp_path).database
