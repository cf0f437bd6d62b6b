"""What a training does where nothing was asked for, and why: from the dataset's size and the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ppad_model.registry import model_config, model_names
from ppad_model.training.config import TrainConfig, merged

ENOUGH_FOR_PAPER = 5_000
"""Processes from which on the paper's 200 epochs of large batches are many steps, and a large model has something to learn."""

PAPER: dict[str, Any] = {
    "pretrain": {"epochs": 200, "optimizer": "adamw", "learning_rate": 1e-4, "weight_decay": 0.01, "batch": 256},
    "train": {"epochs": 20, "optimizer": "adam", "learning_rate": 1e-5, "batch": 256},
}
"""As the paper has it; its weight decay is not told, and PyTorch's default is taken."""

_SMALL_PHASE = {"optimizer": "adamw", "weight_decay": 0.05, "schedule": "cosine", "warmup": 0.05}
SMALL: dict[str, Any] = {"average": 0.99, "clip": 1.0, "mirror": 0.5, "pretrain": _SMALL_PHASE, "train": _SMALL_PHASE}
"""For little data or no GPU; batch, epochs and rate follow the processes and the model. docs/train.md says what was tried."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the choice is made by.

    Attributes:
        pretrain, train: rated processes of the two splits.
        gpu: its name; None where there is none.
        bf16: whether it computes in bf16.
    """

    pretrain: int
    train: int
    gpu: str | None = None
    bf16: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """The settings, and a sentence on each that nobody asked for."""

    config: TrainConfig
    reasons: tuple[str, ...]


def choose(facts: Facts, asked: Mapping[str, Any]) -> Choice:
    """Fill in what was not asked for.

    Args:
        asked: nested values of the settings, as a YAML file and flags give them.

    Raises:
        ConfigError: a setting is unknown or out of range.
        NotFoundError: there is no such model.
    """
    reasons = []
    model = asked.get("model")
    if model is None:
        model = "ppjudge-paper" if facts.gpu else "ppjudge-tiny"
        reasons.append(f"model {model}, since there is {'a GPU, ' + facts.gpu if facts.gpu else 'no GPU'}")
    model = full_name(str(model))
    recipe = asked.get("recipe")
    if recipe is None:
        recipe = _recipe(facts)
        count = facts.pretrain + facts.train
        reasons.append(f"recipe {recipe}, since {_why(recipe, count)}")
    width = getattr(model_config(model, **asked.get("model_settings", {})), "hidden", None)
    values = merged(_sized(recipe, facts, width), {"precision": _precision(facts)}, asked, {"model": model, "recipe": recipe})
    return Choice(TrainConfig.load(**values), tuple(reasons))


def full_name(name: str) -> str:
    """A model's name in the registry: a preset of PPJudge may be named without `ppjudge-`."""
    return f"ppjudge-{name}" if f"ppjudge-{name}" in model_names() and name not in model_names() else name


def _recipe(facts: Facts) -> Literal["paper", "small"]:
    return "paper" if facts.gpu and facts.pretrain + facts.train >= ENOUGH_FOR_PAPER else "small"


def _why(recipe: str, count: int) -> str:
    if recipe == "paper":
        return f"{count:,} processes are many"
    return f"{count:,} processes are few" if count < ENOUGH_FOR_PAPER else "there is no GPU"


def _sized(recipe: str, facts: Facts, width: int | None) -> dict[str, Any]:
    """The recipe's values; those of `small` follow the processes and the width of the network."""
    if recipe == "paper":
        return PAPER
    rate = min(6e-3, 0.4 / width) if width else 1e-3
    pretrain = {"learning_rate": rate, **_small_size(facts.pretrain, 20_000)}
    return merged(SMALL, {"pretrain": pretrain, "train": {"learning_rate": rate / 4, **_small_size(facts.train, 10_000)}})


def _small_size(count: int, shown: int) -> dict[str, int]:
    """Batch and epochs: about `shown` processes in all, in steps of 8 to 32."""
    batch = 8 if count < 320 else 16 if count < ENOUGH_FOR_PAPER else 32
    return {"batch": batch, "epochs": min(200, max(4, round(shown / max(1, count))))}


def _precision(facts: Facts) -> str:
    if facts.gpu is None:
        return "no"
    return "bf16" if facts.bf16 else "fp16"
