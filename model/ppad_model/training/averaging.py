"""A moving average of the weights (EMA), which is validated and kept in their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ppad_model.packages import Tensor, nn, torch
from ppad_model.training.sharding import cut


class Average:
    """Averages that follow the weights which learn: average ← d·average + (1 - d)·weights after each step.

    The first step copies the weights; d = min(decay, (1 + n)/(10 + n)) after n steps, so that the random beginning is soon
    forgotten. Buffers are not averaged.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        @torch.no_grad()
        def lean(averages: Sequence[Tensor], weights: Sequence[Tensor], steps: Tensor | int) -> None:
            count = int(steps)
            torch._foreach_lerp_(list(averages), list(weights), 1 - min(decay, (1 + count) / (10 + count)))

        self._weights = nn.ParameterList(weight for weight in model.parameters() if weight.requires_grad)
        self._averages = torch.optim.swa_utils.AveragedModel(self._weights, multi_avg_fn=lean)

    def follow(self) -> None:
        """Take in the weights as they are after a step."""
        self._averages.update_parameters(self._weights)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Within it, the model has the averages for weights."""
        weights = [weight.detach() for weight in self._weights]
        before = [weight.clone() for weight in weights]
        try:
            _copy(self._averages.module.parameters(), weights)
            yield
        finally:
            _copy(before, weights)

    def state(self) -> dict[str, Any]:
        """What `load` takes."""
        return self._averages.state_dict()

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from a state, of sharded weights or of whole ones."""
        own = self._averages.state_dict()
        self._averages.load_state_dict({name: cut(value, own[name]) for name, value in state.items()})


@torch.no_grad()
def _copy(values: Any, weights: Sequence[Tensor]) -> None:
    for weight, value in zip(weights, values, strict=True):
        weight.copy_(value)
