"""The shell completes commands and options."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def complete(words: str) -> list[str]:
    """What bash is offered after these words."""
    environment = os.environ | {"_PPAD_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    code = "import sys; sys.argv = ['ppad']; from ppad.cli.main import main; main()"
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    return result.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [("ppad synth st", ["strokes"]), ("ppad extract --min", ["--min-frames"])],
)
def test_bash_is_offered_what_fits(words: str, offered: list[str]) -> None:
    assert complete(words) == offered
