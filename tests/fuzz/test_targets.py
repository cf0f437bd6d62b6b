"""What a fuzzer does for minutes, done for seconds: seeds, and some inputs that are the same in every run."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.__main__ import TARGETS
from tests.fuzz.driving import drive

ROOT = Path(__file__).parents[2]
EXAMPLES = {"documents": 400, "media": 60, "parquet": 80}


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_whatever_the_bytes_an_input_is_taken_or_refused_as_documented(name: str) -> None:
    drive(importlib.import_module(f"tests.fuzz.{name}"), EXAMPLES[name])


@pytest.mark.slow
def test_whatever_is_asked_of_the_app_it_answers_and_tells_nothing_of_others() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "forms", "--examples", "60"]  # apart: Gradio leaves things open
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]


FOUND = {
    "a stream without a decoder": ("media", "cd0d01012803cd01000d28005b0431012803cd01000d28005b"),
    "a shard that ends early": ("parquet", "01fd002803000001000a"),
    "size statistics that do not fit": ("parquet", "7f030375"),
}
"""Decisions that once broke a promise."""


@pytest.mark.parametrize("name", FOUND)
def test_what_once_broke_a_promise_keeps_it(name: str) -> None:
    target, decisions = FOUND[name]
    importlib.import_module(f"tests.fuzz.{target}").target(bytes.fromhex(decisions))


def test_every_target_can_be_driven() -> None:
    assert set(TARGETS) == {*EXAMPLES, "forms"}
