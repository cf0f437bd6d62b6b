"""An evaluation from rows to tables, on drawn datasets and judges of random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fixtures.judged import NAMES, NOTICE, process_id, true_score, write_rated, write_run
from ppad.errors import LeakError, NotFoundError, RubricError, UnratedError
from ppad.schema import Picture
from ppad.storage import Dataset
from ppad_model.evaluation.evaluating import Evaluation, Question, measure, predict, prepare
from ppad_model.evaluation.rows import read_rows
from ppad_model.runs import Run, open_runs

QUESTION = Question(draws=100)
SPLITS = {"train": 6, "test_real": 20}


def evaluated(root: Path, runs: list[Path], question: Question = QUESTION) -> Evaluation:
    prepared = prepare(open_runs(runs), Dataset.open(root), question)
    said, report = predict(prepared, root.parent / "work", "cpu")
    assert report.exit_code == 0
    return measure(prepared, said, question)


@pytest.fixture
def simple(tmp_path: Path) -> tuple[Path, Path]:
    """A dataset, and a run that was trained on its training split."""
    root = write_rated(tmp_path / "dataset", SPLITS)
    return root, write_run(tmp_path / "run", root, train=range(6))


def test_a_table_holds_the_run_its_final_frames_and_both_constants(simple: tuple[Path, Path]) -> None:
    root, run = simple
    (table,) = evaluated(root, [run]).tables
    assert (table.source, table.rows, table.clusters) == ("real", 20, 20)
    assert [(line.name, line.kind) for line in table.lines] == [
        ("run", "run"), ("run, final frame alone", "final frame"),
        ("constant: training mean", "constant"), ("constant: training mode", "mode"),
    ]  # fmt: skip
    rated = read_rows(Dataset.open(root)).rated
    assert table.lines[2].figures["mse"][0].value == pytest.approx(np.mean((rated[:, 0] - 5.5) ** 2))
    assert table.lines[3].figures["mse"][1].value == pytest.approx(np.mean((rated[:, 1] - 6) ** 2))


def test_predictions_are_those_of_the_model_on_the_whole_process_and_on_its_final_frame(simple: tuple[Path, Path]) -> None:
    from ppad_model.data import ReadExample, collate
    from ppad_model.packages import torch

    root, run = simple
    prepared = prepare(open_runs([run]), Dataset.open(root), QUESTION)
    (said,), _ = predict(prepared, root.parent / "work", "cpu")
    model = Run.open(run).load()
    example = ReadExample(model.config)(Dataset.open(root).read(process_id(9)))
    with torch.inference_mode():
        whole = model(collate([example]).frames, [example.reference]).scores[0]
        final = model(example.frames[None, -1:], [example.reference]).scores[0]
    place = prepared.rows.ids.index(process_id(9))
    assert said.scores[place] == pytest.approx(whole.numpy(), abs=2e-6)
    assert said.final[place] == pytest.approx(final.numpy(), abs=2e-6)


def test_what_was_predicted_before_a_kill_is_not_predicted_again(simple: tuple[Path, Path]) -> None:
    root, run = simple
    prepared = prepare(open_runs([run]), Dataset.open(root), QUESTION)
    work = root.parent / "work"
    first, report = predict(prepared, work, "cpu")
    assert (len(report.done), len(report.skipped)) == (2, 0)  # 20 rows, 16 a job
    (some, _) = sorted(work.glob("*.json"))
    some.unlink()
    again, report = predict(prepared, work, "cpu")
    assert (len(report.done), len(report.skipped)) == (1, 1)
    assert np.array_equal(first[0].scores, again[0].scores)


def test_other_weights_are_predicted_anew(simple: tuple[Path, Path]) -> None:
    root, run = simple
    predict(prepare(open_runs([run]), Dataset.open(root), QUESTION), root.parent / "work", "cpu")
    other = write_run(root.parent / "other", root, train=range(6), seed=1)
    _, report = predict(prepare(open_runs([other]), Dataset.open(root), QUESTION), root.parent / "work", "cpu")
    assert len(report.done) == 2


def test_a_damaged_process_is_left_out_of_all_lines_and_named(tmp_path: Path) -> None:
    broken = {"frames": [Picture(bytes=b"no picture", path="0.png")] * 3}
    root = write_rated(tmp_path / "dataset", SPLITS, changes={8: broken})
    found = evaluated(root, [write_run(tmp_path / "run", root, train=range(6))])
    assert found.tables[0].rows == 19
    assert [(failure.input, failure.code) for failure in found.failed] == [(process_id(8), "media-unreadable")]
    assert any("1 rows could not be read" in remark for remark in found.remarks)


def test_simulated_rows_are_measured_against_the_truth_too_and_say_what_they_are(tmp_path: Path) -> None:
    root = write_rated(
        tmp_path / "dataset", {"pretrain": 4, "test_synthetic": 24}, origin="simulated", held={27: "medium", 26: "medium"}
    )
    found = evaluated(root, [write_run(tmp_path / "run", root, train=range(4))])
    assert found.notice == NOTICE
    assert [(table.source, table.target) for table in found.tables] == [
        ("simulated", "rated"), ("simulated, held out: medium", "rated"),
        ("simulated", "true"), ("simulated, held out: medium", "true"),
    ]  # fmt: skip
    truth = next(line for line in found.tables[0].lines if line.kind == "truth")
    raters = next(line for line in found.tables[2].lines if line.kind == "truth")
    assert truth.figures["mse"][0].value == pytest.approx(raters.figures["mse"][0].value)  # what the raters' noise costs
    assert 0.9 < truth.figures["pcc"][-1].value < 1
    rows = read_rows(Dataset.open(root))
    assert rows.true is not None
    assert rows.true[0, 3] == true_score(4, 3)


def test_the_raters_ceiling_comes_from_the_ratings_of_the_evaluated_rows(simple: tuple[Path, Path]) -> None:
    root, run = simple
    ceiling = evaluated(root, [run]).ceilings["real"]["consistency"]
    assert ceiling.raters == pytest.approx(3)
    assert 0.9 < ceiling.reliability.value < 1
    assert ceiling.pcc.value == pytest.approx(ceiling.reliability.value**0.5)
    # each rater is off by -1, 0 or 1 and rounds: an error variance near 2/3 + 1/12, over three raters
    assert ceiling.mse == pytest.approx((2 / 3 + 1 / 12) / 3, rel=0.5)
    rated = read_rows(Dataset.open(root)).rated[:, 0]
    assert ceiling.spread == pytest.approx(np.std(rated, ddof=1))


def test_a_dataset_that_keeps_no_single_ratings_has_no_ceiling(simple: tuple[Path, Path]) -> None:
    root, run = simple
    (root / "ratings" / "ratings-00000-of-00001.parquet").unlink()
    ceiling = evaluated(root, [run]).ceilings["real"]["consistency"]
    assert np.isnan([ceiling.reliability.value, ceiling.pcc.value, ceiling.mse]).all()


def test_runs_with_other_training_labels_have_constants_of_their_own(simple: tuple[Path, Path]) -> None:
    root, run = simple
    labels = {name: {"mean": 3.0, "mode": 2.0} for name in NAMES}
    other = write_run(root.parent / "other", root, train=range(5), seed=1, labels=labels)
    (table,) = evaluated(root, [run, other]).tables
    assert [line.name for line in table.lines if line.kind == "constant"] == [
        "constant: training mean of run", "constant: training mean of other",
    ]  # fmt: skip
    pairs = {(one.first, one.second) for one in table.differences}
    assert ("run", "other") in pairs


def test_two_runs_of_one_name_are_told_apart_by_their_folders(simple: tuple[Path, Path]) -> None:
    root, _ = simple
    folders = [write_run(root.parent / place / "run", root, train=range(6)) for place in ("a", "b")]
    assert [run.name for run in open_runs(folders)] == ["a/run", "b/run"]


def test_a_leak_stops_everything_before_a_figure_and_if_allowed_is_said(simple: tuple[Path, Path]) -> None:
    root, _ = simple
    run = write_run(root.parent / "leaky", root, train=[0, 7])
    with pytest.raises(LeakError, match="leaky was trained on 1 of the evaluated processes"):
        prepare(open_runs([run]), Dataset.open(root), QUESTION)
    found = evaluated(root, [run], Question(draws=100, allowed=("seen",)))
    assert found.remarks[0].startswith("Leak, allowed by name: leaky was trained on 1 of the evaluated processes")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"attributes": NAMES[:7]}, "run scores consistency"),
        ({"score_low": 1.0, "score_high": 5.0}, "run scores 1 to 5; consistency"),
    ],
)
def test_a_model_of_another_rubric_is_refused(tmp_path: Path, settings: dict[str, Any], words: str) -> None:
    root = write_rated(tmp_path / "dataset", SPLITS)
    run = write_run(tmp_path / "run", root, train=range(6), settings=settings)
    with pytest.raises(RubricError, match=words):
        prepare(open_runs([run]), Dataset.open(root), QUESTION)


def test_a_dataset_without_ratings_or_without_the_split_is_refused(tmp_path: Path) -> None:
    unrated = Dataset.open(write_rated(tmp_path / "unrated", SPLITS, raters=0))
    with pytest.raises(UnratedError, match="has no ratings in test_real"):
        read_rows(unrated)
    trained = Dataset.open(write_rated(tmp_path / "trained", {"train": 3}))
    with pytest.raises(NotFoundError, match="no split for test; it has train"):
        read_rows(trained)
    with pytest.raises(NotFoundError, match="no split 'tset'"):
        read_rows(trained, ["tset"])
    assert len(read_rows(trained, ["train"])) == 3


def test_a_run_whose_scores_are_no_numbers_is_named(tmp_path: Path) -> None:
    from ppad_model.packages import safetensors

    root = write_rated(tmp_path / "dataset", SPLITS)
    run = write_run(tmp_path / "run", root, train=range(6))
    file = run / "best" / "model.safetensors"
    state = safetensors.load_file(file)
    state["classifier.4.bias"][2] = float("nan")
    safetensors.save_file(state, file, metadata={"format": "pt"})
    prepared = prepare(open_runs([run]), Dataset.open(root), QUESTION)
    said, _ = predict(prepared, tmp_path / "work", "cpu")
    assert said[0].failed[0].message == "run gives scores that are no numbers."
    with pytest.raises(UnratedError, match="Not one of the rows could be read and scored"):
        measure(prepared, said, QUESTION)


def test_the_work_files_hold_plain_json(simple: tuple[Path, Path]) -> None:
    root, run = simple
    predict(prepare(open_runs([run]), Dataset.open(root), QUESTION), root.parent / "work", "cpu")
    content = json.loads(next((root.parent / "work").glob("*.json")).read_text())
    assert set(content) == {"said", "failed"}
