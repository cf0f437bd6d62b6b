"""Why a score is what it is: which experts were used, what they did to each attribute (Figure 6), and which frames and patches.

Effects are of first order, in points of the scale: gradient times what it belongs to. An expert enters a token as weight · E(x),
so that the gradient by its weight, times the weight, is what the score would lose, to first order, if the expert kept silent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ppad_model.inputs import Lengths, Reference, align_frames
from ppad_model.packages import Tensor, torch
from ppad_model.ppjudge.config import JudgeConfig
from ppad_model.ppjudge.model import PPJudge
from ppad_model.ppjudge.routing import Routing


@dataclass(frozen=True, slots=True)
class Explanation:
    """Of B processes; D different depths of experts, g × g patches a frame.

    Attributes:
        scores: (B, A) on the scale.
        depths: the depths, ascending.
        use: (B, L, D), how the routing weights of a process's frames were spread over depths, by block; sums to 1 over D.
        expert_effect: (B, A, D), what the experts of each depth did to each score, over all blocks, points.
        patch_effect: (B, A, T, g, g), what each patch did to each score, points; 0 behind the last frame.
    """

    scores: Tensor
    depths: tuple[int, ...]
    use: Tensor
    expert_effect: Tensor
    patch_effect: Tensor

    @property
    def frame_effect(self) -> Tensor:
        """(B, A, T), what each frame did to each score, points."""
        return self.patch_effect.sum((-2, -1))


def explain(judge: PPJudge, frames: Tensor, reference: Reference = None, *, lengths: Lengths = None) -> Explanation:
    """Explain the scores of processes; as many backward passes as there are attributes.

    Args:
        frames, reference, lengths: as the judge takes them.

    Raises:
        ShapeError, WeightsError: as the judge does.
    """
    frames, counts = align_frames(frames, lengths, None, judge.config)
    with torch.enable_grad(), _watched(judge) as (routings, embedded):
        out = judge(frames, reference, lengths=counts)
        tokens, weights = embedded[-1], [routing.weights for routing in routings]  # a reference is embedded before the frames
        slopes = [torch.autograd.grad(raw.sum(), [tokens, *weights], retain_graph=True) for raw in out.raw.unbind(1)]
    batch, count = frames.shape[:2]
    high, grid = judge.config.score_high, judge.config.grid
    patches = torch.stack([high * (first * tokens).sum(-1).detach() for first, *_ in slopes])
    effects = [[high * (slope * weight).detach() for slope, weight in zip(rest, weights, strict=True)] for _, *rest in slopes]
    choice = _Choice(judge.config, routings, batch, count)
    return Explanation(
        scores=out.scores.detach(),
        depths=choice.depths,
        use=choice.use(None if counts is None else torch.arange(count, device=counts.device) < counts[:, None]),
        expert_effect=torch.stack([choice.by_depth(effect).sum(1) for effect in effects], dim=1),
        patch_effect=patches.view(-1, batch, count, grid, grid).transpose(0, 1),
    )


class _Choice:
    """What the routers of the L blocks chose for the n tokens of B processes of T frames, by depth of the experts."""

    def __init__(self, config: JudgeConfig, routings: Sequence[Routing], batch: int, count: int) -> None:
        self.depths = tuple(sorted(set(config.depths)))
        self._batch, self._frame_tokens, self._tokens = batch, count * config.tokens, config.tokens
        self._weights = [routing.weights.detach() for routing in routings]
        self._levels = [torch.tensor(config.depths, device=routing.experts.device)[routing.experts] for routing in routings]

    def use(self, real: Tensor | None) -> Tensor:
        """(B, L, D): shares of the weight that the real frames' tokens gave to each depth; `real` is (B, T) bool, or None."""
        used = self.by_depth([weight * self._counted(weight, real) for weight in self._weights])
        return used / used.sum(-1, keepdim=True)

    def by_depth(self, values: Sequence[Tensor]) -> Tensor:
        """(B, L, D): sums over tokens and choices of values (n, k) of each block."""
        sums = [
            torch.stack([(value * (level == depth)).unflatten(0, (self._batch, -1)).sum((1, 2)) for depth in self.depths], dim=1)
            for value, level in zip(values, self._levels, strict=True)
        ]
        return torch.stack(sums, dim=1) if sums else torch.zeros(self._batch, 0, 0)

    def _counted(self, weight: Tensor, real: Tensor | None) -> Tensor:
        """(n, 1): 1 for tokens of real frames, 0 for those of the reference and of padding."""
        counted = weight.new_zeros(self._batch, len(weight) // self._batch)
        counted[:, -self._frame_tokens :] = 1 if real is None else real.repeat_interleave(self._tokens, 1).to(weight.dtype)
        return counted.flatten()[:, None]


@contextmanager
def _watched(judge: PPJudge) -> Iterator[tuple[list[Routing], list[Tensor]]]:
    """While it lasts, what the routers choose, and what the patches become, is noted, and is differentiable."""
    routings: list[Routing] = []
    embedded: list[Tensor] = []

    def note_routing(_module: Any, _inputs: Any, routing: Routing) -> None:
        if not routing.weights.requires_grad:
            routing.weights.requires_grad_()
        routings.append(routing)

    def note_patches(_module: Any, _inputs: Any, maps: Tensor) -> Tensor:
        tokens = maps.flatten(2).transpose(1, 2)
        if not tokens.requires_grad:
            tokens.requires_grad_()
        embedded.append(tokens)
        return tokens.transpose(1, 2).unflatten(2, maps.shape[2:])

    hooks = [judge.patches.register_forward_hook(note_patches)]
    hooks += [block.router.register_forward_hook(note_routing) for block in judge.blocks if block.router is not None]
    try:
        yield routings, embedded
    finally:
        for hook in hooks:
            hook.remove()
