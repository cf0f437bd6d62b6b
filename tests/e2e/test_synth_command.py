"""`ppad synth` as a user types it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ppad_pipelines.synth.command import SUMMARIES
from ppad_pipelines.synth.registry import ENGINES


def synth(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ppad", "synth", *map(str, arguments)]
    environment = os.environ | {"COLUMNS": "120", "NO_COLOR": "1"}
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=environment)


def test_a_dry_run_names_every_process_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("a boat\na tree\n")
    result = synth("strokes", "--prompts", "p.txt", "--variants", "2", "--out", "c", "--dry-run", "--json", cwd=tmp_path)
    lines = json.loads(result.stdout)
    assert [(line["input"], line["action"]) for line in lines] == [("a boat", "paint")] * 2 + [("a tree", "paint")] * 2
    assert all(re.fullmatch(r"a-(boat|tree)-[0-9a-f]{12}", line["id"]) for line in lines)
    assert not (tmp_path / "c").exists()


def test_a_run_says_what_it_did_and_a_second_one_that_it_was_done(tmp_path: Path) -> None:
    arguments = ["strokes", "--prompt", "a boat", "--out", "c", "--size", "64", "--frames", "4", "--set", "brush=1.5"]
    first = synth(*arguments, "--json", cwd=tmp_path)
    assert (first.returncode, json.loads(first.stdout)["done"][0]["key frames"]) == (0, 4)
    again = synth(*arguments, cwd=tmp_path)
    assert re.search(r"already done\s+1", again.stderr)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["strokes", "--prompt", "x", "--set", "brushes=2"], "config-invalid", "Unknown key 'brushes', did you mean 'brush'?"),
        (["strokes", "--prompt", "x", "--set", "revisits=2"], "config-invalid", "'revisits'"),
        (["strokes", "--prompt", " "], "no-inputs", "There is nothing to paint."),
        (["strokes", "--images", "none"], "not-found", "There is no picture or folder none."),
        (["paints-undo", "--prompt", "x"], "licence-not-allowed", "--allow-license openrail"),
        (["convert", "strokes"], "config-invalid", "This engine has no weights to convert."),
        (["convert", "paint-undo"], "not-found", "Did you mean 'paints-undo'?"),
        (["fit", "none"], "not-found", "none is not a collection"),
    ],
)
def test_wrong_input_is_one_sentence_with_a_code(tmp_path: Path, arguments: list[str], code: str, words: str) -> None:
    result = synth(*arguments, "--out", "c", cwd=tmp_path)
    assert result.returncode == 2
    assert f"[{code}]" in result.stderr
    assert words in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "c").exists()


def test_weights_that_cannot_be_fetched_are_asked_for_by_name_and_place(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    result = subprocess.run(
        [sys.executable, "-m", "ppad", "synth", "paints-undo", "--images", "a.png", "--out", "c", "--allow-license", "openrail"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf"), "NO_COLOR": "1", "COLUMNS": "200"},
    )  # fmt: skip
    words = " ".join(result.stderr.split())
    assert result.returncode == 2
    assert "[weights-unusable]" in words
    assert "Put these files into a folder and give it as the model: unet/config.json" in words


def test_every_engine_of_the_registry_has_its_command() -> None:
    assert list(SUMMARIES) == list(ENGINES)


def test_an_engine_that_is_misspelt_is_refused_with_a_guess(tmp_path: Path) -> None:
    result = synth("stroke", "--prompt", "x", "--out", "c", cwd=tmp_path)
    assert result.returncode == 2
    assert "strokes" in result.stderr
