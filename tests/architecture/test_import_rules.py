"""The import rules hold, and a violation is caught."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    code = "from importlinter.cli import lint_imports; import sys; sys.exit(lint_imports(no_cache=True))"
    places = [str(folder / room) for room in (".", "pipelines", "annotation_app", "model")]
    paths = f"import sys; sys.path[:0] = {places!r}; "
    return subprocess.run([sys.executable, "-c", paths + code], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the packages and of the rules, to plant violations in."""
    for name in ("ppad", "pipelines", "annotation_app", "model"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_tree_keeps_every_rule(copy: Path) -> None:
    result = _lint(copy)
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


@pytest.mark.parametrize(
    ("file", "line", "rule"),
    [
        ("ppad/signals/change.py", "import ppad.media.images", "Inside ppad, imports go from top to bottom"),
        ("ppad/storage/clock.py", "import ppad_pipelines.extract.sources", "ppad imports no room"),
        ("ppad/stages/jobs.py", "import torch", "The core stays light"),
        ("pipelines/ppad_pipelines/extract/work.py", "import av", "av has one home"),
        ("ppad/media/images.py", "import cv2", "cv2 has one home"),
        ("annotation_app/ppad_annotation/service/queue.py", "import gradio", "The service of raters knows no web"),
        ("annotation_app/ppad_annotation/service/media.py", "import ppad_annotation.app", "The service of raters knows no web"),
        ("annotation_app/ppad_annotation/ratings/tables.py", "import fastapi", "The database and the web have one home"),
        ("pipelines/ppad_pipelines/build/scores.py", "import ppad_annotation", "Rooms import each other nowhere"),
        ("ppad/agreement/bias.py", "import sqlalchemy", "The core stays light"),
        ("pipelines/ppad_pipelines/cluster/crew.py", "import ray", "ray has one home"),
        ("model/ppad_model/losses.py", "import ppad_pipelines", "Rooms import each other nowhere"),
        ("model/ppad_model/losses.py", "import torch", "torch and its libraries enter the models' room by one door"),
    ],
)
def test_a_planted_violation_is_caught(copy: Path, file: str, line: str, rule: str) -> None:
    planted = copy / file
    planted.write_text(planted.read_text() + f"\n{line}\n")
    result = _lint(copy)
    assert result.returncode == 1
    assert f"{rule} BROKEN" in result.stdout
