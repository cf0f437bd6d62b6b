"""`ppad score` with judges of random weights: pictures, JSON, following, explanations, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner, Result

from fixtures.judged import NAMES, NOTICE, drawn_process, process_id, write_rated, write_run
from fixtures.paintings import grid_painting
from fixtures.runs import contents
from ppad.errors import ConfigError, RunError, WeightsError
from ppad.media.images import encode_image
from ppad.schema import Picture
from ppad.storage import Collection, Dataset
from ppad_model.evaluation.evaluating import Question, predict, prepare
from ppad_model.runs import Run, open_runs
from ppad_model.scoring.command import score
from ppad_model.scoring.explained import overlaid
from ppad_model.scoring.scored import Judge

app = typer.Typer()
app.command()(score)


def run_command(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [*map(str, arguments), "--device", "cpu"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a simulated dataset, a run that was trained on it, and the scores of two rows, explained."""
    folder = tmp_path_factory.mktemp("scored")
    root = write_rated(folder / "dataset", {"pretrain": 2, "test_synthetic": 4}, origin="simulated")
    write_run(folder / "run", root, train=range(2))
    result = run_command(folder / "run", process_id(3), process_id(4), "--dataset", root, "--explain", "--out", folder / "scores")
    assert result.exit_code == 0, result.output
    (folder / "printed.txt").write_text(result.output)
    return folder


