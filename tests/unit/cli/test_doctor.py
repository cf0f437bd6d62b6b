"""What `ppad doctor` finds of extras and rooms."""

from __future__ import annotations

import importlib.metadata
import tomllib
from pathlib import Path

import pytest

from ppad.cli import doctor
from ppad_pipelines.synth import health
from ppad_pipelines.synth.diffusion import weights

PROJECT = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))["project"]


def test_every_extra_for_users_is_looked_at() -> None:
    declared = set(PROJECT["optional-dependencies"]) - doctor.NOT_FOR_USERS
    assert set(doctor.extras()) == declared
    assert {"av", "opencv-python-headless"} <= set(doctor.extras()["extract"])


def test_a_missing_package_is_named_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        importlib.metadata, "requires", lambda _: ['av>=15; extra == "extract"', 'no-such-thing; extra == "extract"']
    )
    (found,) = doctor._extras()
    assert (found["state"], found["found"], found["fix"]) == ("missing", "without no-such-thing", "pip install 'ppad[extract]'")


def test_engines_are_told_with_what_they_lack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "in_cache", lambda model: model.startswith("lllyasviel/"))
    found = {finding["what"]: finding for finding in health.findings()}
    assert found["engine strokes"]["state"] == "ok"
    assert found["engine paints-undo"]["state"] == "ok"
    assert found["engine processpainter"]["state"] == "missing"
    assert "nicolaus-huang/ProcessPainter" in found["engine processpainter"]["found"]
    assert "lllyasviel" not in found["engine processpainter"]["found"]


def test_a_model_that_was_never_downloaded_is_not_in_the_cache() -> None:
    assert not weights.in_cache("nobody/has-this-model")
