"""How much two samples of a canvas differ."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from fixtures.paintings import grid_painting
from ppad.signals import changed_share, gain_corrected_distance, measure_steps, restless_mask, rms_distance

Sample = NDArray[np.uint8]


def canvas(level: int, height: int = 40, width: int = 60) -> Sample:
    return np.full((height, width, 3), level, dtype=np.uint8)


def textured(height: int = 120, width: int = 160) -> Sample:
    """A canvas with levels from 60 to 139, none of them near black or white."""
    return np.random.default_rng(0).integers(60, 140, (height, width, 3)).astype(np.uint8)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Sample, Sample]:
    shape = (draw(st.integers(1, 40)), draw(st.integers(1, 40)), 3)
    return draw(hnp.arrays(np.uint8, shape)), draw(hnp.arrays(np.uint8, shape))


@given(pairs())
def test_the_distance_is_the_root_mean_square_that_numpy_computes(pair: tuple[Sample, Sample]) -> None:
    a, b = pair
    expected = np.sqrt(np.mean(((a.astype(float) - b.astype(float)) / 255) ** 2))
    assert rms_distance(a, b) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_black_and_white_are_1_apart() -> None:
    assert rms_distance(canvas(0), canvas(255)) == 1.0


def test_one_of_four_quarters_turned_from_white_to_black_is_half_the_distance() -> None:
    painted = canvas(255)
    painted[:20, :30] = 0
    assert rms_distance(canvas(255), painted) == pytest.approx(0.5)


def test_squared_changes_of_disjoint_strokes_add_up() -> None:
    blank, one, both = canvas(255), canvas(255), canvas(255)
    one[:10, :10] = 0
    both[:10, :10] = both[20:30, 20:30] = 0
    assert rms_distance(blank, both) ** 2 == pytest.approx(rms_distance(blank, one) ** 2 + rms_distance(one, both) ** 2)


def test_an_exposure_6_percent_brighter_is_8_levels_of_change_but_under_half_a_level_once_corrected() -> None:
    a = textured()
    b = np.clip(a * 1.06 + 0.5, 0, 255).astype(np.uint8)
    assert rms_distance(a, b) * 255 > 5
    assert gain_corrected_distance(a, b) * 255 < 0.5


def test_a_stroke_is_measured_the_same_with_and_without_a_drift_of_exposure() -> None:
    a = textured()
    painted = a.copy()
    painted[:30, :40] = 200
    brighter = np.clip(painted * 1.06 + 0.5, 0, 255).astype(np.uint8)
    assert gain_corrected_distance(a, brighter) == pytest.approx(rms_distance(a, painted), rel=0.1)


def test_a_canvas_without_middle_tones_is_compared_without_a_gain() -> None:
    a, b = canvas(255), canvas(255)
    b[:20, :30] = 0
    assert gain_corrected_distance(a, b) == rms_distance(a, b)


@pytest.mark.parametrize(("levels", "share"), [(6, 0.0), (7, 0.25)])
def test_a_pixel_has_changed_when_a_channel_moves_by_more_than_6_levels(levels: int, share: float) -> None:
    a, b = canvas(100), canvas(100)
    b[:20, :30, 1] += np.uint8(levels)
    assert changed_share(a, b) == share


def test_a_cut_is_global_and_a_stroke_is_not() -> None:
    stroke = canvas(255)
    stroke[:20] = 0
    steps = measure_steps([canvas(255), stroke, canvas(30)])
    assert steps.is_global.tolist() == [False, True]


def test_steps_hold_the_distances_to_the_next_sample_and_to_the_one_after() -> None:
    steps = measure_steps([canvas(0), canvas(51), canvas(153)])
    assert steps.change.tolist() == pytest.approx([0.2, 0.4])
    assert steps.across.tolist() == pytest.approx([0.6])


def test_a_single_sample_has_no_steps() -> None:
    steps = measure_steps([canvas(9)])
    assert (len(steps.change), len(steps.across), len(steps.is_global)) == (0, 0, 0)


def test_each_sample_is_fetched_once() -> None:
    fetched: list[int] = []

    class Counting(list[Sample]):
        def __getitem__(self, index: int) -> Sample:  # type: ignore[override]
            fetched.append(index)
            return super().__getitem__(index)

    measure_steps(Counting(canvas(level) for level in (0, 10, 20, 30)))
    assert [index for index in fetched if index > 0] == [1, 2, 3]


def test_a_clock_in_the_corner_is_restless_and_the_painting_is_not() -> None:
    rng = np.random.default_rng(1)
    samples = [frame.copy() for frame in grid_painting(cells=12, frames_per_cell=4)]
    for frame in samples:
        frame[:10, :20] = rng.integers(0, 256)
    expected = np.zeros((96, 128), dtype=bool)
    expected[:10, :20] = True
    assert np.array_equal(restless_mask(samples), expected)
