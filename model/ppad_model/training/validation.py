"""How far a model is from the held-out processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ppad.errors import PpadError
from ppad.storage import Dataset
from ppad_model.assessor import Assessor
from ppad_model.packages import Tensor, torch
from ppad_model.training.examples import Batch, Example, ExampleMaker
from ppad_model.training.packages import spearmanr

_BATCH = 16


@dataclass(frozen=True, slots=True)
class Validation:
    """Error on the held-out processes.

    Attributes:
        mse: mean squared error over processes and attributes, points².
        srcc: mean over attributes of Spearman's correlation; None where no attribute has three processes that differ.
    """

    mse: float
    srcc: float | None


@torch.no_grad()
def predict(
    model: Assessor, dataset: Dataset, ids: Sequence[str], make: ExampleMaker, device: torch.device
) -> list[tuple[str, list[float], list[float]]]:
    """Id, scores and targets (NaN without one) of processes; one whose pictures are damaged is left out."""
    model.eval()
    found = []
    examples = list(_usable(dataset, ids, make))
    for first in range(0, len(examples), _BATCH):
        batch = Batch.of(examples[first : first + _BATCH]).to(device)
        scores = model(batch.frames, batch.references, lengths=batch.lengths).scores
        found += list(zip(batch.ids, scores.tolist(), batch.targets.tolist(), strict=True))
    return found


def validate(found: Sequence[tuple[str, list[float], list[float]]]) -> Validation | None:
    """Errors of predictions, in whatever order; None without any target."""
    if not found:
        return None
    rows = sorted(found)
    scores, targets = torch.tensor([row[1] for row in rows]).double(), torch.tensor([row[2] for row in rows]).double()
    known = targets.isfinite()
    if not known.any():
        return None
    correlations = [_srcc(scores[rated, column], targets[rated, column]) for column, rated in enumerate(known.T)]
    meaningful = [value for value in correlations if value is not None]
    return Validation(
        mse=float((scores - targets)[known].square().mean()), srcc=sum(meaningful) / len(meaningful) if meaningful else None
    )


def _srcc(scores: Tensor, targets: Tensor) -> float | None:
    if len(scores) < 3 or scores.unique().numel() < 2 or targets.unique().numel() < 2:
        return None
    return float(spearmanr(scores.numpy(), targets.numpy()).statistic)


def _usable(dataset: Dataset, ids: Sequence[str], make: ExampleMaker) -> Iterator[Example]:
    for one in sorted(ids, key=dataset.index_of):
        try:
            yield make(dataset.read(one))
        except PpadError:
            continue
