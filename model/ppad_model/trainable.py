"""What the trainer asks of a model, be it a judge of processes or a critic: one loop for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

from ppad_model.packages import Tensor, nn, torch


class AnyBatch(Protocol):
    """Several processes as a model takes them."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the processes."""
        ...

    def __len__(self) -> int: ...

    def to(self, device: torch.device | str) -> Self:
        """The batch on a device."""
        ...

    def pinned(self) -> Self:
        """The batch in memory that a GPU reads from directly."""
        ...


class Gather(Protocol):
    """Makes a batch of examples, for an epoch of training, or, where that is None, to measure the weights."""

    def __call__(self, examples: Sequence[Any], epoch: int | None) -> Any: ...


@dataclass(frozen=True, slots=True)
class Examined:
    """What a model says of B held-out processes.

    Attributes:
        scores: (B, A) on the scale.
        errors: (B,) by which the best weights are chosen; None for the mean squared error of the scores.
    """

    scores: Tensor
    errors: Tensor | None = None


class Trainable(nn.Module):
    """A model that the trainer can train.

    Attributes:
        loss_terms: what the loss is made of; columns of the log.
        error_name: what the best weights are chosen by.
        config: its settings.
        save_pretrained: writes settings and weights into a folder, each file whole at any moment.
    """

    loss_terms: ClassVar[tuple[str, ...]]
    error_name: ClassVar[str]
    config: Any
    save_pretrained: Callable[..., Any]

    def step_losses(self, batch: Any) -> Tensor:
        """The loss of a batch that is on the model's device, and its terms: (1 + terms,); each process weighs the same."""
        raise NotImplementedError

    def examine(self, batch: Any) -> Examined:
        """Scores of held-out processes."""
        raise NotImplementedError

    def learned_state(self) -> Mapping[str, Tensor]:
        """What a checkpoint keeps: all weights, where the model does not leave some as they were."""
        return self.state_dict()

    def load_learned_state(self, state: Mapping[str, Tensor]) -> None:
        """Take over what `learned_state` gave."""
        self.load_state_dict(state)

    def after_step(self) -> None:
        """What is due after each optimizer step. On several ranks, all call it together."""
