"""The settings that determine a training. Nothing heavy is imported here."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from ppad.schema import StageConfig

PhaseName = Literal["pretrain", "train"]
PHASES: tuple[PhaseName, ...] = ("pretrain", "train")
"""Synthetic processes first, then real ones: each phase learns from the split of its name."""


class PhaseConfig(StageConfig):
    """How one phase learns.

    Attributes:
        epochs: passes over its processes; 0 leaves the phase out.
        batch: processes of an optimizer step, over all ranks.
        optimizer: `adamw`, or `adam`, whose weight decay is part of the gradient.
        learning_rate: the highest.
        weight_decay: of all weights.
        schedule: after the warm-up `constant`, or a half `cosine` down to 0.
        warmup: share of the steps over which the rate rises from 0.
        patience: epochs without a better validation after which the phase ends; 0 never ends it early.
    """

    epochs: int = Field(ge=0, le=1_000_000)
    batch: int = Field(default=256, ge=1, le=1_000_000)
    optimizer: Literal["adamw", "adam"] = "adamw"
    learning_rate: float = Field(gt=0, le=10)
    weight_decay: float = Field(default=0.0, ge=0, le=10)
    schedule: Literal["constant", "cosine"] = "constant"
    warmup: float = Field(default=0.0, ge=0, lt=1)
    patience: int = Field(default=0, ge=0)


class LearningConfig(StageConfig):
    """How a model learns, whichever it is. What a machine merely bears (threads, memory, micro-batch) is no part.

    Attributes:
        seed: of weights, order and chance.
        validation: share of the processes held out to choose the best weights by, in whole components.
        average: decay of the moving average of the weights (EMA) that is validated and kept; 0 keeps none.
        clip: largest norm of the gradient; 0 never clips.
        precision: arithmetic of forward and backward: `no` is float32 throughout.
        adjusted_scores: learn from the scores that are corrected for raters' bias.
        synthetic_share: share of the synthetic processes that take part (Table 6), in whole components.
        pretrain, train: the two phases.
    """

    seed: int = Field(default=0, ge=0)
    validation: float = Field(default=0.1, ge=0, le=0.5)
    average: float = Field(default=0.0, ge=0, lt=1)
    clip: float = Field(default=0.0, ge=0)
    precision: Literal["no", "bf16", "fp16"] = "no"
    adjusted_scores: bool = False
    synthetic_share: float = Field(default=1.0, ge=0, le=1)
    pretrain: PhaseConfig
    train: PhaseConfig

    def phase(self, name: PhaseName) -> PhaseConfig:
        """The settings of a phase."""
        return self.pretrain if name == "pretrain" else self.train


class TrainConfig(LearningConfig):
    """Settings of `ppad train`.

    Attributes:
        recipe: where what was not asked for comes from: `paper` or `small`.
        model: name in the registry (`ppad models`).
        model_settings: settings of the model that differ from its preset.
        mirror: chance that a process is shown mirrored, reference and all.
    """

    recipe: Literal["paper", "small"]
    model: str
    model_settings: dict[str, Any] = {}  # noqa: RUF012 - pydantic copies it
    mirror: float = Field(default=0.0, ge=0, le=1)


def merged(base: Mapping[str, Any], *changes: Mapping[str, Any]) -> dict[str, Any]:
    """Nested values, the later ones over the earlier; those that are None change nothing."""
    values = copy.deepcopy(dict(base))
    for change in changes:
        for key, value in change.items():
            if isinstance(value, Mapping) and isinstance(values.get(key), dict):
                values[key] = merged(values[key], value)
            elif value is not None:
                values[key] = copy.deepcopy(value)
    return values
