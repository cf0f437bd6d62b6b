"""`ppad synth fit`: habits that made a collection are found again, on what was held out; a search that was stopped goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from fixtures.runs import Silent
from ppad.errors import ConfigError, NoInputsError, NotFoundError
from ppad.stages import InProcess
from ppad_pipelines.synth.fit.run import Fitted, Wish, fit_planner, record_file, refuse_unknown_medium
from ppad_pipelines.synth.fit.space import DEFAULTS, space_of
from ppad_pipelines.synth.inputs import Motif
from ppad_pipelines.synth.run import synthesize
from ppad_pipelines.synth.strokes.engine import StrokesConfig
from ppad_pipelines.synth.strokes.habits import Habits

WORDS = ("a house", "a boat on the sea", "a forest", "a desert", "a town at night", "mountains", "a portrait", "still life")
HABITS = {"brush": 2.0, "tolerance": 3.0, "revisits": 0.45, "stages": 4, "sketch": False}
"""Of the painter that the reference is by: broad, loose, restless, one part after the other, without a drawing."""
WISH = Wish(side=64, evaluations=48, most=8)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("fit") / "reference"
    config = StrokesConfig(size=64, frames=8, **HABITS)  # type: ignore[arg-type]
    motifs = [Motif(words, words) for words in WORDS]
    synthesize("strokes", config, motifs, out, InProcess(), Silent(), codec="png", is_filtered=False)
    return out


@pytest.fixture(scope="module")
def fitted(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Fitted, Path]:
    out = tmp_path_factory.mktemp("planner") / "planner.yaml"
    return fit_planner([reference], out, WISH, InProcess(), Silent()), out


def test_habits_that_made_a_collection_are_found_better_than_the_usual_ones(fitted: tuple[Fitted, Path]) -> None:
    found, _ = fitted
    before, after = found.means
    assert (found.fitted_to, found.held_out) == (4, 4)
    assert after < 0.7 * before
    assert found.habits.brush > 1.2
    assert found.habits.revisits > 0.15


def test_the_settings_that_are_written_are_those_of_the_stroke_engine(fitted: tuple[Fitted, Path]) -> None:
    found, out = fitted
    assert StrokesConfig.load(out).habits() == found.habits
    assert StrokesConfig.load(out, size=96).medium == "oil"
    head = out.read_text().splitlines()
    assert head[0].startswith("# Habits of the stroke planner (strokes 2), fitted to reference: 4 processes")
    assert yaml.safe_load(out.read_text())["brush"] == found.habits.brush


def test_a_search_that_was_stopped_goes_on_and_one_that_was_finished_tries_nothing(
    reference: Path, fitted: tuple[Fitted, Path], tmp_path: Path
) -> None:
    found, out = fitted
    lines = record_file(out).read_text().splitlines()
    evaluated = [line for line in lines[1:] if line]
    record_file(tmp_path / "p.yaml").write_text("\n".join([lines[0], *evaluated[:12], evaluated[12][:30]]))
    listener = Silent()
    again = fit_planner([reference], tmp_path / "p.yaml", WISH, InProcess(), listener)
    assert again == found
    assert (tmp_path / "p.yaml").read_bytes() == out.read_bytes()
    assert sum(kind == "done" for kind, _ in listener.events) == len(evaluated) - 12
    finished = Silent()
    fit_planner([reference], tmp_path / "p.yaml", WISH, InProcess(), finished)
    assert finished.events == []


def test_a_record_of_another_search_is_not_used(reference: Path, fitted: tuple[Fitted, Path], tmp_path: Path) -> None:
    lines = record_file(fitted[1]).read_text().splitlines()
    record_file(tmp_path / "p.yaml").write_text("\n".join([json.dumps({"search": "another"}), *lines[1:]]))
    listener = Silent()
    fit_planner([reference], tmp_path / "p.yaml", Wish(side=64, evaluations=16, most=8), InProcess(), listener)
    assert sum(kind == "done" for kind, _ in listener.events) >= 10


def test_habits_come_back_from_their_place_in_the_search() -> None:
    space = space_of("oil", has_clock=True)
    for habits in (DEFAULTS, Habits(sketch=True, ground="toned", brush=2.0, revisits=0.3, stages=5, pace=1.5)):
        assert space.habits(space.vector(habits)) == habits


def test_what_a_medium_cannot_vary_is_not_searched() -> None:
    names = {axis.name for axis in space_of("watercolour", has_clock=False).axes}
    assert not {"ground", "pace"} & names


def test_too_few_processes_are_refused(reference: Path, tmp_path: Path) -> None:
    (tmp_path / "few" / "processes").mkdir(parents=True)
    for path in sorted((reference / "processes").iterdir())[:3]:
        (tmp_path / "few" / "processes" / path.name).write_bytes(path.read_bytes())
    with pytest.raises(NoInputsError, match="3 processes of the reference"):
        fit_planner([tmp_path / "few"], tmp_path / "p.yaml", WISH, InProcess(), Silent())
    with pytest.raises(NotFoundError):
        fit_planner([tmp_path / "none"], tmp_path / "p.yaml", WISH, InProcess(), Silent())
    with pytest.raises(ConfigError, match="no medium 'gouache'"):
        refuse_unknown_medium("gouache")
