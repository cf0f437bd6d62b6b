"""How well weights judge the processes that were held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad_model.assessor import Assessor
from ppad_model.data import Share, Source, batches_in_order
from ppad_model.evaluation.metrics import METRICS
from ppad_model.packages import torch
from ppad_model.training.devices import Accelerator, gather_object, share_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Validation:
    """Figures of held-out processes.

    Attributes:
        figures: by metric and attribute; NaN where it says nothing.
    """

    figures: Mapping[str, Mapping[str, float]]

    def mean(self, metric: str) -> float:
        """Over the attributes for which it says something; NaN where there is none."""
        known = [value for value in self.figures[metric].values() if np.isfinite(value)]
        return float(np.mean(known)) if known else float("nan")

    def plain(self) -> dict[str, dict[str, float | None]]:
        """For JSON, which has no NaN."""
        return {
            metric: {name: value if np.isfinite(value) else None for name, value in values.items()}
            for metric, values in self.figures.items()
        }


def validate(model: Assessor, source: Source, size: int, accelerator: Accelerator) -> Validation:
    """Assess the processes of a source, a stretch on each rank, `size` at a time; on all ranks together.

    The mode of the model, training or not, is what it was before.
    """
    was_training = model.training
    model.eval()
    with accelerator.autocast():
        scores = _assessed(model, source, size, share_of(accelerator), accelerator.device)
    model.train(was_training)
    if accelerator.num_processes > 1:
        scores = gather_object(scores)
    return compare(np.asarray(scores, dtype=np.float64), source.rows.targets, model.config.attributes)


def validate_alone(model: Assessor, source: Source) -> Validation:
    """The same on this rank alone, one process at a time."""
    scores = _assessed(model.eval(), source, 1, Share(), "cpu")
    return compare(np.asarray(scores, dtype=np.float64), source.rows.targets, model.config.attributes)


@torch.no_grad()
def _assessed(model: Assessor, source: Source, size: int, share: Share, device: torch.device | str) -> list[list[float]]:
    found: list[list[float]] = []
    for batch in batches_in_order(source, size, share):
        moved = batch.to(device)
        found += model(moved.frames, moved.reference, lengths=moved.lengths).scores.double().cpu().tolist()
    return found


def compare(scores: Floats, targets: Floats, attributes: Sequence[str]) -> Validation:
    """The metrics of each attribute over the processes that have its score, (N, A) both."""
    figures: dict[str, dict[str, float]] = {metric.name: {} for metric in METRICS}
    for column, name in enumerate(attributes):
        known = np.isfinite(targets[:, column])
        for metric in METRICS:
            some = known.any()
            figures[metric.name][name] = metric(scores[known, column], targets[known, column]) if some else float("nan")
    return Validation(figures)
