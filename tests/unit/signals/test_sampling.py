"""Which frames of a recording are looked at."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppad.signals import interval_ranks, sample_ranks, stride_ranks, target_count, with_neighbours
from ppad.signals.sampling import has_constant_rate, shown_at

Gaps = st.lists(st.floats(0.005, 3), min_size=1, max_size=200)


def at_rate(frames: int, rate: float = 25.0) -> np.ndarray:
    return np.arange(frames) / rate


def test_a_recording_of_up_to_2000_frames_is_looked_at_whole() -> None:
    assert [target_count(frames, 32) for frames in (1, 2000, 2001, 300_000)] == [1, 2000, 2000, 2000]


def test_a_thousand_key_frames_are_chosen_among_ten_thousand() -> None:
    assert target_count(300_000, 1000) == 10_000


def test_at_a_constant_rate_ranks_are_evenly_spread_and_the_last_is_added() -> None:
    assert sample_ranks(at_rate(100), 5).tolist() == [0, 20, 40, 60, 80, 99]


def test_as_many_places_as_frames_are_all_frames() -> None:
    assert sample_ranks(at_rate(7), 7).tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_at_a_variable_rate_places_are_spread_over_time() -> None:
    """50 frames in the first second, then one a second: 5 places over 11 s fall at 0, 2.2, 4.4, 6.6 and 8.8 s."""
    times = np.concatenate([np.arange(50) / 50, np.arange(1, 11)])
    assert sample_ranks(times, 5).tolist() == [0, 51, 53, 55, 57, 59]


@given(Gaps, st.integers(1, 60))
def test_ranks_rise_start_at_0_and_end_with_the_last(gaps: list[float], count: int) -> None:
    times = np.cumsum([0.0, *gaps])
    ranks = sample_ranks(times, min(count, len(times)))
    assert ranks[0] == 0
    assert ranks[-1] == len(times) - 1
    assert (np.diff(ranks) > 0).all()
    assert len(ranks) <= min(count, len(times)) + 1


def test_one_frame_in_15_and_the_last() -> None:
    assert stride_ranks(50, 15).tolist() == [0, 15, 30, 45, 49]


def test_a_stride_longer_than_the_recording_gives_its_ends() -> None:
    assert stride_ranks(10, 99).tolist() == [0, 9]


def test_one_frame_every_two_seconds_and_the_last() -> None:
    assert interval_ranks(at_rate(250), 2.0).tolist() == [0, 50, 100, 150, 200, 249]


def test_an_interval_of_three_frames_never_slips_by_a_rounding_error() -> None:
    """In floating point some multiples of 0.12 s fall just before their frame at 25 a second."""
    assert interval_ranks(at_rate(301), 0.12).tolist() == list(range(0, 301, 3))


def test_an_interval_takes_the_frame_that_is_on_the_screen() -> None:
    """At 0, 2, 4 and 6 s; the second frame is still shown at 4 s."""
    assert interval_ranks(np.array([0.0, 0.9, 5.0, 6.0]), 2.0).tolist() == [0, 1, 3]


def test_the_frame_shown_is_the_last_one_that_started() -> None:
    assert shown_at(np.array([0.0, 1.0, 4.0]), np.array([-1.0, 0.0, 0.99, 1.0, 3.9, 99.0])).tolist() == [0, 0, 0, 1, 1, 2]


def test_neighbours_lie_a_quarter_of_a_second_around_each_rank() -> None:
    """At 20 frames a second a quarter of a second is 5 frames; at the ends the frame stands for itself."""
    triples = with_neighbours(np.array([0, 50, 99]), at_rate(100, 20.0)).tolist()
    assert triples == [[0, 0, 5], [45, 50, 55], [94, 99, 99]]


def test_where_frames_are_a_second_apart_the_neighbours_are_the_adjacent_ones() -> None:
    assert with_neighbours(np.array([5]), at_rate(10, 1.0)).tolist() == [[4, 5, 6]]


@pytest.mark.parametrize("rate", [1.0, 23.976, 29.97, 59.94, 240.0])
def test_a_rate_is_constant_when_times_are_rounded_to_milliseconds(rate: float) -> None:
    assert has_constant_rate(np.round(at_rate(500, rate), 3))


def test_one_long_frame_makes_the_rate_variable() -> None:
    times = at_rate(100)
    times[60:] += 0.2
    assert not has_constant_rate(times)
