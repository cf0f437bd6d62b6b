"""A recurrent network on what changed: each frame beside its difference from the one before, through convolutions, into a GRU.

The simplest model that knows the order of the frames.
"""

from __future__ import annotations

from typing import ClassVar

from ppad_model.assessor import Assessment, Assessor
from ppad_model.baselines.config import GruConfig
from ppad_model.inputs import Lengths, Reference, align_frames, unit_range
from ppad_model.packages import Tensor, nn, torch


class DifferenceGru(Assessor):
    """Convolutions of stride 2 down to 4 × 4 or so, a mean over places, a GRU over frames. The reference is not looked at."""

    config_class: ClassVar[type[GruConfig]] = GruConfig
    config: GruConfig

    def __init__(self, config: GruConfig) -> None:
        super().__init__(config)
        widths = [config.width * 2**level for level in range(4)]
        layers: list[nn.Module] = []
        for before, width in zip([6, *widths], widths, strict=False):
            layers += [nn.Conv2d(before, width, 3, stride=2, padding=1), nn.GroupNorm(1, width), nn.SiLU()]
        self.encoder = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.gru = nn.GRU(4 * widths[-1], config.hidden, batch_first=True)
        self.head = nn.Linear(config.hidden, len(config.attributes))
        nn.init.constant_(self.head.bias, (config.score_low + config.score_high) / 2 / config.score_high)

    def forward(
        self, frames: Tensor, reference: Reference = None, *, lengths: Lengths = None, mask: Tensor | None = None
    ) -> Assessment:
        """As `Assessor.forward`; the curve is that of the states so far."""
        frames, counts = align_frames(frames, lengths, mask, self.config)
        batch, count = frames.shape[:2]
        seen = unit_range(frames, self.head.weight.dtype) * 2 - 1
        change = torch.diff(seen, dim=1, prepend=seen[:, :1])
        encoded = self.encoder(torch.cat((seen, change), dim=2).flatten(0, 1)).unflatten(0, (batch, count))
        raw_curve = self.head(self.gru(encoded)[0])
        if counts is None:
            return Assessment(raw_curve[:, -1], self.config.score_low, self.config.score_high, raw_curve)
        real = torch.arange(count, device=frames.device) < counts[:, None]
        raw = raw_curve[torch.arange(batch, device=frames.device), counts - 1]
        return Assessment(raw, self.config.score_low, self.config.score_high, raw_curve.masked_fill(~real[..., None], torch.nan))
