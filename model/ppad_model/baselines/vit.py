"""A vision transformer on single frames: the mean over all frames, or the final frame alone.

What the final frame alone tells is what a model of finished paintings could know; what the mean tells needs no order.
"""

from __future__ import annotations

from typing import ClassVar

from ppad_model.assessor import Assessment
from ppad_model.baselines.config import VitConfig
from ppad_model.baselines.frame_average import PublishedBackbone
from ppad_model.inputs import Lengths, Reference, align_frames
from ppad_model.packages import Tensor, nn, torch, transformers
from ppad_model.weights import load_published

VIT_S16 = "facebook/dino-vits16"


class FrameVit(PublishedBackbone):
    """ViT-S/16 by default, from DINO's weights where they are here; the embedding is the first token's."""

    config_class: ClassVar[type[VitConfig]] = VitConfig
    config: VitConfig

    def __init__(self, config: VitConfig) -> None:
        super().__init__(config)
        shape = transformers.ViTConfig(
            hidden_size=config.hidden, num_hidden_layers=config.layers, num_attention_heads=config.heads,
            intermediate_size=4 * config.hidden, image_size=config.image_size, patch_size=config.patch_size,
        )  # fmt: skip
        self.vit = transformers.ViTModel(shape, add_pooling_layer=False)
        self.head = nn.Linear(config.hidden, len(config.attributes))
        nn.init.constant_(self.head.bias, (config.score_low + config.score_high) / 2 / config.score_high)

    def embed(self, pictures: Tensor) -> Tensor:
        """As `FrameAverage.embed`: (N, hidden)."""
        return self.vit(pixel_values=pictures * 2 - 1).last_hidden_state[:, 0]

    def forward(
        self, frames: Tensor, reference: Reference = None, *, lengths: Lengths = None, mask: Tensor | None = None
    ) -> Assessment:
        """As `FrameAverage.forward`; with `frames: final`, only the last real frame is looked at, and there is no curve."""
        if self.config.frames == "mean":
            return super().forward(frames, reference, lengths=lengths, mask=mask)
        frames, counts = align_frames(frames, lengths, mask, self.config)
        last = frames[:, -1] if counts is None else frames[torch.arange(len(frames), device=frames.device), counts - 1]
        final = super().forward(last[:, None], reference)
        return Assessment(final.raw, final.low, final.high)

    def _load_published(self, *, required: bool) -> bool:
        if self.config.hidden != 384 and not required:  # no published weights are of this shape
            return False
        return load_published(self.vit, transformers.ViTModel, VIT_S16, required=required, add_pooling_layer=False)
