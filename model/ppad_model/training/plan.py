"""What a run learns from: which processes, in which phases, and which of them are held out for validation."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppad.errors import NoRatingsError
from ppad.storage import Dataset, open_parquet
from ppad_model.training.config import Optimizer, TrainConfig


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of training.

    Attributes:
        name: `pretrain` or `train`.
        split: the dataset's split.
        epochs, optimizer, learning_rate: its recipe.
        training, validation: ids of the processes, sorted; both rated, and no component in both.
    """

    name: str
    split: str
    epochs: int
    optimizer: Optimizer
    learning_rate: float
    training: tuple[str, ...]
    validation: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """The phases, and what should be said about them."""

    phases: tuple[Phase, ...]
    notes: tuple[str, ...]


def make_plan(dataset: Dataset, config: TrainConfig, attributes: Iterable[str]) -> TrainingPlan:
    """Plan a run: synthetic processes first, real ones after; whichever there are.

    Without rated synthetic processes the real ones have the recipe of the first phase: it is the one that learns from nothing.

    Raises:
        NoRatingsError: no process of `pretrain` or `train` has a score.
        ConfigError, ContractError: the dataset cannot be read.
    """
    groups = component_of(dataset.root)
    synthetic = _rated(dataset, "pretrain", attributes) if config.pretrain_epochs else []
    synthetic = [one for one in synthetic if _chance(config.seed, "share", one) < config.synthetic_share]
    real = _rated(dataset, "train", attributes)
    if not synthetic and not real:
        raise NoRatingsError(
            f"No process in {dataset.root} that could be trained on has a score.",
            "Gather ratings (ppad annotate) or simulate processes with known scores (ppad simulate), and build again with them.",
        )
    first = config.pretrain_epochs, config.pretrain_optimizer, config.pretrain_learning_rate
    second = config.train_epochs, config.train_optimizer, config.train_learning_rate
    notes = [] if synthetic and real else [_one_phase("train" if real else "pretrain")]
    wanted = [
        ("pretrain", synthetic, first),
        ("train", real, second if synthetic else (first if config.pretrain_epochs else second)),
    ]
    phases = [
        Phase(name, name, *how, *hold_out(ids, groups, config.validation_share, config.seed))
        for name, ids, how in wanted
        if ids and how[0]
    ]
    notes += [
        f"Nothing of {phase.split} could be held out for validation: the last weights are kept, whatever they are."
        for phase in phases
        if not phase.validation and config.validation_share
    ]
    return TrainingPlan(tuple(phases), tuple(notes))


def hold_out(ids: Iterable[str], groups: Mapping[str, str], share: float, seed: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split ids into training and validation, component by component in an order of chance.

    Args:
        groups: component of each id; one without a component is its own.
        share: of the ids that validation should reach, if more than one component is there; it never takes the last.

    Returns:
        training and validation, sorted.
    """
    members: dict[str, list[str]] = {}
    for one in sorted(ids):
        members.setdefault(groups.get(one, one), []).append(one)
    order = sorted(members, key=lambda group: _chance(seed, "validation", group))
    total = sum(map(len, members.values()))
    validation: list[str] = []
    for group in order[:-1]:
        if len(validation) >= share * total:
            break
        if len(validation) + len(members[group]) <= max(2 * share, 0.5) * total:  # a giant component stays in training
            validation += members[group]
    held = set(validation)
    return tuple(sorted(one for group in members.values() for one in group if one not in held)), tuple(sorted(held))


def component_of(root: Path) -> dict[str, str]:
    """The connected component of each process, from the audit of the splits; empty where there is none."""
    file = root / "splits.parquet"
    if not file.is_file():
        return {}
    with open_parquet(file) as opened:
        rows = opened.read(columns=["process_id", "group_id"]).to_pydict()
    return dict(zip(rows["process_id"], rows["group_id"], strict=True))


def _rated(dataset: Dataset, split: str, attributes: Iterable[str]) -> list[str]:
    """Processes of a split that have at least one score."""
    known = [name for name in attributes if name in dataset.attribute_ids]
    if split not in dataset.splits or not known:
        return []
    rows: dict[str, list[Any]] = dataset.table(split, ["process_id", *known]).to_pydict()
    return [one for number, one in enumerate(rows["process_id"]) if any(rows[name][number] is not None for name in known)]


def _chance(seed: int, purpose: str, name: str) -> float:
    """A number from 0 to 1 that depends on nothing else."""
    return int.from_bytes(hashlib.sha256(f"{seed} {purpose} {name}".encode()).digest()[:8], "big") / 2**64


def _one_phase(name: str) -> str:
    missing = "pretrain has no rated processes" if name == "train" else "train has none with ratings"
    return f"The split {missing}: there is one phase, on {name}."
