"""The order of a training stream, as arithmetic."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppad.storage.order import stream_order

GROUP_ROWS = st.lists(st.integers(0, 9), min_size=1, max_size=14)


def visits(group_rows: list[int], **changes: int) -> list[tuple[int, int]]:
    settings = {"seed": 0, "epoch": 0, "consumer": 0, "consumers": 1, "window": 3} | changes
    groups, rows = stream_order(group_rows, **settings)
    return list(zip(groups.tolist(), rows.tolist(), strict=True))


def all_rows(group_rows: list[int]) -> list[tuple[int, int]]:
    return [(group, row) for group, count in enumerate(group_rows) for row in range(count)]


@given(GROUP_ROWS, st.integers(1, 9), st.integers(1, 5), st.integers(0, 2**40), st.integers(0, 99))
def test_consumers_together_visit_each_row_once(rows: list[int], consumers: int, window: int, seed: int, epoch: int) -> None:
    parts = [visits(rows, consumer=i, consumers=consumers, window=window, seed=seed, epoch=epoch) for i in range(consumers)]
    assert sorted(visit for part in parts for visit in part) == all_rows(rows)


@given(GROUP_ROWS, st.integers(1, 9))
def test_consumers_differ_by_one_row_at_most(rows: list[int], consumers: int) -> None:
    sizes = [len(visits(rows, consumer=i, consumers=consumers)) for i in range(consumers)]
    assert max(sizes) - min(sizes) <= 1


@given(GROUP_ROWS, st.integers(1, 5), st.integers(1, 3), st.integers(0, 1000))
def test_no_more_row_groups_are_open_than_the_window(rows: list[int], window: int, consumers: int, seed: int) -> None:
    groups = [group for group, _ in visits(rows, window=window, consumers=consumers, seed=seed)]
    first = {group: groups.index(group) for group in groups}
    last = {group: place for place, group in enumerate(groups)}
    open_at = [sum(first[group] <= place <= last[group] for group in first) for place in range(len(groups))]
    assert max(open_at, default=0) <= window


def test_the_order_is_the_same_on_every_machine() -> None:
    assert visits([2, 3, 1], seed=7, epoch=2, window=2) == [(0, 0), (0, 1), (1, 1), (1, 0), (1, 2), (2, 0)]


def test_another_epoch_is_another_order() -> None:
    assert visits([4] * 8, epoch=0) != visits([4] * 8, epoch=1)


def test_another_seed_is_another_order() -> None:
    assert visits([4] * 8, seed=0) != visits([4] * 8, seed=1)


def test_a_consumer_gets_other_rows_in_the_next_epoch() -> None:
    this, following = (visits([4] * 8, epoch=epoch, consumer=0, consumers=4) for epoch in (0, 1))
    assert set(this) != set(following)


def test_neighbours_come_from_different_row_groups() -> None:
    """With a window of 4 about one pair of neighbours in four shares its row group; unshuffled, nearly all would."""
    order = visits([16] * 40, window=4)
    alike = sum(one[0] == other[0] for one, other in pairwise(order)) / (len(order) - 1)
    assert alike < 0.35


def test_a_window_over_all_row_groups_puts_each_row_anywhere() -> None:
    """Mean place of each of 6 rows over 400 epochs: 2.5 ± 4 standard errors of the mean of a fair place (1.71 / √400)."""
    places = np.zeros(6)
    for epoch in range(400):
        order = visits([2, 3, 1], epoch=epoch, window=3)
        places += [order.index(visit) for visit in all_rows([2, 3, 1])]
    assert places / 400 == pytest.approx(np.full(6, 2.5), abs=4 * 1.71 / 20)
