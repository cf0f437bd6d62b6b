"""The metrics of Table 1: worked by hand, and beside SciPy and scikit-learn."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import accuracy_score, mean_squared_error

from ppad_model.evaluation.metrics import METRICS, Floats, round_half_up

SRCC, PCC, MSE, ACC = METRICS
scores = st.integers(2, 20).map(lambda twice: twice / 2)


def repeated(values: Floats, counts: Floats) -> Floats:
    return np.repeat(values, counts.astype(int))


def test_a_worked_example() -> None:
    predicted, rated = [2.0, 4.0, 6.0, 9.0], [1.0, 5.0, 4.0, 10.0]
    # ranks 1 2 3 4 and 1 3 2 4: 1 - 6·(0 + 1 + 1 + 0) / (4·15) = 0.8
    assert SRCC(predicted, rated) == pytest.approx(0.8)
    # deviations -3.25 -1.25 0.75 3.75 and -4 0 -1 5: 31 / √(26.75 · 42)
    assert PCC(predicted, rated) == pytest.approx(31 / np.sqrt(26.75 * 42))
    assert MSE(predicted, rated) == (1 + 1 + 4 + 1) / 4
    assert ACC(predicted, rated) == 0.0


def test_halves_round_up_so_that_six_and_a_half_is_seven_as_seven_and_a_half_is_eight() -> None:
    assert round_half_up(np.array([6.5, 7.5, 6.49])).tolist() == [7, 8, 6]
    assert ACC([6.6, 7.4], [6.5, 7.5]) == 0.5


@given(st.lists(st.tuples(scores, scores, st.integers(0, 3)), min_size=6, max_size=30))
def test_metrics_agree_with_scipy_and_scikit_learn_on_rows_written_out(rows: list[tuple[float, float, int]]) -> None:
    predicted, rated, counts = (np.array(column, float) for column in zip(*rows, strict=True))
    x, y = repeated(predicted, counts), repeated(rated, counts)
    if np.sum(counts > 0) < 3 or len(set(x)) < 2 or len(set(y)) < 2:
        return
    found = {metric.name: metric.measure(predicted, rated, counts[None])[0] for metric in METRICS}
    assert found["srcc"] == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-9)
    assert found["pcc"] == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-9)
    assert found["mse"] == pytest.approx(mean_squared_error(y, x))
    assert found["acc"] == pytest.approx(accuracy_score(np.floor(y + 0.5), np.floor(x + 0.5)))


@pytest.mark.parametrize(
    ("predicted", "rated"),
    [
        ([5.0, 5.0, 5.0, 5.0], [1.0, 2.0, 3.0, 4.0]),
        ([5.0, 5.0 + 3e-7, 5.0, 5.0 - 2e-7], [1.0, 2.0, 3.0, 4.0]),  # what float32 leaves of a constant
        ([1.0, 2.0, 3.0, 4.0], [7.0, 7.0, 7.0, 7.0]),
        ([1.0, 2.0], [1.0, 2.0]),
    ],
    ids=["constant predictions", "a constant with noise of float32", "equal labels", "two rows"],
)
def test_a_correlation_that_says_nothing_is_no_number(predicted: list[float], rated: list[float]) -> None:
    assert np.isnan(SRCC(predicted, rated))
    assert np.isnan(PCC(predicted, rated))
    assert np.isfinite(MSE(predicted, rated))


def test_no_rows_say_nothing_at_all() -> None:
    assert all(np.isnan(metric([], [])) for metric in METRICS)


def test_the_example_of_the_guide_runs(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[4] / "docs" / "evaluate.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(code, "docs/evaluate.md", "exec"), {})  # noqa: S102 (our own page)
    assert capsys.readouterr().out == "{'SRCC': 0.8, 'PCC': 0.934, 'MSE': 0.475, 'rounded ACC': 0.75}\n"


def test_each_metric_knows_its_direction() -> None:
    good, bad = [1.0, 3.0, 6.0, 9.0], [9.0, 6.0, 3.0, 1.0]
    for metric in METRICS:
        assert (metric(good, good) > metric(bad, good)) == metric.higher_is_better
        assert metric.low <= metric(bad, good) <= metric.high
