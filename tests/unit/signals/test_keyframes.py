"""The choice of key frames, on paintings whose every stroke is known."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fixtures.paintings import COLORS, grid_painting
from ppad.signals import Selection, gain_corrected_distance, measure_steps, rms_distance, select_keyframes, settled_positions

Sample = NDArray[np.uint8]


def painted_cells(samples: list[Sample], selection: Selection) -> list[float]:
    """How much of the canvas is covered at each key frame, in cells of a grid of 16."""
    white = [float((samples[p] > 250).all(axis=2).mean()) for p in selection.positions]
    return [round(16 * (1 - share), 2) for share in white]


def growing(order: NDArray[np.int64], size: int = 8) -> list[Sample]:
    """A canvas on which one square after the other of 64 turns from white to a colour."""
    canvas = np.full((8 * size, 8 * size, 3), 255, dtype=np.uint8)
    samples = [canvas.copy()]
    for number in order:
        top, left = (int(number) // 8) * size, (int(number) % 8) * size
        canvas[top : top + size, left : left + size] = COLORS[number % len(COLORS)]
        samples.append(canvas.copy())
    return samples


def flat(*levels: int) -> list[Sample]:
    return [np.full((12, 16, 3), level, dtype=np.uint8) for level in levels]


def test_sixteen_cells_and_a_window_of_4_to_16_give_key_frames_two_or_three_cells_apart() -> None:
    samples = list(grid_painting(16, frames_per_cell=1, pause=3))
    assert painted_cells(samples, select_keyframes(samples, 4, 16)) == [0, 2, 5, 8, 10, 13, 16]


@pytest.mark.parametrize("frames_per_cell", [3, 6, 12])
def test_the_key_frames_are_the_same_states_at_any_speed(frames_per_cell: int) -> None:
    samples = list(grid_painting(16, frames_per_cell))
    usual = list(grid_painting(16, 6))
    found = painted_cells(samples, select_keyframes(samples, 4, 16))
    assert found == pytest.approx(painted_cells(usual, select_keyframes(usual, 4, 16)), abs=0.5)


@pytest.mark.parametrize("pause", [0, 1, 40])
def test_the_key_frames_are_the_same_states_with_pauses_of_any_length(pause: int) -> None:
    samples, usual = list(grid_painting(16, pause=pause)), list(grid_painting(16, pause=4))
    assert painted_cells(samples, select_keyframes(samples, 4, 16)) == painted_cells(usual, select_keyframes(usual, 4, 16))


@pytest.mark.parametrize("sigma", [1.0, 2.0, 4.0])
def test_noise_moves_no_key_frame_by_more_than_a_cell(sigma: float) -> None:
    """A noise of 4 levels is 5.7 a step; a cell is 42."""
    clean, noisy = list(grid_painting(16)), list(grid_painting(16, noise=sigma))
    found, wanted = select_keyframes(noisy, 4, 16), select_keyframes(clean, 4, 16)
    cells = [painted_cells(clean, selection) for selection in (found, wanted)]
    assert cells[0] == pytest.approx(cells[1], abs=1.0)


def test_a_still_canvas_is_static_however_noisy_its_recording() -> None:
    rng = np.random.default_rng(0)
    samples = [np.clip(128 + rng.normal(0, 3, (60, 80, 3)), 0, 255).astype(np.uint8) for _ in range(60)]
    selection = select_keyframes(samples, 8, 32)
    assert selection.is_static
    assert selection.positions == [0, 59]


def test_a_recording_without_any_change_gives_its_first_and_last_sample() -> None:
    selection = select_keyframes(flat(200, 200, 200, 200), 3, 8)
    assert (selection.positions, selection.is_static, selection.change) == ([0, 3], True, [0.0, 0.0])


def test_a_single_sample_is_its_only_key_frame() -> None:
    selection = select_keyframes(flat(7), 2, 8)
    assert (selection.positions, selection.change) == ([0], [0.0])


def test_two_different_samples_are_both_kept() -> None:
    selection = select_keyframes(flat(0, 255), 2, 8)
    assert (selection.positions, selection.change, selection.is_static) == ([0, 1], [0.0, 1.0], False)


def test_a_cut_does_not_crowd_out_the_strokes_around_it() -> None:
    """After a cut to a dark room the painting goes on; both halves keep their key frames."""
    first = growing(np.arange(32))
    dark = [np.asarray(sample // 8, dtype=np.uint8) for sample in growing(np.arange(32, 64))]
    selection = select_keyframes([*first, *dark], 8, 32)
    in_first = sum(position < len(first) for position in selection.positions)
    plain = select_keyframes(first, 8, 32)
    assert in_first >= 0.6 * len(plain.positions)


def test_a_cut_is_one_key_frame() -> None:
    cut = [*growing(np.arange(32)), *flat_like(40, 20)]
    selection = select_keyframes(cut, 4, 16)
    assert sum(position >= 33 for position in selection.positions) == 1


def flat_like(level: int, count: int) -> list[Sample]:
    return [np.full((64, 64, 3), level, dtype=np.uint8)] * count


@given(st.permutations(range(64)), st.integers(2, 20), st.integers(0, 20), st.floats(0.2, 5))
def test_the_count_stays_within_the_window(order: list[int], low: int, room: int, sensitivity: float) -> None:
    samples = growing(np.array(order))
    selection = select_keyframes(samples, low, low + room, sensitivity=sensitivity)
    assert low <= len(selection.positions) <= low + room


@given(st.lists(st.integers(0, 255), min_size=2, max_size=40), st.integers(2, 9), st.integers(0, 9))
def test_whatever_the_samples_the_first_and_the_last_are_key_frames(levels: list[int], low: int, room: int) -> None:
    selection = select_keyframes(flat(*levels), low, low + room)
    assert selection.positions[0] == 0
    assert selection.positions[-1] == len(levels) - 1
    assert selection.positions == sorted(set(selection.positions))
    assert len(selection.positions) <= max(2, low + room)


@given(st.lists(st.integers(0, 255), min_size=1, max_size=30))
def test_the_change_is_the_distance_to_the_key_frame_before(levels: list[int]) -> None:
    samples = flat(*levels)
    selection = select_keyframes(samples, 3, 9)
    keys = [samples[p] for p in selection.positions]
    assert selection.change == [0.0, *(rms_distance(a, b) for a, b in itertools.pairwise(keys))]


@settings(max_examples=10)
@given(st.permutations(range(64)))
def test_the_same_samples_give_the_same_key_frames(order: list[int]) -> None:
    samples = growing(np.array(order))
    assert select_keyframes(samples, 6, 7).positions == select_keyframes(samples, 6, 7).positions


@pytest.mark.parametrize("count", [2, 5, 11, 30])
def test_a_window_of_one_count_gives_exactly_that_many(count: int) -> None:
    assert len(select_keyframes(growing(np.arange(64)), count, count).positions) == count


def test_five_states_give_five_key_frames_even_where_eight_are_wanted() -> None:
    assert select_keyframes(flat(0, 0, 50, 50, 100, 100, 150, 200, 200), 8, 32).positions == [0, 2, 4, 6, 8]


def test_more_sensitivity_gives_more_key_frames_within_the_window() -> None:
    samples = growing(np.arange(64))
    counts = [len(select_keyframes(samples, 4, 40, sensitivity=s).positions) for s in (0.5, 1.0, 2.0)]
    assert counts == sorted(set(counts))
    assert 4 <= counts[0] < counts[-1] <= 40


def test_the_last_state_replaces_a_key_frame_that_shows_the_same() -> None:
    """The last key frame that the threshold finds is followed by 3 samples of the same canvas: the last of them stands."""
    assert select_keyframes(flat(0, 100, 200, 200, 200, 200), 2, 8).positions == [0, 1, 5]


def test_a_last_touch_below_the_threshold_is_a_key_frame_of_its_own() -> None:
    """Two large steps use up the two to four key frames that are wanted; the last, of 5 levels, is still kept."""
    samples = [sample for sample in flat(0, 100, 200, 205) for _ in range(4)]
    selection = select_keyframes(samples, 2, 4)
    assert selection.tau > 5 / 255
    assert selection.positions[-2:] == [8, 15]


ZOOMS = [view for view in flat(0, 120, 0, 120, 0, 120, 240) for _ in range(4)]
"""A view that goes to and fro twice, and then a new one; each stands for 4 samples."""


def test_a_view_that_returns_is_a_key_frame_each_time_when_compared_with_the_last() -> None:
    assert select_keyframes(ZOOMS, 3, 20).positions == [0, 4, 8, 12, 16, 20, 27]


def test_a_view_that_returns_is_one_key_frame_when_compared_with_all() -> None:
    assert select_keyframes(ZOOMS, 3, 20, compare_all=True).positions == [0, 4, 27]


def test_a_window_of_counts_overrules_the_comparison_with_all() -> None:
    """Three views differ, and five key frames are demanded: the most different samples are put in."""
    assert len(select_keyframes(ZOOMS, 5, 20, compare_all=True).positions) == 5


def test_a_drifting_exposure_makes_key_frames_unless_it_is_corrected() -> None:
    texture = np.random.default_rng(0).integers(60, 140, (96, 128, 3))
    samples = [np.clip(texture * gain + 0.5, 0, 255).astype(np.uint8) for gain in np.linspace(1, 1.3, 30)]
    counts = [len(select_keyframes(samples, 2, 8, distance=d).positions) for d in (rms_distance, gain_corrected_distance)]
    assert counts[0] >= 4
    assert counts[1] == 2


def test_small_differences_between_saved_stills_are_meant() -> None:
    """Twenty stills that differ by two levels everywhere look like noise; someone saved them one by one."""
    rng = np.random.default_rng(0)
    samples = [rng.integers(100, 105, (60, 80, 3)).astype(np.uint8) for _ in range(20)]
    assert len(select_keyframes(samples, 4, 8, is_noisy=False).positions) >= 4
    assert select_keyframes(samples, 4, 8, is_noisy=True).is_static


@pytest.mark.parametrize("pick", [lambda s: s.tau, lambda s: s.threshold.tau])
def test_the_threshold_is_a_distance_between_0_and_1(pick: Callable[[Selection], float]) -> None:
    assert 0 < pick(select_keyframes(growing(np.arange(64)), 8, 32)) < 1


def test_one_pass_is_enough_where_the_adaptive_threshold_fits_the_window() -> None:
    assert select_keyframes(list(grid_painting(16)), 4, 16).passes == 1


def test_a_tight_window_takes_few_passes() -> None:
    assert select_keyframes(growing(np.arange(64)), 21, 21).passes <= 20


def hand_painting(cells: int = 12) -> tuple[list[Sample], list[bool]]:
    """A grid painting over which a dark hand moves while a cell is painted; whether each sample is free of it."""
    samples, free = [], []
    previous: Sample | None = None
    for number, frame in enumerate(grid_painting(cells, frames_per_cell=4, pause=4)):
        painting = previous is not None and not np.array_equal(previous, frame)
        previous = frame.copy()
        if painting:
            left = (number * 17) % 90
            frame[20:80, left : left + 30] = (150, 110, 90)
        samples.append(frame)
        free.append(not painting)
    return samples, free


def test_settled_samples_are_those_without_the_hand() -> None:
    samples, free = hand_painting()
    positions, settled = settled_positions(measure_steps(samples).change, 8)
    assert settled
    assert len(positions) >= 12
    assert all(free[position] for position in positions)


def test_where_the_hand_never_leaves_the_least_moving_samples_are_taken() -> None:
    """With 40 samples and at least 5 wanted, there are 20 windows of two."""
    change = np.tile([0.2, 0.1], 20)[:39]
    positions, settled = settled_positions(change, 5)
    assert not settled
    assert len(positions) == 20
    assert np.array_equal(positions // 2, np.arange(20))


def test_a_recording_shorter_than_the_windows_gives_all_its_samples() -> None:
    positions, settled = settled_positions(np.array([0.3, 0.3]), 8)
    assert not settled
    assert positions.tolist() == [0, 1]
