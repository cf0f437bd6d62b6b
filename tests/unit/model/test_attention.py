"""Block-causal attention, of frames one by one and of all together: both ways keep what is said here."""

from __future__ import annotations

import pytest
import torch

from ppad_model.ppjudge.attention import BlockCausalAttention
from ppad_model.ppjudge.positions import Positions, Rotation
from ppad_model.ppjudge.presets import preset

CONFIG = preset(image_size=32, hidden=32, heads=2)  # 4 tokens a frame
ROTATE = Rotation.of(Positions.of(CONFIG).frame_angles(1, 3), torch.float32)
PARTS = [4, 4, 4]


@pytest.fixture(params=[0, 200], ids=["one by one", "together"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ppad_model.ppjudge.attention.FEW", request.param)


def test_frame_by_frame_is_full_attention_under_the_block_causal_mask() -> None:
    attention, x = BlockCausalAttention(32, 2), torch.randn(2, 12, 32)
    query, key, value = attention.qkv(x).unflatten(-1, (3, 2, 16)).permute(2, 0, 3, 1, 4)
    frame = torch.arange(12) // 4
    allowed = frame[None, :] <= frame[:, None]
    weight = (ROTATE(query) @ ROTATE(key).transpose(-1, -2) / 4).masked_fill(~allowed, -torch.inf).softmax(-1)
    expected = attention.out((weight @ value).transpose(1, 2).flatten(2))
    torch.testing.assert_close(attention(x, ROTATE, PARTS)[0], expected, atol=1e-6, rtol=1e-5)


def test_a_token_sees_its_own_frame_and_earlier_ones_and_nothing_later() -> None:
    attention, x = BlockCausalAttention(32, 2), torch.randn(1, 12, 32, requires_grad=True)
    attention(x, ROTATE, PARTS)[0][0, 5].sum().backward()  # the second token of the second frame
    assert x.grad is not None
    touched = x.grad[0].abs().sum(-1) > 0
    assert touched.tolist() == [True] * 8 + [False] * 4


def test_hidden_keys_change_nothing() -> None:
    attention, x = BlockCausalAttention(32, 2), torch.randn(2, 12, 32)
    visible = torch.ones(2, 12, dtype=torch.bool)
    visible[1, 2:4] = False
    other = x.clone()
    other[1, 2:4] = 100.0
    one, two = (attention(tokens, ROTATE, PARTS, visible=visible)[0] for tokens in (x, other))
    torch.testing.assert_close(one[0], two[0])
    torch.testing.assert_close(one[1, 4:], two[1, 4:])


def test_remembered_frames_are_as_good_as_present_ones() -> None:
    attention, x = BlockCausalAttention(32, 2), torch.randn(2, 12, 32)
    whole, _ = attention(x, ROTATE, PARTS)
    memory, steps = None, []
    for t in range(3):
        rotate = Rotation.of(Positions.of(CONFIG).frame_angles(t + 1, 1), torch.float32)
        step, memory = attention(x[:, 4 * t : 4 * t + 4], rotate, [4], memory)
        steps.append(step)
    torch.testing.assert_close(torch.cat(steps, 1), whole, atol=1e-6, rtol=1e-5)
