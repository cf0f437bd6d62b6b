"""AACP-style: a reading of "AACP: Aesthetics Assessment of Children's Paintings" (Jiang et al., AAAI 2024), not public.

What its paper names is here: an encoder like ConvMAE's (convolutions at 1/4 and 1/8 of the size, a transformer at 1/16), a
network for places and one for channels, and a classifier. What it does not say (widths, depths, how they join) is ours, chosen
to come near the 62.17 M parameters of Table 2. Its self-supervised pre-training is left out, and its decomposition of features.
"""

from __future__ import annotations

from ppad_model.baselines.config import BaselineConfig
from ppad_model.baselines.frame_average import FrameAverage
from ppad_model.packages import F, Tensor, nn, torch

_WIDTHS = (256, 384, 768)
_LAYERS = 7


class AacpStyle(FrameAverage):
    """The network; its embedding joins what was seen by place and by channel, 1,536 numbers."""

    config_class = BaselineConfig

    def __init__(self, config: BaselineConfig) -> None:
        super().__init__(config)
        first, second, third = _WIDTHS
        self.stages = nn.Sequential(
            nn.Conv2d(3, first, 4, stride=4), ConvBlock(first), ConvBlock(first),
            nn.Conv2d(first, second, 2, stride=2), ConvBlock(second), ConvBlock(second),
            nn.Conv2d(second, third, 2, stride=2),
        )  # fmt: skip
        self.position = nn.Parameter(torch.zeros(1, (config.image_size // 16) ** 2, third))
        nn.init.normal_(self.position, std=0.02)
        layer = nn.TransformerEncoderLayer(third, 12, 4 * third, 0.0, "gelu", batch_first=True, norm_first=True)
        self.transformer = nn.TransformerEncoder(layer, _LAYERS, nn.LayerNorm(third), enable_nested_tensor=False)
        self.places = nn.Sequential(nn.Conv2d(third, 64, 3, padding=1), nn.GELU(), nn.Conv2d(64, 1, 3, padding=1))
        self.channels = nn.Sequential(nn.Linear(third, 4 * third), nn.GELU(), nn.Linear(4 * third, third), nn.Sigmoid())
        self.head = nn.Sequential(nn.Linear(2 * third, third), nn.GELU(), nn.Linear(third, len(config.attributes)), nn.Sigmoid())

    def embed(self, pictures: Tensor) -> Tensor:
        """As `FrameAverage.embed`: (N, 1536)."""
        maps = self.stages(pictures * 2 - 1)
        tokens = self.transformer(maps.flatten(2).transpose(1, 2) + self.position)
        weights = self.places(tokens.transpose(1, 2).unflatten(2, maps.shape[2:])).flatten(1).softmax(-1)
        by_place = (tokens * weights[..., None]).sum(1)
        mean = tokens.mean(1)
        return torch.cat((by_place, mean * self.channels(mean)), dim=-1)


class ConvBlock(nn.Module):
    """ConvMAE's block: a depth-wise 5 × 5 between two 1 × 1, then a small network at each place; both residual."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mix_norm, self.norm = nn.GroupNorm(1, channels), nn.GroupNorm(1, channels)
        self.into, self.out = nn.Conv2d(channels, channels, 1), nn.Conv2d(channels, channels, 1)
        self.around = nn.Conv2d(channels, channels, 5, padding=2, groups=channels)
        self.wide, self.narrow = nn.Conv2d(channels, 4 * channels, 1), nn.Conv2d(4 * channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same."""
        x = x + self.out(self.around(self.into(self.mix_norm(x))))
        return x + self.narrow(F.gelu(self.wide(self.norm(x))))
