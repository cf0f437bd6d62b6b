"""Each figure of a critic's texts and scores against a second implementation, and on texts whose answer is known."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.metrics import mean_absolute_error as published_mae
from sklearn.metrics.pairwise import cosine_similarity

from ppad_model.critic.evaluation.nearness import most_central, nearness
from ppad_model.critic.evaluation.reading import FEWEST_TEXTS, learn_reader, read_scores
from ppad_model.critic.evaluation.within import within_groups
from ppad_model.critic.evaluation.wording import copied, distinct, lengths, repetition, shared_budget, words
from ppad_model.evaluation.metrics import mean_absolute_error
from ppad_model.evaluation.resampling import resampled_mean

RNG = np.random.default_rng(3)


def units(*shape: int) -> np.ndarray:
    found = RNG.normal(size=shape)
    return found / np.linalg.norm(found, axis=-1, keepdims=True)


def written_out(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.repeat(values, counts.astype(int))


def test_mae_is_the_published_one_on_rows_written_out() -> None:
    one, other, counts = RNG.normal(size=30), RNG.normal(size=30), RNG.integers(0, 4, (5, 30)).astype(float)
    expected = [published_mae(written_out(other, row), written_out(one, row)) for row in counts]
    assert mean_absolute_error(one, other, counts) == pytest.approx(expected)


def test_a_resampled_mean_is_that_of_the_rows_written_out_and_leaves_out_what_says_nothing() -> None:
    values, counts = RNG.normal(size=40), RNG.integers(0, 3, (200, 40)).astype(float)
    values[::7] = np.nan
    estimate, p = resampled_mean(values, counts)
    means = [np.nanmean(written_out(values, row)) for row in counts]
    assert estimate.value == pytest.approx(np.nanmean(values))
    assert (estimate.low, estimate.high) == pytest.approx(tuple(np.quantile(means, (0.025, 0.975))))
    assert 0 < p <= 1
    assert np.isnan(resampled_mean(np.full(3, np.nan), counts[:, :3])[0].value)


def test_nearness_is_the_mean_cosine_of_every_pair() -> None:
    said = [units(count, 8) for count in (2, 3, 0, 1, 2)]
    written, generic, clusters = units(5, 8), units(8), ["a", "b", "c", "b", "d"]
    found = nearness(written, said, clusters, generic)
    for row in (0, 1, 3, 4):
        strangers = [other for other in (0, 1, 3, 4) if clusters[other] != clusters[row]]
        assert found.matched[row] == pytest.approx(cosine_similarity(written[[row]], said[row]).mean())
        expected = np.mean([cosine_similarity(written[[row]], said[other]).mean() for other in strangers])
        assert found.mismatched[row] == pytest.approx(expected)
        assert found.generic[row] == pytest.approx(cosine_similarity(generic[None], said[row]).mean())
    pairs = [float(one @ other) for one, other in combinations(said[1], 2)]
    assert found.human[1] == pytest.approx(np.mean(pairs))
    assert np.isnan([found.matched[2], found.mismatched[2], found.generic[2], found.human[2], found.human[3]]).all()


def test_nothing_written_is_near_to_nothing() -> None:
    found = nearness(np.zeros((2, 8)), [units(2, 8), units(1, 8)], ["a", "b"], units(8))
    assert found.matched.tolist() == [0, 0]


def test_the_most_central_text_has_the_largest_mean_cosine() -> None:
    embedded = units(20, 6)
    assert most_central(embedded) == int(cosine_similarity(embedded).mean(axis=1).argmax())


def test_a_reader_is_ridge_regression_with_the_penalty_that_leaving_one_out_chooses() -> None:
    embedded = units(60, 10)
    scores = embedded @ RNG.normal(size=10) * 3 + RNG.normal(size=60) + 5
    reader = learn_reader(embedded, scores)
    assert reader is not None
    chosen = RidgeCV(alphas=[10.0**power for power in range(-3, 4)]).fit(embedded, scores)
    assert reader.penalty == chosen.alpha_
    again = Ridge(alpha=reader.penalty, solver="svd").fit(embedded, scores)
    assert reader(embedded) == pytest.approx(again.predict(embedded))


def test_a_reader_leaves_out_what_says_nothing_and_knows_when_it_knows_nothing() -> None:
    embedded, scores = units(FEWEST_TEXTS + 1, 4), RNG.normal(size=FEWEST_TEXTS + 1)
    assert learn_reader(embedded, np.full(FEWEST_TEXTS + 1, 5.0)) is None
    embedded[0], scores[1] = 0, np.nan
    assert learn_reader(embedded, scores) is None
    assert np.isnan(read_scores([None], [embedded])).all()


def test_within_group_correlations_are_those_of_departures_from_the_groups_means() -> None:
    groups = [*"aaaabbbbbccd", ""]
    effect = np.array([{"a": 0.0, "b": 9.0, "c": -7.0}.get(name, 3.0) for name in groups])
    one, other = effect + RNG.normal(size=13), -effect + RNG.normal(size=13)
    one[2] = np.nan
    pearson, spearman = within_groups(one, other, groups, np.zeros((0, 13)))
    table = pd.DataFrame({"group": groups, "one": one, "other": other}).dropna()
    table = table[table.group.isin(["a", "b", "c"])]
    centred = table.groupby("group")[["one", "other"]].transform(lambda column: column - column.mean())
    assert pearson.value == pytest.approx(np.corrcoef(centred.one, centred.other)[0, 1])
    ranks = table.groupby("group")[["one", "other"]].transform(rankdata)
    ranks -= ranks.groupby(table.group).transform("mean")
    assert spearman.value == pytest.approx(np.corrcoef(ranks.one, ranks.other)[0, 1])
    assert np.corrcoef(table.one, table.other)[0, 1] < -0.9 < pearson.value


def test_within_group_correlations_of_resamples_are_those_of_the_rows_written_out() -> None:
    groups = np.array(list("aaaabbbb"))
    one, other, counts = RNG.normal(size=8), RNG.normal(size=8), RNG.integers(1, 4, (60, 8)).astype(float)
    found = within_groups(one, other, list(groups), counts)[0]
    drawn = []
    for row in counts:
        table = pd.DataFrame({"g": np.repeat(groups, row.astype(int)), "x": written_out(one, row), "y": written_out(other, row)})
        centred = table.groupby("g")[["x", "y"]].transform(lambda column: column - column.mean())
        drawn.append(np.corrcoef(centred.x, centred.y)[0, 1])
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, (0.025, 0.975))))


def test_a_constant_and_single_works_say_nothing_within_groups() -> None:
    for predicted, groups in ((np.ones(6), list("aaabbb")), (RNG.normal(size=6), list("abcdef"))):
        pearson, spearman = within_groups(predicted, RNG.normal(size=6), groups, np.ones((1, 6)))
        assert np.isnan([pearson.value, spearman.value]).all()


def test_words_are_counted_in_any_script() -> None:
    assert words("The boat's hull – well-made, 2 m!") == ["the", "boat's", "hull", "well-made", "2", "m"]
    assert words("色彩温暖。") == ["色", "彩", "温", "暖"]
    assert lengths(["", "one two", "[…]"]).tolist() == [0, 2, 0]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="ab ", max_size=30), min_size=1, max_size=5), st.integers(1, 4))
def test_repetition_and_distinct_are_counts_of_n_grams(texts: list[str], size: int) -> None:
    grams = [[tuple(text.split()[at : at + size]) for at in range(len(text.split()) - size + 1)] for text in texts]
    for gram, value in zip(grams, repetition(texts, size), strict=True):
        expected = sum(count - 1 for count in Counter(gram).values()) / len(gram) if gram else np.nan
        assert value == pytest.approx(expected, nan_ok=True)
    everything = [gram for one in grams for gram in one]
    budget = shared_budget([texts], size)
    assert budget == len(everything)
    if budget:
        assert distinct(texts, size, budget) == len(set(everything)) / budget
    assert copied(texts) == pytest.approx(1 - len({tuple(text.split()) for text in texts}) / len(texts))


def test_distinct_is_measured_on_as_many_n_grams_of_every_author() -> None:
    long, short = ["a b c d e f a b c d e f"], ["a b c", "d e f"]
    budget = shared_budget([long, short, []], 1)
    assert budget == 6
    assert distinct(long, 1, budget) == distinct(short, 1, budget) == 1.0
    assert np.isnan(distinct([], 1, budget))
