"""What is said where the packages are missing."""

from __future__ import annotations

import importlib
import sys

import pytest

from ppad.errors import MissingExtraError


def test_a_missing_package_gives_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "diffusers", None)
    monkeypatch.delitem(sys.modules, "ppad_pipelines.synth.diffusion.packages", raising=False)
    with pytest.raises(MissingExtraError, match=r"diffusers.*pip install 'ppad\[synth\]'"):
        importlib.import_module("ppad_pipelines.synth.diffusion.packages")
