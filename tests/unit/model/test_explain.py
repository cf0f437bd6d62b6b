"""What an explanation says, against changes that are really made."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from fixtures.judges import drawn_frames, small_judge
from ppad_model import PPJudge
from ppad_model.ppjudge.explain import explain
from ppad_model.ppjudge.routing import Routing

PICTURE = torch.rand(3, 32, 32)


def scores_with_scaled_experts(judge: PPJudge, frames: torch.Tensor, depth: int, factor: float) -> torch.Tensor:
    """The raw scores if the experts of one depth spoke louder by a factor."""
    depths = torch.tensor(judge.config.depths)

    def louder(_module: Any, _inputs: Any, routing: Routing) -> Routing:
        return Routing(routing.experts, torch.where(depths[routing.experts] == depth, factor, 1.0) * routing.weights)

    hooks = [block.router.register_forward_hook(louder) for block in judge.blocks]
    out = judge(frames, [PICTURE]).raw.detach()
    for hook in hooks:
        hook.remove()
    return out


def test_the_effect_of_a_depth_is_the_slope_of_the_scores_as_its_experts_speak_louder() -> None:
    judge, frames = small_judge().double(), drawn_frames(1, 3).double()
    found = explain(judge, frames, [PICTURE])
    assert found.depths == (1, 2, 3, 4, 5)
    for place, depth in enumerate(found.depths):
        more, less = (scores_with_scaled_experts(judge, frames, depth, factor) for factor in (1.0001, 0.9999))
        slope = 10 * (more - less) / 0.0002
        torch.testing.assert_close(found.expert_effect[0, :, place].double(), slope[0], atol=2e-4, rtol=1e-3)


def test_the_use_of_depths_is_where_the_weights_of_the_frames_went() -> None:
    judge, frames = small_judge(), drawn_frames(1, 2)
    seen: list[Routing] = []
    hooks = [block.router.register_forward_hook(lambda _m, _i, routing: seen.append(routing)) for block in judge.blocks]
    found = explain(judge, frames, [PICTURE])
    for hook in hooks:
        hook.remove()
    for block, routing in enumerate(seen):
        share = dict.fromkeys(found.depths, 0.0)
        for experts, weights in zip(routing.experts[16:].tolist(), routing.weights[16:].tolist(), strict=True):
            for expert, weight in zip(experts, weights, strict=True):
                share[judge.config.depths[expert]] += weight / 32
        assert found.use[0, block].tolist() == pytest.approx(list(share.values()), abs=1e-5)


def test_the_effect_of_a_patch_is_the_slope_of_the_scores_along_its_token() -> None:
    judge, frames = small_judge().double(), drawn_frames(1, 2).double()
    found = explain(judge, frames, [PICTURE])
    assert found.patch_effect.shape == (1, 8, 2, 4, 4)

    def raw_with_token_scaled(factor: float) -> torch.Tensor:
        def scale(_module: Any, _inputs: Any, maps: torch.Tensor) -> torch.Tensor:
            if len(maps) == 2:  # the frames, not the reference
                maps = maps.clone()
                maps[1, :, 2, 3] *= factor
            return maps

        hook = judge.patches.register_forward_hook(scale)
        out = judge(frames, [PICTURE]).raw.detach()
        hook.remove()
        return out

    slope = 10 * (raw_with_token_scaled(1.0001) - raw_with_token_scaled(0.9999)) / 0.0002
    torch.testing.assert_close(found.patch_effect[0, :, 1, 2, 3].double(), slope[0], atol=2e-4, rtol=1e-3)
    torch.testing.assert_close(found.frame_effect, found.patch_effect.sum((3, 4)))


def test_padding_has_no_effect_and_processes_are_explained_apart() -> None:
    judge, frames = small_judge(), drawn_frames(2, 4)
    together = explain(judge, frames, "a boat", lengths=[2, 4])
    alone = explain(judge, frames[:1, :2], "a boat")
    assert together.patch_effect[0, :, 2:].abs().max() == 0
    torch.testing.assert_close(together.patch_effect[:1, :, :2], alone.patch_effect, atol=1e-5, rtol=1e-3)
    torch.testing.assert_close(together.use[:1], alone.use, atol=1e-5, rtol=1e-4)


def test_a_frozen_judge_is_explained_as_well_and_keeps_no_hooks() -> None:
    judge, frames = small_judge().requires_grad_(False), drawn_frames(1, 2)
    with torch.no_grad():
        found = explain(judge, frames)
    assert found.expert_effect.abs().max() > 0
    assert not judge.patches._forward_hooks
    torch.testing.assert_close(found.scores, judge(frames).scores)


def test_a_judge_without_routed_experts_has_no_depths_to_tell_of() -> None:
    found = explain(small_judge("dense"), drawn_frames(1, 2))
    assert (found.depths, found.expert_effect.shape) == ((), (1, 8, 0))
    assert found.patch_effect.abs().max() > 0
