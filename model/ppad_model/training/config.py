"""The settings of a training run: the paper's recipe, and one for models of the CPU's size."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from ppad.schema import StageConfig

Optimizer = Literal["adamw", "adam"]
Precision = Literal["auto", "float32", "bfloat16", "float16"]


class TrainConfig(StageConfig):
    """Settings of a run; all of them determine its result.

    Attributes:
        model: name of the model (`ppad models`).
        settings: settings of the model that differ from its defaults.
        seed: of the first weights, the order of the data and the validation split.
        pretrain_epochs, pretrain_optimizer, pretrain_learning_rate: the first phase, on the split `pretrain`.
        train_epochs, train_optimizer, train_learning_rate: the second, on the split `train`.
        batch_size: processes of an optimizer step, over all ranks.
        accumulation: parts that a batch is computed in, to save memory.
        weight_decay: of AdamW.
        warmup_steps: optimizer steps in which the learning rate rises to its value.
        schedule: the learning rate afterwards: as it is, or falling to 0 as a cosine.
        clip_norm: largest norm of the gradient.
        ema: decay of the average of the weights that is validated and kept; 0 keeps the weights themselves.
        precision: of the arithmetic; auto is bfloat16 on CUDA and float32 elsewhere.
        validation_share: share of the processes that is held out, in whole components.
        patience: epochs without a better validation error after which a phase ends.
        synthetic_share: share of the synthetic processes that is used (Table 6).
    """

    model: str
    settings: dict[str, Any] = Field(default_factory=dict)
    seed: int = Field(default=0, ge=0)
    pretrain_epochs: int = Field(default=200, ge=0)
    pretrain_optimizer: Optimizer = "adamw"
    pretrain_learning_rate: float = Field(default=1e-4, gt=0)
    train_epochs: int = Field(default=20, ge=0)
    train_optimizer: Optimizer = "adam"
    train_learning_rate: float = Field(default=1e-5, gt=0)
    batch_size: int = Field(default=256, ge=1)
    accumulation: int = Field(default=1, ge=1)
    weight_decay: float = Field(default=0.01, ge=0)
    warmup_steps: int = Field(default=0, ge=0)
    schedule: Literal["constant", "cosine"] = "constant"
    clip_norm: float = Field(default=1.0, gt=0)
    ema: float = Field(default=0.999, ge=0, lt=1)
    precision: Precision = "auto"
    validation_share: float = Field(default=0.1, ge=0, lt=1)
    patience: int = Field(default=20, ge=1)
    synthetic_share: float = Field(default=1.0, ge=0, le=1)

    @model_validator(mode="after")
    def _something_to_do(self) -> Self:
        if not self.pretrain_epochs and not self.train_epochs:
            raise ValueError("pretrain_epochs and train_epochs are both 0: there is nothing to do")
        return self


RECIPES: dict[str, dict[str, Any]] = {
    # The paper: 200 epochs of AdamW at 1e-4 on synthetic processes, 20 of Adam at 1e-5 on real ones, batches of 256.
    "paper": {},
    # Small models on the CPU: larger steps, smaller batches, fewer epochs.
    "tiny": {
        "pretrain_epochs": 60, "pretrain_learning_rate": 2e-3, "train_epochs": 20, "train_learning_rate": 2e-4, "batch_size": 16,
        "warmup_steps": 20, "schedule": "cosine", "ema": 0.99,
    },
}  # fmt: skip


def recipe(model: str) -> str:
    """The recipe of a model: that of its size."""
    return "tiny" if "tiny" in model else "paper"


def train_config(model: str, file: Path | None = None, **flags: Any) -> TrainConfig:
    """The settings of a run: the model's recipe, a YAML file over it, flags over both.

    Raises:
        NotFoundError: the file does not exist.
        ConfigError: a key is unknown or a value is out of range.
    """
    chosen = TrainConfig.load(file, **{"model": model} | {name: value for name, value in flags.items() if value is not None})
    given = chosen.model_fields_set
    ours = {name: value for name, value in RECIPES[recipe(chosen.model)].items() if name not in given}
    return chosen.model_copy(update=ours)
