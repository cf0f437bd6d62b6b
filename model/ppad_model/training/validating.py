"""How well weights judge the processes that were held out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppad_model.data import Share, Source, parts_in_order
from ppad_model.evaluation.metrics import METRICS
from ppad_model.packages import torch
from ppad_model.trainable import Gather, Trainable
from ppad_model.training.devices import Accelerator, gather_object, share_of
from ppad_model.training.sharding import is_sharded

Floats = NDArray[np.float64]
_Said = tuple[list[float], float | None]


@dataclass(frozen=True, slots=True)
class Validation:
    """Figures of held-out processes.

    Attributes:
        figures: by metric and attribute; NaN where it says nothing.
        error: by which the best weights are chosen.
    """

    figures: Mapping[str, Mapping[str, float]]
    error: float

    def mean(self, metric: str) -> float:
        """Over the attributes for which it says something; NaN where there is none."""
        return _mean(self.figures[metric])

    def plain(self) -> dict[str, dict[str, float | None]]:
        """For JSON, which has no NaN."""
        return {
            metric: {name: value if np.isfinite(value) else None for name, value in values.items()}
            for metric, values in self.figures.items()
        }


def validate(model: Trainable, source: Source[Any], gather: Gather, size: int, accelerator: Accelerator) -> Validation:
    """Assess the processes of a source, a stretch on each rank, `size` at a time; on all ranks together.

    The mode of the model, training or not, is what it was before.
    """
    was_training = model.training
    model.eval()
    share = share_of(accelerator)
    passes = math.ceil(math.ceil(len(source.rows) / share.world) / size) if is_sharded(model) else 0
    with accelerator.autocast():
        said = _examined(model, source, gather, size, share, accelerator.device, passes)
    model.train(was_training)
    if accelerator.num_processes > 1:
        said = gather_object(said)
    return _validation(said, source, model.config.attributes)


def validate_alone(model: Trainable, source: Source[Any], gather: Gather) -> Validation:
    """The same on this rank alone, one process at a time."""
    return _validation(_examined(model.eval(), source, gather, 1, Share(), "cpu"), source, model.config.attributes)


@torch.no_grad()
def _examined(
    model: Trainable,
    source: Source[Any],
    gather: Gather,
    size: int,
    share: Share,
    device: torch.device | str,
    passes: int = 0,
) -> list[_Said]:
    """What the model says of a rank's stretch; a rank whose stretch is shorter goes through the first process, for nothing."""
    found: list[_Said] = []
    for part in parts_in_order(source, size, share):
        said = model.examine(gather(part, None).to(device))
        errors = [None] * len(part) if said.errors is None else said.errors.double().cpu().tolist()
        found += zip(said.scores.double().cpu().tolist(), errors, strict=True)
        passes -= 1
    if passes > 0:  # one pass fewer than the others
        model.examine(gather(next(parts_in_order(source, 1)), None).to(device))
    return found


def _validation(said: Sequence[_Said], source: Source[Any], attributes: Sequence[str]) -> Validation:
    scores = np.array([scores for scores, _ in said], dtype=np.float64)
    errors = [error for _, error in said if error is not None]
    return compare(scores, source.rows.targets, attributes, errors)


def compare(scores: Floats, targets: Floats, attributes: Sequence[str], errors: Sequence[float] = ()) -> Validation:
    """The metrics of each attribute over the processes that have its score, (N, A) both.

    Args:
        errors: of the processes, as the model weighs them; none for the mean squared error of the scores.
    """
    figures: dict[str, dict[str, float]] = {metric.name: {} for metric in METRICS}
    for column, name in enumerate(attributes):
        known = np.isfinite(targets[:, column])
        for metric in METRICS:
            some = known.any()
            figures[metric.name][name] = metric(scores[known, column], targets[known, column]) if some else float("nan")
    return Validation(figures, float(np.mean(errors)) if errors else _mean(figures["mse"]))


def _mean(figures: Mapping[str, float]) -> float:
    """Over the attributes for which it says something; NaN where there is none."""
    known = [value for value in figures.values() if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")