def read(place: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((place / "scores" / f"{name}.json").read_text("utf-8"))
    return found


def test_each_process_has_a_picture_a_file_of_figures_and_an_explanation(place: Path) -> None:
    names = [process_id(3), process_id(4)]
    expected = {f"{name}{ending}" for name in names for ending in (".png", ".json", "-explained.png")} | {"experts.png"}
    assert {path.name for path in (place / "scores").iterdir()} == expected
    for name in expected:
        if name.endswith(".png"):
            with Image.open(place / "scores" / name) as picture:
                assert picture.width == 1600


def test_the_file_holds_the_curve_the_scores_and_the_card_of_the_run(place: Path) -> None:
    found = read(place, process_id(3))
    assert list(found["scores"]) == list(NAMES)
    assert found["scores"] == found["frames"][-1]["scores"]
    assert [frame["key_frame"] for frame in found["frames"]] == [1, 2, 4, 5]  # 4 of 5, evenly, the first and the last
    assert (found["key_frames"], found["reference"], found["final"]) == (5, "image", True)
    assert found["run"]["card"].startswith("ppjudge-tiny, trained on 2 processes of dataset (train).")
    assert found["run"]["notices"] == [NOTICE]
    assert found["run"]["validation_rmse"] == pytest.approx(dict.fromkeys(NAMES, 1.2))
    assert set(found["rated"]) == set(NAMES)


def test_the_scores_are_those_that_an_evaluation_measures(place: Path) -> None:
    prepared = prepare(open_runs([place / "run"]), Dataset.open(place / "dataset"), Question())
    (said,), _ = predict(prepared, place / "work", "cpu")
    row = said.scores[prepared.rows.ids.index(process_id(4))]
    assert list(read(place, process_id(4))["scores"].values()) == pytest.approx(row.tolist(), abs=2e-4)


def test_the_terminal_shows_the_scores_and_quotes_the_card(place: Path) -> None:
    text = " ".join((place / "printed.txt").read_text().split())
    assert f"Trained on: {NOTICE}" in text
    assert "Consis. S. S. Col. S." in text
    assert "Scored by run: ppjudge-tiny, trained on 2 processes of dataset" in text


def test_the_same_process_gives_the_same_bytes(place: Path, tmp_path: Path) -> None:
    run_command(place / "run", process_id(3), "--dataset", place / "dataset", "--explain", "--out", tmp_path)
    again, before = contents(tmp_path), contents(place / "scores")
    assert len(again) == 3
    assert again == {name: before[name] for name in again}


def test_one_bad_process_does_not_stop_the_others(place: Path, tmp_path: Path) -> None:
    collection = Collection(tmp_path / "collection")
    collection.write(drawn_process(1, frames=[Picture(bytes=b"damaged", path="0.png")] * 2), "0" * 12)
    collection.write(drawn_process(2), "0" * 12)
    result = run_command(place / "run", collection.root, "--out", tmp_path / "out", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert [failure["code"] for failure in report["failed"]] == ["media-unreadable"]
    assert [done["id"] for done in report["done"]] == [process_id(2)]
    assert list(report["done"][0]["scores"]) == list(NAMES)


def test_a_prompt_is_used_and_its_absence_is_said(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "processes" / "x.parquet"
    Collection(tmp_path).write(drawn_process(1, process_id="x", reference_kind="none", reference_image=None), "0" * 12)
    run_command(place / "run", file, "--out", tmp_path / "none")
    run_command(place / "run", file, "--prompt", "a red bar", "--out", tmp_path / "prompt")
    none, prompt = (json.loads((tmp_path / name / "x.json").read_text()) for name in ("none", "prompt"))
    assert (none["reference"], prompt["reference"]) == ("none", "prompt")
    assert none["scores"] != prompt["scores"]


def test_following_a_folder_ends_when_nothing_more_comes_and_leaves_the_final_scores(place: Path, tmp_path: Path) -> None:
    folder = tmp_path / "canvas"
    folder.mkdir()
    for number, frame in enumerate(grid_painting(cells=5, frames_per_cell=1, pause=0)):
        (folder / f"step{number}.png").write_bytes(encode_image(frame, "png"))
    result = run_command(place / "run", folder, "--follow", "--until-idle", "0", "--json", "--out", tmp_path / "out")
    printed = json.loads(result.stdout)
    stored = json.loads((tmp_path / "out" / "canvas.json").read_text())
    assert printed | {"files": None} == stored | {"files": None}
    assert stored["final"]
    assert stored["frames"][-1]["place"] == "step5.png"
    assert 2 <= len(stored["frames"]) <= 4


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--prompt", "a", "--reference", "b.png"], "not both"),
        (["--follow", "--explain"], "a process that has ended"),
        (["another", "--follow"], "2 processes cannot be followed at once"),
    ],
)
def test_options_that_contradict_each_other_are_refused(place: Path, more: list[str], words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        run_command(place / "run", place, *more)
    assert words in str(refused.value)


def test_untrained_weights_are_refused(place: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="Models with random weights are not used"):
        run_command(place / "run" / "best", place)
    with pytest.raises(RunError, match="There is no folder"):
        run_command(tmp_path / "nowhere", place)
    damaged = write_run(tmp_path / "run", place / "dataset")
    (damaged / "best" / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(WeightsError, match="does not fit its settings"):
        Run.open(damaged).load()


def test_only_a_judge_with_experts_can_be_explained(place: Path, tmp_path: Path) -> None:
    from ppad_model.registry import build_model

    run = write_run(tmp_path / "run", place / "dataset", model="gru-tiny")
    build_model("gru-tiny", image_size=16, width=4, hidden=8).save_pretrained(run / "best")
    with pytest.raises(ConfigError, match="gru-tiny cannot be explained"):
        run_command(run, process_id(3), "--dataset", place / "dataset", "--explain")
    result = run_command(run, process_id(3), "--dataset", place / "dataset", "--out", tmp_path / "out")
    assert result.exit_code == 0


def test_a_judge_of_a_rubric_that_does_not_ship_goes_by_the_names_of_its_attributes(place: Path, tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", place / "dataset", rubric="our-own", settings={"attributes": ("line_weight", "tone")})
    assert [attribute.name for attribute in Judge.of(Run.open(run)).attributes] == ["Line weight", "Tone"]
    result = run_command(run, process_id(3), "--dataset", place / "dataset", "--out", tmp_path / "out")
    assert result.exit_code == 0


def test_what_raised_a_score_is_warm_what_lowered_it_cold_and_nothing_stays_as_it_is() -> None:
    grey = np.full((4, 4, 3), 200, np.uint8)
    effect = np.array([[1.0, -1.0], [0.0, 0.5]])
    colored = overlaid(grey, effect, 1.0)
    assert colored[0, 0, 0] > colored[0, 0, 2]
    assert colored[0, 3, 2] > colored[0, 3, 0]
    assert (colored[3, 0] == 200).all()
    assert colored[3, 3, 0] > colored[3, 3, 2]
    assert (overlaid(grey, np.zeros((2, 2)), 0.0) == grey).all()
