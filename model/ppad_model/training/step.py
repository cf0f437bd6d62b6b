"""One optimizer step: a rank's part of it in micro-batches, gradients of all ranks together."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from ppad_model.assessor import Assessor
from ppad_model.data import Batch, Example, collate
from ppad_model.losses import Losses
from ppad_model.packages import Tensor, nn, torch
from ppad_model.training.config import PhaseConfig
from ppad_model.training.devices import Accelerator


@dataclass(frozen=True, slots=True)
class Measured:
    """What a step measured, still on the device: the losses over this rank's processes, and the norm of the gradient."""

    values: Tensor
    ids: tuple[str, ...]

    NAMES = ("loss", "score_loss", "style_loss", "gradient")


class Learner(nn.Module):
    """A model and its loss as one module, so that what distributes gradients sees the whole way.

    Args:
        model: what learns.
    """

    def __init__(self, model: Assessor) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: Batch) -> Losses:
        """The losses of a batch that is on the model's device."""
        out = self.model(batch.frames, batch.reference, lengths=batch.lengths)
        return self.model.loss(out, batch.targets, batch.styles)


def learn(
    learner: nn.Module,
    batches: Sequence[Batch],
    size: int,
    optimizer: torch.optim.Optimizer,
    clip: float,
    accelerator: Accelerator,
) -> Measured:
    """Take one step. On several ranks, all call it together with as many batches each.

    The loss is the mean over the `size` processes of the step, wherever they are: every process weighs the same, whether the
    step was cut in one micro-batch or in several, on one rank or on many.

    Args:
        learner: a `Learner` as Accelerate prepared it.
        batches: this rank's micro-batches.
        size: processes of the step, over all ranks.
        clip: largest norm of the gradient; 0 never clips.
    """
    total = torch.zeros(3, device=accelerator.device)
    for number, batch in enumerate(batches):
        moved = batch.to(accelerator.device)
        # DDP averages over ranks: what each gives counts `world` times.
        weight = len(batch) * accelerator.num_processes / size
        with nullcontext() if number == len(batches) - 1 else accelerator.no_sync(learner), accelerator.autocast():
            losses: Losses = learner(moved)
            accelerator.backward(losses.total * weight)
        total += weight * torch.stack((losses.total, losses.score, losses.style)).detach().float()
    norm = accelerator.clip_grad_norm_(learner.parameters(), clip or math.inf)
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


def micro_batches(examples: Sequence[Example], count: int, mirror: float, seed: int, epoch: int) -> Iterator[Batch]:
    """A part of a step in `count` micro-batches of nearly equal size; some processes mirrored, whatever the rank they are on."""
    shown = [_mirrored(one) if _chance(f"{seed}/mirror/{epoch}/{one.process_id}") < mirror else one for one in examples]
    for number in range(count):
        part = shown[number * len(shown) // count : (number + 1) * len(shown) // count]
        if part:
            yield collate(part)


def _mirrored(example: Example) -> Example:
    reference = example.reference.flip(-1) if isinstance(example.reference, Tensor) else example.reference
    return Example(example.process_id, example.frames.flip(-1), reference, example.targets, example.style)


def _chance(text: str) -> float:
    return _hashed(text) / 2**63


def _hashed(text: str) -> int:
    """63 bits."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1
