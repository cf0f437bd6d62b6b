"""One optimizer step: a rank's part of it in micro-batches, gradients of all ranks together."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

from ppad_model.data import Batch, Example, collate
from ppad_model.packages import Tensor, nn, torch
from ppad_model.trainable import AnyBatch, Gather, Trainable
from ppad_model.training.config import PhaseConfig
from ppad_model.training.devices import Accelerator
from ppad_model.training.sharding import cut, full

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Measured:
    """What a step measured, still on the device: the loss over this rank's processes, its terms, and the norm of the gradient."""

    values: Tensor
    ids: tuple[str, ...]


class Learner(nn.Module):
    """A model and its loss as one module, so that what distributes gradients sees the whole way.

    Args:
        model: what learns.
    """

    def __init__(self, model: Trainable) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: AnyBatch) -> Tensor:
        """The loss of a batch that is on the model's device, and its terms: (1 + terms,)."""
        return self.model.step_losses(batch)


def learn(
    learner: nn.Module,
    batches: Sequence[AnyBatch],
    size: int,
    optimizer: torch.optim.Optimizer,
    clip: float,
    accelerator: Accelerator,
    passes: int = 0,
) -> Measured:
    """Take one step. On several ranks, all call it together with as many batches each.

    The loss is the mean over the `size` processes of the step, wherever they are: every process weighs the same, whether the
    step was cut in one micro-batch or in several, on one rank or on many.

    Args:
        learner: a `Learner` as Accelerate prepared it.
        batches: this rank's micro-batches.
        size: processes of the step, over all ranks.
        clip: largest norm of the gradient; 0 never clips.
        passes: of each rank, where all have to take as many: who has fewer batches goes through the last again, for nothing.
    """
    total, count = torch.zeros((), device=accelerator.device), max(passes, len(batches))
    for number in range(count):
        batch = batches[min(number, len(batches) - 1)]
        moved = batch.to(accelerator.device)
        # DDP and FSDP average over ranks: what each gives counts `world` times.
        weight = len(batch) * accelerator.num_processes / size if number < len(batches) else 0.0
        with nullcontext() if number == count - 1 else accelerator.no_sync(learner), accelerator.autocast():
            losses: Tensor = learner(moved)
            accelerator.backward(losses[0] * weight)
        total = total + weight * losses.detach().float()
    norm = full(accelerator.clip_grad_norm_(learner.parameters(), clip or math.inf))
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    unwrapped: Learner = accelerator.unwrap_model(learner)
    unwrapped.model.after_step()
    return Measured(torch.cat((total, norm.detach().float()[None])), tuple(name for batch in batches for name in batch.ids))


def make_optimizer(model: nn.Module, config: PhaseConfig) -> torch.optim.Optimizer:
    """The optimizer of a phase, over the weights that learn."""
    kind = torch.optim.AdamW if config.optimizer == "adamw" else torch.optim.Adam
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    return kind(weights, lr=config.learning_rate, weight_decay=config.weight_decay)


def load_optimizer(optimizer: torch.optim.Optimizer, state: Mapping[str, Any]) -> None:
    """Go on with the state of an optimizer of the same weights, be they sharded now or whole."""
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    states = {
        number: {name: cut(value, weights[number]) for name, value in one.items()} for number, one in state["state"].items()
    }
    optimizer.load_state_dict({**state, "state": states})


def learning_rate(config: PhaseConfig, step: int, steps: int) -> float:
    """The rate of a step, counted from 0, of a phase of so many."""
    warm = round(config.warmup * steps)
    if step < warm:
        return config.learning_rate * (step + 1) / warm
    if config.schedule == "constant":
        return config.learning_rate
    return config.learning_rate * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm))) / 2


def seed_step(seed: int, step: int, rank: int) -> None:
    """Chance of a step follows from these numbers alone, so that no generator's state has to be kept."""
    torch.manual_seed(_hashed(f"{seed}/step/{step}/{rank}"))


def micro_batches(examples: Sequence[E], count: int) -> Iterator[Sequence[E]]:
    """A part of a step in `count` parts of nearly equal size, without those that would be empty."""
    for number in range(count):
        part = examples[number * len(examples) // count : (number + 1) * len(examples) // count]
        if part:
            yield part


def mirroring(mirror: float, seed: int) -> Gather:
    """How processes become a batch for a judge: in an epoch, some are mirrored, whatever the rank they are on."""

    def gather(examples: Sequence[Example], epoch: int | None) -> Batch:
        def is_mirrored(one: Example) -> bool:
            return epoch is not None and chance(f"{seed}/mirror/{epoch}/{one.process_id}") < mirror

        return collate([_mirrored(one) if is_mirrored(one) else one for one in examples])

    return gather


def _mirrored(example: Example) -> Example:
    reference = example.reference.flip(-1) if isinstance(example.reference, Tensor) else example.reference
    return Example(example.process_id, example.frames.flip(-1), reference, example.targets, example.style)


def chance(text: str) -> float:
    """A number from 0 to 1 that follows from a text alone."""
    return _hashed(text) / 2**63


def _hashed(text: str) -> int:
    """63 bits."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1
