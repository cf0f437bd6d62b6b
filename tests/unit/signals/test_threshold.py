"""The adaptive threshold, against its definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fixtures.paintings import grid_painting
from ppad.signals import adaptive_threshold, measure_steps, noise_level
from ppad.signals.threshold import SMALLEST_GATE

Steps = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30)
RoundSteps = st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.25, 0.5]), st.booleans()), min_size=1, max_size=12)


def key_frames_at(x: float, energy: NDArray[np.float64], is_global: NDArray[np.bool_]) -> float:
    """Σ_{i∉G} sᵢ/x + Σ_{i∈G} min(1, sᵢ/x): what is to equal the wanted number less one."""
    return float((energy[~is_global] / x).sum() + np.minimum(1.0, energy[is_global] / x).sum())


def bisected_root(energy: NDArray[np.float64], is_global: NDArray[np.bool_], share: float) -> float:
    low, high = 1e-18, 1e6
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if key_frames_at(middle, energy, is_global) > share else (low, middle)
    return high


def assert_is_the_root(steps: list[tuple[float, bool]], wanted: float) -> None:
    change = np.array([step for step, _ in steps])
    is_global = np.array([flag for _, flag in steps])
    tau = adaptive_threshold(change, is_global, 0.0, wanted).tau
    root = math.sqrt(bisected_root(change**2, is_global, wanted - 1))
    assert tau == pytest.approx(max(root, SMALLEST_GATE), rel=1e-6)


@given(Steps, st.floats(1.5, 200))
def test_the_closed_form_is_the_root_that_bisection_finds(steps: list[tuple[float, bool]], wanted: float) -> None:
    assert_is_the_root(steps, wanted)


@given(RoundSteps, st.integers(2, 8))
def test_the_root_is_found_where_it_falls_exactly_on_a_jump(steps: list[tuple[float, bool]], wanted: int) -> None:
    change = np.array([step for step, _ in steps])
    is_global = np.array([flag for _, flag in steps])
    tau = adaptive_threshold(change, is_global, 0.0, wanted).tau
    if key_frames_at(tau**2, change**2, is_global) != pytest.approx(wanted - 1):
        assert tau == SMALLEST_GATE
        assert key_frames_at(SMALLEST_GATE**2, change**2, is_global) < wanted - 1


def test_eight_equal_strokes_and_five_key_frames_give_the_change_of_two_strokes() -> None:
    """8·0.1² / (5 − 1) = 0.02."""
    threshold = adaptive_threshold(np.full(8, 0.1), np.zeros(8, dtype=bool), 0.0, 5)
    assert threshold.tau == pytest.approx(math.sqrt(0.02))
    assert threshold.total == pytest.approx(0.08)


def test_a_cut_counts_as_one_key_frame_however_large_it_is() -> None:
    """A cut takes one of the four, and 8·0.1² are left for three."""
    change, cut = np.append(np.full(8, 0.1), 0.9), np.append(np.zeros(8, dtype=bool), True)
    assert adaptive_threshold(change, cut, 0.0, 5).tau == pytest.approx(math.sqrt(0.08 / 3))


def test_nothing_below_half_a_level_is_a_key_frame() -> None:
    assert adaptive_threshold(np.full(9, 0.1 / 255), np.zeros(9, dtype=bool), 0.0, 5).tau == 0.5 / 255


def test_the_gate_rises_with_the_noise() -> None:
    assert adaptive_threshold(np.full(9, 0.02), np.zeros(9, dtype=bool), 0.02, 5).gate == 0.02


def test_noise_is_taken_off_the_total() -> None:
    """9·(0.05² − 0.03²)."""
    assert adaptive_threshold(np.full(9, 0.05), np.zeros(9, dtype=bool), 0.03, 5).total == pytest.approx(9 * 0.0016)


@pytest.mark.parametrize("frames_per_cell", [1, 2, 4, 8])
def test_the_total_change_is_the_same_however_fast_one_paints(frames_per_cell: int) -> None:
    steps = measure_steps(list(grid_painting(16, frames_per_cell)))
    assert float((steps.change**2).sum()) == pytest.approx(TOTAL_OF_16_CELLS)


@pytest.mark.parametrize("pause", [0, 1, 30])
def test_the_total_change_is_the_same_however_long_one_pauses(pause: int) -> None:
    steps = measure_steps(list(grid_painting(16, pause=pause)))
    assert float((steps.change**2).sum()) == pytest.approx(TOTAL_OF_16_CELLS)


TOTAL_OF_16_CELLS = float(np.mean((np.ones(3) - np.array(
    [(200, 40, 40), (40, 120, 60), (40, 60, 180), (220, 180, 40), (120, 40, 140), (30, 150, 160), (90, 60, 30), (230, 120, 30)]
) / 255) ** 2))  # fmt: skip
"""The cells cover the canvas, so that it is the mean squared distance of their colours from white."""


@pytest.mark.parametrize("sigma", [1.0, 2.0, 4.0])
def test_the_noise_of_a_pause_is_measured(sigma: float) -> None:
    """Two noisy samples of one canvas differ by √2·σ; half a bell is clipped at white, which leaves less than that."""
    rng = np.random.default_rng(0)
    samples = [np.clip(128 + rng.normal(0, sigma, (60, 80, 3)), 0, 255).round().astype(np.uint8) for _ in range(30)]
    steps = measure_steps(samples)
    assert noise_level(steps.change, steps.across) * 255 == pytest.approx(math.sqrt(2) * sigma, rel=0.1)


def test_paint_without_pauses_is_no_noise() -> None:
    steps = measure_steps(list(grid_painting(16, pause=0)))
    assert steps.change.min() > 0.05
    assert noise_level(steps.change, steps.across) == pytest.approx(0.0, abs=1e-6)


def test_two_samples_tell_nothing_about_noise() -> None:
    assert noise_level(np.array([0.5]), np.zeros(0)) == 0.0
