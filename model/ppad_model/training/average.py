"""The moving average of the weights that is validated and kept (EMA)."""

from __future__ import annotations

import copy

from ppad_model.assessor import Assessor
from ppad_model.packages import Tensor, torch


class WeightAverage:
    """An exponential moving average of a model's weights; its buffers are those of the model.

    Args:
        model: what is averaged; the average begins with its weights.
        decay: of the average, once it is warm: after n steps at most (1 + n) / (10 + n).
    """

    def __init__(self, model: Assessor, decay: float) -> None:
        self.model = copy.deepcopy(model).requires_grad_(False).eval()
        self._decay = decay

    @torch.no_grad()
    def update(self, model: Assessor, steps: int) -> None:
        """Take in the weights after a step.

        Args:
            steps: taken in before.
        """
        share = 1 - min(self._decay, (1 + steps) / (10 + steps))
        for own, new in zip(self.model.parameters(), model.parameters(), strict=True):
            own.lerp_(new.to(own), share)
        for own, new in zip(self.model.buffers(), model.buffers(), strict=True):
            own.copy_(new)

    def begin_with(self, state: dict[str, Tensor]) -> None:
        """Forget everything and begin with these weights."""
        self.model.load_state_dict(state)
