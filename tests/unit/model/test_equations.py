"""The model against a second implementation of it, written from the paper with loops and in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fixtures.judges import drawn_frames, small_judge
from fixtures.plain_judge import plain_scores
from ppad_model import PPJudge


def as_written(judge: PPJudge, frames: torch.Tensor, reference: torch.Tensor) -> np.ndarray:
    state = {name: value.double().numpy() for name, value in judge.state_dict().items()}
    return plain_scores(judge.config, state.__getitem__, frames.double().numpy(), reference.double().numpy())


@pytest.mark.parametrize("way", ["by_gates", "by_expert"])
def test_the_scores_are_those_of_the_paper_written_in_loops(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    judge = small_judge(image_size=16)
    for block in judge.blocks:
        monkeypatch.setattr(block.routed, "forward", getattr(block.routed, way))
        block.router.bias.uniform_(-0.2, 0.2)
    frames, reference = drawn_frames(1, 3, 16), torch.rand(3, 16, 16)
    expected = as_written(judge, frames[0], reference)
    found = judge(frames, [reference]).raw[0].detach()
    assert expected.std() > 0.01
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_in_float64_the_two_agree_to_twelve_digits() -> None:
    judge = small_judge(image_size=16)
    frames, reference = drawn_frames(1, 2, 16).double(), torch.rand(3, 16, 16).double()
    expected = as_written(judge, frames[0], reference)
    np.testing.assert_allclose(judge.double()(frames, [reference]).raw[0].detach(), expected, atol=1e-12)
