"""The regression head: from the visual encoder's merged tokens to scores.

B  works or processes    T  pictures of each, padded    D  width of the merged tokens    A  attributes
"""

from __future__ import annotations

import math

from ppad_model.packages import Tensor, nn, torch

TEMPORAL_WIDTH = 256
LAYERS, HEADS = 2, 4


class ScoreHead(nn.Module):
    """One vector → LayerNorm → `width` → GELU → A z-scores; float32 whatever the model works in.

    Args:
        inputs: D.
        outputs: A.
    """

    def __init__(self, inputs: int, outputs: int, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.LayerNorm(inputs), nn.Linear(inputs, width), nn.GELU(), nn.Linear(width, outputs))

    def forward(self, vectors: Tensor) -> Tensor:
        """(B, D) to (B, A)."""
        scores: Tensor = self.layers(vectors.float())
        return scores


class TemporalEncoder(nn.Module):
    """Frames of a process, and what changed from each to the next, to one vector.

    Of each frame, its mean token v_t, normalised, and the difference v_t - v_(t-1), 0 for the first, are projected, told their
    time t/T, and put through a small transformer; the mean over the frames is the result. A reference comes first, as a frame of
    its own kind.

    Args:
        inputs: D.
        width: of the result.
    """

    def __init__(self, inputs: int, width: int = TEMPORAL_WIDTH) -> None:
        super().__init__()
        self.width = width
        self.norm = nn.LayerNorm(inputs)
        self.project = nn.Linear(2 * inputs, width)
        self.reference = nn.Parameter(torch.zeros(width))
        layer = nn.TransformerEncoderLayer(width, HEADS, 2 * width, 0.0, "gelu", batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)

    def forward(self, vectors: Tensor, counts: Tensor, references: Tensor) -> Tensor:
        """Encode processes.

        Args:
            vectors: (B, T, D), a reference first where there is one, then the frames, then padding.
            counts: (B,) pictures of each; references: (B,) bool, whether the first is a reference.

        Returns:
            (B, width).
        """
        vectors, place = self.norm(vectors.float()), torch.arange(vectors.shape[1], device=vectors.device)
        is_reference = references[:, None] & (place == 0)
        padding = place >= counts[:, None]
        earlier = torch.cat((vectors[:, :1], vectors[:, :-1]), dim=1)
        is_first = place == references[:, None].long()
        changes = (vectors - earlier).masked_fill((is_first | is_reference | padding)[..., None], 0.0)
        frames = counts - references.long()
        time = (place - references[:, None].long() + 1) / frames[:, None]
        states = self.project(torch.cat((vectors, changes), dim=-1))
        states = states + torch.where(is_reference[..., None], self.reference, _waves(time, self.width))
        states = self.layers(states, src_key_padding_mask=padding)
        kept = (~padding)[..., None]
        return (states * kept).sum(dim=1) / kept.sum(dim=1)


def _waves(time: Tensor, width: int) -> Tensor:
    """(B, T) from 0 to 1 as sines and cosines of 1 to 64 half turns: (B, T, width)."""
    turns = math.pi * torch.logspace(0, math.log10(64), width // 2, device=time.device)
    angles = time[..., None] * turns
    return torch.cat((angles.sin(), angles.cos()), dim=-1)
