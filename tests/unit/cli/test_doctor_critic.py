"""What `ppad doctor` says of the critic."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from ppad.cli.doctor import _of_rooms
from ppad_model.critic.findings import findings


def test_missing_weights_are_named_with_the_command_that_gets_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    weights = next(iter(findings()))
    assert (weights["state"], weights["fix"]) == ("missing", "hf download Qwen/Qwen2-VL-7B-Instruct")
    snapshot = tmp_path / "models--Qwen--Qwen2-VL-2B-Instruct" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").write_bytes(b"")
    assert (next(findings())["state"], next(findings())["found"]) == ("ok", "Qwen/Qwen2-VL-2B-Instruct")


def test_four_bits_are_there_where_their_package_is() -> None:
    found = importlib.util.find_spec("bitsandbytes") is not None
    assert list(findings())[1]["state"] == ("ok" if found else "missing")


def test_the_doctor_finds_what_rooms_say_through_their_entry_points() -> None:
    assert next(findings()) in _of_rooms()
