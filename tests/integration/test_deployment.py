"""The files under `annotation_app/deploy`: every command in them is one that ppad understands, and no secret is in them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from ppad_annotation.command import annotate
from ppad_annotation.service.workspace import URL_VARIABLE

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "annotation_app" / "deploy"


def commands() -> list[list[str]]:
    """What follows `ppad annotate` in the image and in the units."""
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    image = json.loads(re.findall(r"^CMD (.*)", dockerfile, re.MULTILINE)[-1])
    units = [
        shlex.split(line.split("annotate ", 1)[1])
        for file in DEPLOY.glob("*.service")
        for line in file.read_text().splitlines()
        if line.startswith("ExecStart=")
    ]
    return [image, *units]


@pytest.mark.parametrize("arguments", commands(), ids=lambda arguments: arguments[0])
def test_a_command_of_the_deployment_is_understood(arguments: list[str]) -> None:
    group: Any = typer.main.get_command(annotate)
    parsed = group.commands[arguments[0]].make_context(arguments[0], list(arguments[1:]))
    assert parsed.params["campaign"]


def test_compose_names_files_and_variables_that_exist() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    app = compose["services"]["app"]
    assert (DEPLOY / app["build"]["context"]).resolve() == ROOT
    assert (ROOT / app["build"]["dockerfile"]).is_file()
    assert URL_VARIABLE in app["environment"]
    asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text()))
    offered = dict(re.findall(r"^(\w+)=(.*)", (DEPLOY / "environment.example").read_text(), re.MULTILINE))
    assert asked == set(offered)
    assert offered["PPAD_DATABASE_PASSWORD"] == ""
    assert "ports" not in compose["services"]["database"] and "ports" not in app
    assert compose["networks"]["inside"] == {"internal": True}


def test_what_the_image_copies_is_there() -> None:
    copied = [
        part
        for line in re.findall(r"^COPY (.*)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
        for part in line.split()[:-1]
    ]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    let_through = re.findall(r"^!(.*)", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    assert sorted(let_through) == sorted(copied)
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {package.split("/")[0] for package in wheel} <= set(copied)


def test_what_the_image_installs_are_extras_that_exist() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for file in ("Dockerfile", "ppad-annotate.service"):
        (wanted,) = re.findall(r"'(?:\.|ppad)\[([\w,]+)\]'", (DEPLOY / file).read_text())
        assert set(wanted.split(",")) <= set(extras)


def test_the_backup_is_made_of_the_campaign_that_is_served_and_the_timer_starts_it() -> None:
    served, saved = (
        next(words for words in commands() if words[0] == name and words[1].startswith("/var")) for name in ("serve", "backup")
    )
    assert served[1] == saved[1]
    state = re.findall(r"^StateDirectory=(.*)", (DEPLOY / "ppad-annotate-backup.service").read_text(), re.MULTILINE)
    assert saved[saved.index("--out") + 1].startswith(f"/var/lib/{state[0]}/")
    assert (DEPLOY / "ppad-annotate-backup.timer").with_suffix(".service").is_file()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("unit", sorted(path.name for path in DEPLOY.glob("ppad-*")))
def test_systemd_understands_the_units(unit: str) -> None:
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(DEPLOY / unit)], capture_output=True, text=True, check=False
    )
    complaints = [line for line in result.stderr.splitlines() if unit in line and "is not executable" not in line]
    assert complaints == []
