"""A moving average of the weights (EMA), which is validated and kept in their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ppad_model.packages import Tensor, nn, torch


def average_of(model: nn.Module, decay: float) -> Any:
    """A copy of a model that follows its weights: average ← d·average + (1 - d)·weights after each step.

    The first step copies the weights; d = min(decay, (1 + n)/(10 + n)) after n steps, so that the random beginning is soon
    forgotten. Buffers are copied.

    Returns:
        an `AveragedModel` of torch: `update_parameters(model)` after each step; `module` is the model to validate.
    """

    @torch.no_grad()
    def follow(averages: Sequence[Tensor], weights: Sequence[Tensor], steps: Tensor | int) -> None:
        count = int(steps)
        torch._foreach_lerp_(list(averages), list(weights), 1 - min(decay, (1 + count) / (10 + count)))

    return torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=follow)
