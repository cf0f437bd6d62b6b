"""A vision transformer on single frames: the mean over all frames, or the final frame alone.

What the final frame alone tells is what a model of finished paintings could know; what the mean tells needs no order.
"""

from __future__ import annotations

from typing import ClassVar

from ppad.errors import WeightsError
from ppad_model.assessor import Assessment
from ppad_model.baselines.config import VitConfig
from ppad_model.baselines.frame_average import PublishedBackbone, transfer
from ppad_model.inputs import Lengths, Reference, align_frames
from ppad_model.packages import Tensor, nn, torch, transformers
from ppad_model.weights import local_folder, quiet_loading

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
        folder = local_folder(VIT_S16)
        fits = (self.config.hidden, self.config.layers, self.config.patch_size, self.config.image_size) == (384, 12, 16, 224)
        if folder is None or not fits:
            if required:
                raise WeightsError(
                    f"{VIT_S16} is not on this machine, or not of this shape.",
                    f"Download it: hf download {VIT_S16}; use no other shape.",
                )
            return False
        with quiet_loading():
            transfer(self.vit, transformers.ViTModel.from_pretrained(folder, local_files_only=True, add_pooling_layer=False))
        return True
