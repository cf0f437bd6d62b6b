"""Which rows take part, and which are held out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.learnable import ATTRIBUTES, SMALL_MODEL, process_id, write_learnable
from ppad.errors import RubricError
from ppad.storage import Dataset
from ppad_model.data import Rows, hold_out, open_rows
from ppad_model.ppjudge.presets import preset


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    root = write_learnable(tmp_path_factory.mktemp("rows") / "d", {"pretrain": 3, "train": 12}, unknown=0.3)
    return open_rows(Dataset.open(root), "train", ATTRIBUTES)


def test_rows_have_ids_components_and_scores_without_reading_a_picture(rows: Rows) -> None:
    assert rows.ids == tuple(process_id(n) for n in range(3, 15))
    assert rows.groups[:4] == (process_id(3), process_id(3), process_id(5), process_id(5))
    assert rows.frames.tolist() == [2 + n % 3 for n in range(3, 15)]
    assert rows.targets.shape == (12, 8)
    assert 0.1 < np.isnan(rows.targets).mean() < 0.5


def test_rows_without_any_score_are_left_out(rows: Rows) -> None:
    targets = rows.targets.copy()
    targets[[2, 5]] = np.nan
    kept = replace(rows, targets=targets).rated()
    assert len(kept) == 10
    assert process_id(5) not in kept.ids
    assert kept.numbers.tolist() == [0, 1, 3, 4, 6, 7, 8, 9, 10, 11]


def test_an_attribute_that_the_dataset_lacks_is_named(rows: Rows) -> None:
    with pytest.raises(RubricError, match=r"has no scores of charm\..*It has: consistency, style_stability"):
        open_rows(rows.dataset, "train", ("consistency", "charm"))


def test_decoded_pictures_take_so_much_memory(rows: Rows) -> None:
    config = preset("tiny", **SMALL_MODEL)  # frames 2, 3 and 4, of which 3 are kept, and a reference each
    assert rows.picture_bytes(config) == 4 * (2 + 3 + 3 + 3) * 3 * 16 * 16


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=st.lists(st.integers(0, 5), min_size=12, max_size=12), share=st.floats(0, 0.5), seed=st.integers(0, 5))
def test_held_out_rows_share_no_component_with_the_others(rows: Rows, groups: list[int], share: float, seed: int) -> None:
    grouped = replace(rows, groups=tuple(f"g{number}" for number in groups))
    learn, held = hold_out(grouped, share, seed)
    assert not set(learn.groups) & set(held.groups)
    assert sorted(learn.ids + held.ids) == sorted(rows.ids)
    if share > 0 and len(set(groups)) > 1:
        assert len(held) >= 1
        assert len(learn) >= 1
        smallest = min(groups.count(number) for number in set(groups))
        assert len(held) <= max(share * 12, smallest)


def test_another_seed_holds_out_others(rows: Rows) -> None:
    assert len({hold_out(rows, 0.2, seed)[1].ids for seed in range(8)}) > 1


def test_a_single_component_is_not_divided(rows: Rows) -> None:
    learn, held = hold_out(replace(rows, groups=("one",) * 12), 0.5, 0)
    assert (len(learn), len(held)) == (12, 0)


def test_a_dataset_without_an_audit_has_components_of_one(tmp_path: Path) -> None:
    root = write_learnable(tmp_path / "d", {"train": 4})
    (root / "splits.parquet").unlink()
    rows = open_rows(Dataset.open(root), "train", ATTRIBUTES)
    assert rows.groups == rows.ids
