"""Krippendorff's alpha, against published values and a second implementation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppad.agreement.alpha import Level, krippendorff_alpha
from tests.unit.agreement.published import KRIPPENDORFF, scored

LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval", "ratio")


def alpha(table: np.ndarray, level: Level) -> float:
    """Of a table of raters and items."""
    items, _, scores = scored(table.T)
    return krippendorff_alpha(items, scores, level, draws=1).value


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)])
def test_krippendorffs_own_table_gives_his_values(level: Level, published: float) -> None:
    assert alpha(KRIPPENDORFF, level) == pytest.approx(published, abs=5e-4)


@pytest.mark.parametrize("level", LEVELS)
@given(scores=st.lists(st.lists(st.none() | st.integers(1, 10), min_size=4, max_size=4), min_size=3, max_size=12))
def test_every_table_gives_what_the_package_krippendorff_gives(level: Level, scores: list[list[int | None]]) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    table = np.array([[np.nan if score is None else score for score in row] for row in scores], np.float64).T
    pairable = table[:, np.isfinite(table).sum(axis=0) > 1]
    ours = alpha(table, level)
    if len(np.unique(pairable[np.isfinite(pairable)])) < 2:
        assert np.isnan(ours)
    else:
        assert ours == pytest.approx(krippendorff.alpha(table, level_of_measurement=level), abs=1e-9)


def test_the_interval_narrows_with_the_square_root_of_the_number_of_items() -> None:
    rng = np.random.default_rng(0)

    def width(count: int) -> float:
        table = np.round(rng.normal(5, 1.5, (count, 1)) + rng.normal(0, 1, (count, 3)))
        items, _, scores = scored(table)
        found = krippendorff_alpha(items, scores, "interval")
        assert found.low < found.value < found.high
        return found.high - found.low

    assert width(100) / width(1600) == pytest.approx(4, rel=0.3)


def test_the_same_seed_gives_the_same_interval() -> None:
    items, _, scores = scored(KRIPPENDORFF.T)
    assert krippendorff_alpha(items, scores, "ordinal", seed=3) == krippendorff_alpha(items, scores, "ordinal", seed=3)


def test_random_scores_agree_as_much_as_chance() -> None:
    items, _, scores = scored(np.random.default_rng(1).integers(1, 11, (3000, 3)).astype(np.float64))
    assert abs(krippendorff_alpha(items, scores, "ordinal", draws=10).value) < 0.03


def test_without_pairs_or_differences_nothing_is_known() -> None:
    assert np.isnan(krippendorff_alpha(np.arange(5), np.arange(5.0), "interval").value)
    assert np.isnan(krippendorff_alpha(np.array([0, 0, 1, 1]), np.full(4, 7.0), "interval").value)
    assert np.isnan(krippendorff_alpha(np.empty(0, np.int64), np.empty(0), "interval").value)
