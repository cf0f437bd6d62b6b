"""What is published holds what is tracked, and nothing else. `make package` installs it in an empty environment."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "ppad": "ppad",
    "pipelines/ppad_pipelines": "ppad_pipelines",
    "annotation_app/ppad_annotation": "ppad_annotation",
    "model/ppad_model": "ppad_model",
}
LEFT_OUT = (".ci/",)
"""Of the tree, what the sdist does not hold."""


def tree() -> set[str]:
    """Files of the tree, those that are not committed yet included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return {name for name in names if (ROOT / name).is_file()}


def built(target: str, folder: Path) -> Path:
    """The wheel or sdist of the tree."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    (archive,) = folder.iterdir()
    return archive


def test_the_wheel_holds_the_four_packages_with_their_data_files_and_nothing_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(built("wheel", tmp_path)) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        licence = [name for name in wheel.namelist() if name.endswith("licenses/LICENSE")]
    expected = {
        name.replace(folder, package, 1)
        for name in tree()
        for folder, package in PACKAGES.items()
        if name.startswith(f"{folder}/")
    }
    assert names == expected
    assert {
        "ppad/plotting/templates/collection.html",
        "ppad_annotation/app/static/main.js",
        "ppad/rubric/definitions/ppad-8.yaml",
    } <= names
    assert len(licence) == 1


def test_the_sdist_holds_the_tree_and_nothing_else(tmp_path: Path) -> None:
    with tarfile.open(built("sdist", tmp_path)) as sdist:
        names = {member.name.partition("/")[2] for member in sdist.getmembers() if member.isfile()}
    assert names - {"PKG-INFO"} == {name for name in tree() if not name.startswith(LEFT_OUT)}
