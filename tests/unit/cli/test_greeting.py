"""What `ppad` says when it is called alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ppad.cli.greeting import greet, leads


def commands(folder: Path) -> list[str]:
    """The first command of each lead."""
    return [lead.steps[0][0] for lead in leads(folder)]


def test_an_empty_folder_leads_to_the_demo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    greet(tmp_path)
    assert "ppad demo" in capsys.readouterr().out
    assert commands(tmp_path) == []


def test_recordings_lead_to_extract(tmp_path: Path) -> None:
    (tmp_path / "my films").mkdir()
    (tmp_path / "my films" / "castle.MP4").touch()
    (tmp_path / "my films" / "notes.txt").touch()
    assert commands(tmp_path) == ["ppad extract 'my films' --out collection"]
    assert next(leads(tmp_path)).what == "Recordings: 'my films'"


@pytest.mark.parametrize(
    ("made", "command"),
    [
        ("painted/processes/", "ppad show painted"),
        ("round-1/campaign.yaml", "ppad annotate serve round-1"),
        ("out/ratings.parquet", "ppad ratings agreement out/ratings.parquet"),
        ("ours/splits.parquet", "ppad train ours --out run"),
        ("first/run.json", "ppad evaluate first DATASET"),
    ],
)
def test_each_product_leads_to_the_command_that_takes_it(tmp_path: Path, made: str, command: str) -> None:
    target = tmp_path / made
    if made.endswith("/"):
        target.mkdir(parents=True)
    else:
        target.parent.mkdir()
        target.touch()
    (lead,) = leads(tmp_path)
    assert command in [shown for shown, _ in lead.steps]


def test_a_product_that_is_the_folder_itself_is_found(tmp_path: Path) -> None:
    (tmp_path / "processes").mkdir()
    assert commands(tmp_path) == ["ppad show ."]


def test_a_project_is_told_in_its_order(tmp_path: Path) -> None:
    for file in ("a-run/run.json", "dataset/splits.parquet", "videos/film.mkv"):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).touch()
    assert [command.split()[1] for command in commands(tmp_path)] == ["extract", "check", "evaluate"]
