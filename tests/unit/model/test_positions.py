"""Where tokens stand: plain RoPE, the temporal correction of Eq. 2, M-RoPE."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fixtures.plain_judge import plain_angle
from ppad_model.ppjudge.positions import Positions, Rotation
from ppad_model.ppjudge.presets import preset


def positions(**changes: Any) -> Positions:
    return Positions.of(preset(image_size=64, **changes))  # 4 × 4 patches a frame: m = 16


def test_the_angles_are_those_of_equation_2_written_out() -> None:
    config = preset(image_size=64)
    angles = Positions.of(config).frame_angles(1, 3)
    for t in (1, 2, 3):
        for j in (1, 2, 16):
            for pair in (0, 5, 31):
                assert angles[(t - 1) * 16 + j - 1, pair].item() == pytest.approx(plain_angle(config, t, j, pair), abs=1e-9)


def test_without_correction_tokens_are_numbered_through() -> None:
    frames = positions(position="rope").frame_angles(1, 2)
    assert frames[:, 0].tolist() == list(range(1, 33))


def test_corrected_the_same_patch_of_the_next_frame_stands_one_further() -> None:
    """κ = 1 - 1/m: p_eff = j + t - m."""
    frames = positions().frame_angles(1, 3)[:, 0].view(3, 16)
    assert frames[1].tolist() == pytest.approx((frames[0] + 1).tolist(), abs=1e-9)
    assert frames[0].tolist() == pytest.approx([j + 1 - 16 for j in range(1, 17)], abs=1e-9)


def test_with_kappa_1_time_has_no_place_at_all() -> None:
    frames = positions(kappa=1.0).frame_angles(1, 3)[:, 0].view(3, 16)
    assert torch.allclose(frames[0], frames[2])


def test_the_reference_stands_one_before_the_first_frame() -> None:
    rule = positions()
    assert torch.allclose(rule.reference_angles(16)[:, 0] + 1, rule.frame_angles(1, 1)[:, 0])


@given(gamma=st.floats(0.3, 3), kappa=st.floats(0, 1.5), first=st.integers(1, 12))
def test_a_frame_stands_in_the_same_place_whatever_comes_before_and_after(gamma: float, kappa: float, first: int) -> None:
    """What was cached stays true, for any γ: T is fixed."""
    rule = positions(gamma=gamma, kappa=kappa)
    assert torch.allclose(rule.frame_angles(1, 14)[(first - 1) * 16 : first * 16], rule.frame_angles(first, 1), rtol=1e-12)


def test_gamma_bends_time() -> None:
    """γ = 2: the correction of frame t is κ·m·T·(t/T)²; T = 10."""
    rule = positions(gamma=2.0, kappa=1.0)
    assert rule.frame_angles(5, 1)[0, 0].item() == pytest.approx(1 + 16 * 4 - 16 * 10 * 0.25)


def test_frequencies_fall_from_1_to_almost_the_base() -> None:
    angles = positions(position="rope").frame_angles(1, 1)
    assert angles[0, 0].item() == 1
    assert angles[0, 31].item() == pytest.approx(10_000 ** (-62 / 64))


def test_mrope_turns_a_quarter_of_the_pairs_with_time_and_the_rest_with_row_and_column() -> None:
    angles = positions(position="mrope", rope_base=1.0 + 1e-12).frame_angles(3, 1)  # all frequencies are 1
    row_2_column_3 = angles[2 * 4 + 3]
    assert row_2_column_3.tolist() == pytest.approx([3.0] * 8 + [2.0] * 12 + [3.0] * 12)


@given(st.integers(0, 2**16), st.integers(-40, 40))
def test_attention_sees_only_the_distance_of_two_tokens(seed: int, shift: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    query, key = torch.randn(2, 1, 1, 1, 64, generator=generator, dtype=torch.float64)
    rule = positions(position="rope")
    angles = rule.frame_angles(1, 2)
    further = angles + shift * angles[0]  # ω times p: the first angle of frame 1 is ω

    def likeness(one: torch.Tensor, two: torch.Tensor) -> float:
        return (Rotation.of(one[None], query.dtype)(query) * Rotation.of(two[None], key.dtype)(key)).sum().item()

    assert likeness(angles[3], angles[20]) == pytest.approx(likeness(further[3], further[20]), abs=1e-9)
