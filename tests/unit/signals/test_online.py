"""Key frames while a painting grows."""

from __future__ import annotations

import numpy as np
import pytest

from fixtures.paintings import grid_painting
from ppad.signals import rms_distance
from ppad.signals.online import OnlineKeyframes

Samples = list[np.ndarray]


def chosen(samples: Samples, most: int, *, is_noisy: bool = False) -> OnlineKeyframes:
    choice = OnlineKeyframes(most, is_noisy=is_noisy)
    for sample in samples:
        choice.add(sample)
    choice.end()
    return choice


def steps(cells: int, **drawing: object) -> Samples:
    """One sample a filled cell, each changing as much as the others."""
    return list(grid_painting(cells=cells, frames_per_cell=1, pause=0, **drawing))  # type: ignore[arg-type]


def test_up_to_the_wanted_number_every_visible_change_is_a_key_frame() -> None:
    assert chosen(steps(7), most=10).positions == [0, 1, 2, 3, 4, 5, 6, 7]


def test_a_pause_gives_no_key_frame() -> None:
    samples = list(grid_painting(cells=3, frames_per_cell=1, pause=5))
    assert chosen(samples, most=10).positions == [0, 6, 12, 23]  # the last state of the canvas, when it ended


@pytest.mark.parametrize("cells", [16, 36, 64])
def test_there_are_never_more_than_wanted_and_early_ones_lie_as_far_apart_as_late_ones(cells: int) -> None:
    samples, choice = steps(cells), OnlineKeyframes(8, is_noisy=False)
    for number, sample in enumerate(samples):
        choice.add(sample)
        assert 1 <= len(choice.positions) <= 8
        assert choice.positions[0] == 0
        assert choice.positions[-1] <= number
    choice.end()
    gaps = np.diff(choice.positions)
    assert 4 <= len(choice.positions) <= 8
    assert choice.positions[-1] == cells
    assert gaps[:-1].max() <= 2 * gaps[:-1].min()


def test_noise_of_a_sensor_is_no_change_of_the_canvas() -> None:
    samples = list(grid_painting(cells=4, frames_per_cell=1, pause=12, noise=2.0))
    assert len(chosen(samples, most=20, is_noisy=True).positions) <= 7
    assert len(chosen(samples, most=20, is_noisy=False).positions) > 15


def test_the_end_takes_the_place_of_a_key_frame_that_shows_the_same_canvas() -> None:
    samples = steps(3)
    choice = chosen([*samples, samples[-1], samples[-1]], most=10)
    assert choice.positions == [0, 1, 2, 5]
    assert rms_distance(samples[3], samples[-1]) == 0


def test_a_canvas_that_never_changes_has_a_first_and_a_last_state() -> None:
    blank = np.full((24, 32, 3), 255, np.uint8)
    assert chosen([blank] * 9, most=10).positions == [0, 8]
    assert chosen([blank], most=10).positions == [0]


def test_at_the_end_the_least_missed_key_frame_makes_room_for_the_last_state() -> None:
    blank = np.full((10, 10, 3), 255, np.uint8)
    samples = [blank.copy() for _ in range(5)]
    for number, level in enumerate([0, 90, 180, 190, 193]):
        samples[number][:] = 255 - level
    choice = OnlineKeyframes(4, is_noisy=False)
    for sample in samples[:4]:
        choice.add(sample)
    choice.tau = 0.02  # the last change is visible, but below the threshold
    assert not choice.add(samples[4])
    assert choice.end()
    assert choice.positions == [0, 1, 2, 4]
