"""Baselines that are fitted in one pass, without gradients: a constant, the mode, ridge regression on hand-made features."""

from __future__ import annotations

from typing import ClassVar

from ppad_model.assessor import Assessment, Assessor
from ppad_model.baselines.config import ConstantConfig, RidgeConfig
from ppad_model.baselines.features import COUNT, process_features
from ppad_model.inputs import Lengths, Reference, align_frames, split_reference, unit_range
from ppad_model.packages import Tensor, torch


class ClosedForm(Assessor):
    """Base of those that see each training process once (`observe`), and are then fitted (`fit`)."""

    def observe(self, frames: Tensor, reference: Reference, targets: Tensor, *, lengths: Lengths = None) -> None:
        """Take note of training processes.

        Args:
            frames, reference, lengths: as `forward` takes them.
            targets: (B, A) scores on the scale; NaN where there is none.
        """
        raise NotImplementedError

    def fit(self) -> None:
        """Fit to all that was observed, and forget it."""
        raise NotImplementedError


class Constant(ClosedForm):
    """Says the same of every process: each attribute's mean in training, or its most frequent whole score."""

    config_class: ClassVar[type[ConstantConfig]] = ConstantConfig
    config: ConstantConfig
    value: Tensor

    def __init__(self, config: ConstantConfig) -> None:
        super().__init__(config)
        middle = (config.score_low + config.score_high) / 2
        self.register_buffer("value", torch.full((len(config.attributes),), middle))
        self._seen: list[Tensor] = []

    def forward(
        self, frames: Tensor, reference: Reference = None, *, lengths: Lengths = None, mask: Tensor | None = None
    ) -> Assessment:
        """As `Assessor.forward`; nothing is looked at."""
        align_frames(frames, lengths, mask, self.config)
        raw = (self.value / self.config.score_high).expand(len(frames), -1)
        return Assessment(raw, self.config.score_low, self.config.score_high)

    def observe(self, frames: Tensor, reference: Reference, targets: Tensor, *, lengths: Lengths = None) -> None:
        """As `ClosedForm.observe`."""
        self._seen.append(targets.detach().cpu())

    def fit(self) -> None:
        """As `ClosedForm.fit`; an attribute without a score stays at mid-scale."""
        targets, self._seen = torch.cat(self._seen), []
        for number, column in enumerate(targets.T):
            known = column[column.isfinite()]
            if len(known):
                self.value[number] = known.round().mode().values if self.config.statistic == "mode" else known.mean()


class Ridge(ClosedForm):
    """Ridge regression on features of the process that a person would think of (`features.py`)."""

    config_class: ClassVar[type[RidgeConfig]] = RidgeConfig
    config: RidgeConfig
    mean: Tensor
    deviation: Tensor
    coefficients: Tensor
    intercept: Tensor

    def __init__(self, config: RidgeConfig) -> None:
        super().__init__(config)
        outputs, middle = len(config.attributes), (config.score_low + config.score_high) / 2 / config.score_high
        self.register_buffer("mean", torch.zeros(COUNT, dtype=torch.float64))
        self.register_buffer("deviation", torch.ones(COUNT, dtype=torch.float64))
        self.register_buffer("coefficients", torch.zeros(COUNT, outputs, dtype=torch.float64))
        self.register_buffer("intercept", torch.full((outputs,), middle, dtype=torch.float64))
        self._seen: list[tuple[Tensor, Tensor]] = []

    def forward(
        self, frames: Tensor, reference: Reference = None, *, lengths: Lengths = None, mask: Tensor | None = None
    ) -> Assessment:
        """As `Assessor.forward`."""
        raw = self._standardized(self._features(frames, reference, lengths, mask)) @ self.coefficients + self.intercept
        return Assessment(raw, self.config.score_low, self.config.score_high)

    def observe(self, frames: Tensor, reference: Reference, targets: Tensor, *, lengths: Lengths = None) -> None:
        """As `ClosedForm.observe`."""
        self._seen.append((self._features(frames, reference, lengths, None), targets.detach().double() / self.config.score_high))

    def fit(self) -> None:
        """As `ClosedForm.fit`: for each attribute, (XᵀX + penalty·I)⁻¹·Xᵀ(y - mean), over the processes that have a score."""
        features, targets = (torch.cat(column) for column in zip(*self._seen, strict=True))
        self._seen = []
        self.mean.copy_(features.mean(0))
        self.deviation.copy_(features.std(0, correction=0).clamp(min=1e-6))
        for number, column in enumerate(targets.T):
            known = column.isfinite()
            if known.any():
                x = self._standardized(features[known])
                center = x.mean(0)
                y = column[known]
                gram = (x - center).T @ (x - center) + self.config.penalty * torch.eye(COUNT, dtype=x.dtype, device=x.device)
                slope = torch.linalg.solve(gram, (x - center).T @ (y - y.mean()))
                self.coefficients[:, number] = slope
                self.intercept[number] = y.mean() - center @ slope

    def _standardized(self, features: Tensor) -> Tensor:
        return (features - self.mean) / self.deviation

    def _features(self, frames: Tensor, reference: Reference, lengths: Lengths, mask: Tensor | None) -> Tensor:
        frames, counts = align_frames(frames, lengths, mask, self.config)
        references = split_reference(reference, len(frames), self.config.image_size)
        rows = []
        for number, item in enumerate(references):
            own = frames[number] if counts is None else frames[number, : int(counts[number])]
            picture = unit_range(item) if isinstance(item, Tensor) else None
            rows.append(process_features(unit_range(own), picture))
        return torch.stack(rows).double()
