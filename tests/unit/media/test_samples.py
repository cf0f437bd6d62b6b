"""Samples on disk: any number of them, from several threads, gone when the store is closed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ppad.media.images import Pixels, Size
from ppad.media.samples import SampleStore, SampleView

SIZE = Size(40, 30)


def sample(number: int) -> Pixels:
    return np.random.default_rng(number).integers(0, 256, (30, 40, 3)).astype(np.uint8)


def test_samples_written_by_eight_threads_are_read_as_they_were(tmp_path: Path) -> None:
    with SampleStore(tmp_path, 200, SIZE) as store:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda slot: store.put(slot, sample(slot)), reversed(range(200))))
        assert store.filled.tolist() == list(range(200))
        assert all(np.array_equal(store.get(slot), sample(slot)) for slot in range(200))


def test_only_slots_that_hold_a_sample_are_filled(tmp_path: Path) -> None:
    with SampleStore(tmp_path, 10, SIZE) as store:
        for slot in (7, 2, 4):
            store.put(slot, sample(slot))
        store.drop(4)
        assert store.filled.tolist() == [2, 7]


def test_a_sample_that_is_put_twice_is_the_later_one(tmp_path: Path) -> None:
    with SampleStore(tmp_path, 1, SIZE) as store:
        store.put(0, sample(1))
        store.put(0, sample(2))
        assert np.array_equal(store.get(0), sample(2))


def test_a_sample_that_is_changed_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    with SampleStore(tmp_path, 1, SIZE) as store:
        store.put(0, sample(1))
        store.get(0)[:] = 0
        assert np.array_equal(store.get(0), sample(1))


def test_the_file_has_no_name_that_a_kill_could_leave_behind(tmp_path: Path) -> None:
    with SampleStore(tmp_path, 10, SIZE) as store:
        store.put(0, sample(0))
        assert list(tmp_path.iterdir()) == []


def test_a_closed_store_is_gone(tmp_path: Path) -> None:
    with SampleStore(tmp_path, 1, SIZE) as store:
        store.put(0, sample(0))
    with pytest.raises(ValueError, match="closed file"):
        store.get(0)


def test_a_view_is_the_sequence_of_its_slots(tmp_path: Path) -> None:
    with SampleStore(tmp_path, 10, SIZE) as store:
        for slot in range(10):
            store.put(slot, sample(slot))
        view = SampleView(store, np.array([1, 4, 9]))
        assert len(view) == 3
        assert np.array_equal(view[1], sample(4))
        assert np.array_equal(view[-1], sample(9))
        assert [np.array_equal(a, b) for a, b in zip(view[1:], map(sample, (4, 9)), strict=True)] == [True, True]


def test_pixels_that_are_ignored_are_the_same_in_every_sample(tmp_path: Path) -> None:
    ignore = np.zeros((30, 40), dtype=bool)
    ignore[:10, :10] = True
    with SampleStore(tmp_path, 2, SIZE) as store:
        for slot in range(2):
            store.put(slot, sample(slot))
        view = SampleView(store, np.arange(2), ignore)
        assert (view[0][:10, :10] == view[1][:10, :10]).all()
        assert np.array_equal(view[0][10:], sample(0)[10:])
