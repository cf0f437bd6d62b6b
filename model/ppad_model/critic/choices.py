"""How a critic learns where nothing was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ppad_model.critic.base import TINY
from ppad_model.critic.config import CriticTraining
from ppad_model.training.config import merged

_PUBLISHED_PHASE = {"epochs": 3, "batch": 16, "learning_rate": 1e-4, "schedule": "cosine", "warmup": 0.03, "weight_decay": 0.01}
PUBLISHED: dict[str, Any] = {"clip": 1.0, "pretrain": _PUBLISHED_PHASE, "train": _PUBLISHED_PHASE}
"""Adapters on published weights."""

SHOWN, MOST_EPOCHS = 4_000, 150
_TINY_PHASE = {"batch": 8, "learning_rate": 1e-2, "schedule": "cosine", "warmup": 0.05, "weight_decay": 0.0}
TINY_CRITIC = {"head_width": 64, "rank": 16, "alpha": 32, "dropout": 0.0, "picture_tokens": 16, "paragraph_tokens": 96}
"""Adapters and head of a size that fits weights of 0.1 M."""


def choose_training(asked: Mapping[str, Any], counts: Mapping[str, int]) -> CriticTraining:
    """Fill in what was not asked for.

    Args:
        asked: nested values of the settings, as a YAML file and flags give them.
        counts: rated works of each phase.

    Raises:
        ConfigError: a setting is unknown or out of range.
    """
    base = asked.get("base") or TINY
    if base != TINY:
        return CriticTraining.load(**merged(PUBLISHED, asked))
    phases = {name: _TINY_PHASE | {"epochs": _epochs(counts.get(name, 0))} for name in ("pretrain", "train")}
    return CriticTraining.load(**merged({"clip": 1.0, "critic": TINY_CRITIC}, phases, asked, {"base": base}))


def _epochs(count: int) -> int:
    """Of some works: about `SHOWN` in all."""
    return min(MOST_EPOCHS, max(4, round(SHOWN / max(1, count))))
