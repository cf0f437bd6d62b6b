"""`ppad critic evaluate` on a critic that was really trained: figures, a page, and what a kill leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from fixtures.artworks import artworks_dataset
from ppad.errors import LeakError, WeightsError
from ppad.storage import Dataset
from ppad_model.critic.evaluation.command import evaluate
from ppad_model.critic.evaluation.evaluating import listen, open_critics, prepare
from ppad_model.critic.planning import make_critic_plan
from ppad_model.critic.training import train_critic
from ppad_model.evaluation.evaluating import Question
from ppad_model.training.devices import Machine

QUICK: dict[str, Any] = {
    "validation": 0.2,
    "pretrain": {"epochs": 1, "batch": 4},
    "critic": {"use_rubric": False, "picture_tokens": 9, "paragraph_tokens": 8},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A critic's run and its dataset."""
    folder = tmp_path_factory.mktemp("evaluated")
    dataset = artworks_dataset(folder, 15)
    train_critic(make_critic_plan(Dataset.open(dataset), folder / "run", QUICK), folder / "run", Machine(), quiet=True)
    return folder / "run", dataset


def evaluated(*folders: Path, **options: Any) -> int:
    """The exit code of the command."""
    usual = dict.fromkeys(("encoder", "split", "base", "out", "allow_leak"))
    usual |= {"group": "", "no_text": False, "draws": 100, "seed": 0, "device": "cpu", "dry_run": False, "as_json": True}
    with pytest.raises(typer.Exit) as end:
        evaluate(list(folders), **(usual | options))
    return end.value.exit_code


def test_a_trained_critic_is_measured_and_the_same_command_writes_nothing_twice(
    trained: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, dataset = trained
    assert evaluated(run, dataset, out=tmp_path) == 0
    first = json.loads(capsys.readouterr().out)
    lines = {line["name"] for line in first["tables"][0]["lines"]}
    assert lines == {"run", "constant: training mean", "constant: training mode"}
    assert set(first["texts"]) == {"run", "the raters"}
    assert (tmp_path / "index.html").is_file()
    assert any("random weights" in remark for remark in first["remarks"])
    said = {file: file.stat().st_mtime_ns for file in (tmp_path / ".ppad").iterdir()}
    assert evaluated(run, dataset, out=tmp_path) == 0
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / ".ppad").iterdir()} == said
    assert json.loads(capsys.readouterr().out) == first


def test_scores_alone_are_those_that_come_with_words(trained: tuple[Path, Path], tmp_path: Path) -> None:
    run, dataset = trained
    prepared = prepare(open_critics([run]), Dataset.open(dataset), Question())
    (aloud,), _ = listen(prepared, tmp_path, "cpu")
    (silent,), _ = listen(prepared, tmp_path, "cpu", text=False)
    assert silent.scores == pytest.approx(aloud.scores, abs=1e-4)
    assert all(critique is not None and not critique.prose for critique in silent.critiques)


def test_works_that_it_learned_from_are_refused_by_name(trained: tuple[Path, Path]) -> None:
    run, dataset = trained
    with pytest.raises(LeakError, match="was trained on"):
        prepare(open_critics([run]), Dataset.open(dataset), Question(splits=("pretrain",)))


def test_an_encoder_that_is_missing_is_named_before_anything_is_written(trained: tuple[Path, Path], tmp_path: Path) -> None:
    run, dataset = trained
    with pytest.raises(WeightsError, match="nobody/nothing is not on this machine"):
        evaluate(
            [run, dataset], encoder="nobody/nothing", split=None, group="", no_text=False, base=None, out=tmp_path / "out",
            allow_leak=None, draws=100, seed=0, device="cpu", dry_run=False, as_json=True,
        )  # fmt: skip
    assert not (tmp_path / "out").exists()
