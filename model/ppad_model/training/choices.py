"""What a training does where nothing was asked for, and why: from the dataset's size and the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ppad_model.registry import model_names
from ppad_model.training.config import TrainConfig, merged

ENOUGH_FOR_PAPER = 5_000
"""Processes from which on the paper's 200 epochs of large batches are many steps, and a large model has something to learn."""

PAPER: dict[str, Any] = {
    "pretrain": {"epochs": 200, "optimizer": "adamw", "learning_rate": 1e-4, "weight_decay": 0.01, "batch": 256},
    "train": {"epochs": 20, "optimizer": "adam", "learning_rate": 1e-5, "batch": 256},
}
"""As the paper has it; its weight decay is not told, and PyTorch's default is taken."""

SMALL: dict[str, Any] = {
    "average": 0.99,
    "clip": 1.0,
    "mirror": 0.5,
    "pretrain": {"optimizer": "adamw", "learning_rate": 2e-3, "weight_decay": 0.05, "schedule": "cosine", "warmup": 0.05},
    "train": {"optimizer": "adamw", "learning_rate": 5e-4, "weight_decay": 0.05, "schedule": "cosine", "warmup": 0.1},
}
"""For little data or no GPU: see docs/ladder.md for what was tried."""

RECIPES: dict[str, dict[str, Any]] = {"paper": PAPER, "small": SMALL}


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
    values = merged(_sized(recipe, facts), {"precision": _precision(facts)}, asked, {"model": model, "recipe": recipe})
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


def _sized(recipe: str, facts: Facts) -> dict[str, Any]:
    """The recipe's values; those of `small` follow the number of processes."""
    values = RECIPES.get(recipe, SMALL)
    if recipe == "paper":
        return values
    return merged(values, {"pretrain": _small_size(facts.pretrain, 60_000), "train": _small_size(facts.train, 20_000)})


def _small_size(count: int, shown: int) -> dict[str, int]:
    """Batch and epochs: about `shown` processes in all, in batches of 8 to 32."""
    batch = min(32, max(8, 8 * (count // 160)))
    return {"batch": batch, "epochs": min(200, max(4, round(shown / max(1, count))))}


def _precision(facts: Facts) -> str:
    if facts.gpu is None:
        return "no"
    return "bf16" if facts.bf16 else "fp16"
