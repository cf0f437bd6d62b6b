"""Models of single pictures, used as the paper's Table 1 uses them: embeddings of the frames are averaged, then classified."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from ppad_model.assessor import Assessment, Assessor
from ppad_model.baselines.config import BackboneConfig
from ppad_model.inputs import Lengths, Reference, align_frames, unit_range
from ppad_model.packages import Tensor, nn, torch


class FrameAverage(Assessor):
    """Base of the models that embed each frame by itself. The reference is not looked at.

    A subclass sets `head`, from embeddings to y / `score_high`, and implements `embed`.
    """

    head: nn.Module

    def embed(self, pictures: Tensor) -> Tensor:
        """Embeddings of pictures.

        Args:
            pictures: (N, 3, S, S), 0 to 1.

        Returns:
            (N, D).
        """
        raise NotImplementedError

    def forward(
        self, frames: Tensor, reference: Reference = None, *, lengths: Lengths = None, mask: Tensor | None = None
    ) -> Assessment:
        """As `Assessor.forward`; the curve is that of the average so far."""
        frames, counts = align_frames(frames, lengths, mask, self.config)
        batch, count = frames.shape[:2]
        if counts is None:
            counts = torch.full((batch,), count, device=frames.device)
        real = torch.arange(count, device=frames.device) < counts[:, None]
        embedded = self.embed(unit_range(frames[real]))  # padding costs nothing, and no batch norm sees it
        spread = embedded.new_zeros(batch, count, embedded.shape[-1])
        spread[real] = embedded
        average = spread.cumsum(1) / torch.arange(1, count + 1, device=frames.device)[:, None]
        raw_curve = self.head(average).masked_fill(~real[..., None], torch.nan)
        raw = raw_curve[torch.arange(batch, device=frames.device), counts - 1]
        return Assessment(raw, self.config.score_low, self.config.score_high, raw_curve)


class PublishedBackbone(FrameAverage):
    """Base of those whose backbone has published weights.

    A subclass implements `_load_published`.
    """

    config_class: ClassVar[type[BackboneConfig]] = BackboneConfig
    config: BackboneConfig

    @classmethod
    def fresh(cls, config: Any) -> Self:
        """An untrained model: its backbone with published weights, where they are here and wanted.

        Raises:
            WeightsError: published weights are asked for, and are not on this machine or do not fit.
        """
        model = cls(config)
        if config.weights != "random":
            found = model._load_published(required=config.weights == "published")
            model.config = config.model_copy(update={"weights": "published" if found else "random"})
        return model

    def _load_published(self, *, required: bool) -> bool:
        """Load the backbone's published weights; whether they were found.

        Raises:
            WeightsError: they are required and not here, or do not fit.
        """
        raise NotImplementedError
