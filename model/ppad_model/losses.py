"""The training losses, Eq. 5 to 8."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ppad_model.packages import F, Tensor, torch


@dataclass(frozen=True, slots=True)
class Losses:
    """The loss and its terms, scalars.

    Attributes:
        total: what is minimised.
        score: L_score, mean squared error of y / `score_high`.
        style: L_style; 0 where there is none.
    """

    total: Tensor
    score: Tensor
    style: Tensor


def score_loss(raw: Tensor, targets: Tensor) -> Tensor:
    """L_score, Eq. 7: the mean over processes and attributes of the squared error; NaN targets are left out.

    Args:
        raw, targets: (B, A), in y / `score_high`.
    """
    raw, known = raw.float(), targets.isfinite()
    error = (raw - targets.where(known, raw.detach())).square()
    return error.sum() / known.sum().clamp(min=1)


def style_loss(embeddings: Tensor, targets: Tensor, alphas: Tensor) -> Tensor:
    """L_style, Eq. 5: Σ_l α_l·(1 - cos(E_se^l, E_style)), the mean over the processes whose style is known.

    Args:
        embeddings: (B, L, D), E_se^l of each block.
        targets: (B, D), E_style; a row of NaN where the style is unknown.
        alphas: (L,), α_l.
    """
    known = targets.isfinite().all(dim=1)
    towards = targets.where(known[:, None], torch.ones_like(targets))
    distance = 1 - F.cosine_similarity(embeddings.float(), towards[:, None].float(), dim=-1)
    each = (distance * alphas).sum(dim=1)
    return (each * known).sum() / known.sum().clamp(min=1)


def style_alphas(blocks: int, highest: float, growth: float) -> Tensor:
    """α_l, Eq. 6: from 0 at the first block to `highest` at the last, exponentially; (L,) float32.

    The paper says from 0 to 0.8 and exponential, no more: α_l = highest · (e^(growth·x) - 1) / (e^growth - 1), x = (l-1)/(L-1).
    """
    if blocks == 1:
        return torch.tensor([highest])
    x = torch.arange(blocks, dtype=torch.float64) / (blocks - 1)
    return (highest * torch.expm1(growth * x) / math.expm1(growth)).float()
