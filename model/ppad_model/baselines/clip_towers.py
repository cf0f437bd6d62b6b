"""Baselines on CLIP's picture tower: ArtCLIP, and LAION's aesthetic predictor."""

from __future__ import annotations

from typing import ClassVar

from ppad_model.baselines.config import BackboneConfig
from ppad_model.baselines.frame_average import PublishedBackbone
from ppad_model.clip import CLIP_B16, MEAN, STD, standardize
from ppad_model.packages import F, Tensor, nn, transformers
from ppad_model.weights import load_published

CLIP_L14 = "openai/clip-vit-large-patch14"


class ArtClip(PublishedBackbone):
    """ArtCLIP (Jin et al., "Paintings and Drawings Aesthetics Assessment with Rich Attributes", APDDv2, 2024): CLIP ViT-B/16.

    Its 149,620,737 parameters, as Table 2 has them, are those of the whole CLIP, the text tower and the temperature included; the
    linear head on the picture's 768 numbers comes on top. Published for one score, here with one output an attribute. The text
    tower takes no part in assessing, and is frozen.
    """

    _beside: ClassVar[tuple[str, ...]] = ("head",)

    def __init__(self, config: BackboneConfig) -> None:
        super().__init__(config)
        vision = {
            "hidden_size": 768,
            "intermediate_size": 3072,
            "num_hidden_layers": 12,
            "num_attention_heads": 12,
            "patch_size": 16,
        }
        self.clip = transformers.CLIPModel(transformers.CLIPConfig(vision_config=vision | {"image_size": config.image_size}))
        self.clip.requires_grad_(False)
        self.clip.vision_model.requires_grad_(True)
        self.head = nn.Linear(768, len(config.attributes))
        _begin_at_mid_scale(self.head, config)

    def embed(self, pictures: Tensor) -> Tensor:
        """As `FrameAverage.embed`: (N, 768)."""
        return self.clip.vision_model(pixel_values=standardize(pictures, MEAN, STD)).pooler_output

    def _load_published(self, *, required: bool) -> bool:
        return load_published(self.clip, transformers.CLIPModel, CLIP_B16, required=required)


class LaionPredictor(PublishedBackbone):
    """LAION's "improved aesthetic predictor", version 2: a linear chain on the unit embedding of a frozen CLIP ViT-L/14.

    Published for one score, here with one output an attribute. There is no nonlinearity between its layers, as published.
    """

    def __init__(self, config: BackboneConfig) -> None:
        super().__init__(config)
        shape = transformers.CLIPVisionConfig(
            hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, patch_size=14,
            image_size=config.image_size, projection_dim=768,
        )  # fmt: skip
        self.clip = transformers.CLIPVisionModelWithProjection(shape).requires_grad_(False)
        self.head = nn.Sequential(
            nn.Linear(768, 1024), nn.Dropout(0.2), nn.Linear(1024, 128), nn.Dropout(0.2), nn.Linear(128, 64), nn.Dropout(0.1),
            nn.Linear(64, 16), nn.Linear(16, len(config.attributes)),
        )  # fmt: skip
        _begin_at_mid_scale(self.head[-1], config)

    def embed(self, pictures: Tensor) -> Tensor:
        """As `FrameAverage.embed`: (N, 768)."""
        return F.normalize(self.clip(pixel_values=standardize(pictures, MEAN, STD)).image_embeds, dim=-1)

    def _load_published(self, *, required: bool) -> bool:
        return load_published(self.clip, transformers.CLIPVisionModelWithProjection, CLIP_L14, required=required)


def _begin_at_mid_scale(layer: nn.Linear, config: BackboneConfig) -> None:
    nn.init.constant_(layer.bias, (config.score_low + config.score_high) / 2 / config.score_high)
