"""What the training of a critic will do; decided before anything is written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppad.critique import Critique
from ppad.errors import RatingsError, RubricError
from ppad.rubric import Rubric, builtin_rubrics, load_rubric
from ppad.schema import canonical_json
from ppad.storage import Dataset
from ppad_model.critic.base import TINY, find_base
from ppad_model.critic.choices import choose_training
from ppad_model.critic.config import BaseFacts, CriticConfig, CriticTraining
from ppad_model.critic.examples import read_critiques, sections_of
from ppad_model.data import Rows
from ppad_model.seen import dataset_digest
from ppad_model.training.config import PHASES
from ppad_model.training.manifest import begun_training
from ppad_model.training.phases import Phase, make_phases, rated_rows
from ppad_model.training.planning import refuse_others

LEAST_SPREAD = 0.01
"""Of the scale: where all works have one score, z-scores would be divided by nothing."""


@dataclass(frozen=True, slots=True)
class CriticPlan:
    """A training before it begins, or before it goes on.

    Attributes:
        digest: of the dataset's rows and critiques.
        critiques: of all works that have a part, by id.
        unrated: works of the two splits that have no score.
    """

    dataset: Dataset
    digest: str
    config: CriticTraining
    phases: tuple[Phase, ...]
    critiques: Mapping[str, Sequence[Critique]]
    unrated: int

    @property
    def learned(self) -> list[Critique]:
        """The critiques that are learned from."""
        return [critique for phase in self.phases for name in phase.learn.ids for critique in self.critiques.get(name, ())]

    @property
    def silent(self) -> int:
        """Works with scores and without a critique: the head alone learns from them."""
        return sum(name not in self.critiques for phase in self.phases for name in phase.learn.ids)


def make_critic_plan(dataset: Dataset, run: Path, asked: Mapping[str, Any]) -> CriticPlan:
    """Decide everything. A run that was begun keeps its settings.

    Args:
        asked: nested values of the settings, as a YAML file and flags give them.

    Raises:
        UnratedError: nothing was rated.
        RubricError: the rubric is not that of the scores.
        RatingsError: a score is off its scale.
        WeightsError: the base is not on this machine.
        ConfigError: a setting is unknown, out of range, or differs from those that the run was begun with.
        RunError: the run's file is damaged, or the run is of another dataset.
    """
    rubric = _rubric(dataset, asked)
    critiques = read_critiques(dataset, rubric)
    digest = _digest(dataset, critiques)
    begun = begun_training(run, CriticTraining)
    if begun is not None:
        refuse_others(begun, digest, asked, run)
        asked = begun.config.model_dump(mode="json")
    rated = rated_rows(dataset, rubric.attribute_ids, adjusted=bool(asked.get("adjusted_scores")))
    for rows in rated.values():
        _refuse_off_scale(rows, rubric)
    asked = {**asked, "rubric": rubric.model_dump(mode="json")}
    config = choose_training(asked, {name: len(rows) for name, rows in rated.items()})
    if config.base != TINY:
        find_base(config.base, config.revision)
    there = sum(dataset.count(name) for name in PHASES if name in dataset.splits)
    unrated = there - sum(len(rows) for rows in rated.values())
    return CriticPlan(dataset, digest, config, tuple(make_phases(rated, config)), critiques, unrated)


def critic_config(plan: CriticPlan, base: BaseFacts, bits: int) -> CriticConfig:
    """The settings of the critic that is trained.

    Args:
        bits: of the weights on this machine.
    """
    rubric, learned = plan.config.rubric, plan.learned
    targets = np.concatenate([phase.learn.targets for phase in plan.phases[-1:]])
    means, spreads = _statistics(targets, rubric)
    values = plan.config.critic.model_dump() | {"bits": bits}
    about = {"sections": sections_of(learned, rubric), "critiques": len(learned), "means": means, "spreads": spreads}
    return CriticConfig(rubric=rubric, base=base, **values, **about)


def _statistics(targets: NDArray[np.float64], rubric: Rubric) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each attribute; the middle and a quarter of the scale, where nobody scored it."""
    means, spreads = [], []
    for column, (low, high) in enumerate(rubric.scales.values()):
        known = targets[np.isfinite(targets[:, column]), column]
        means.append(float(known.mean()) if len(known) else (low + high) / 2)
        spreads.append(max(float(known.std()), LEAST_SPREAD * (high - low)) if len(known) else (high - low) / 4)
    return tuple(means), tuple(spreads)


def _rubric(dataset: Dataset, asked: Mapping[str, Any]) -> Rubric:
    """The dataset's rubric: one that ships, or the one that is given."""
    name = dataset.metadata.get("rubric", "")
    if asked.get("rubric"):
        rubric = Rubric.model_validate(asked["rubric"])
    elif name in builtin_rubrics():
        rubric = load_rubric(name)
    else:
        raise RubricError(f"The rubric {name!r} of {dataset.root} does not ship with PPAD.", "Give its YAML file with --rubric.")
    if rubric.attribute_ids != dataset.attribute_ids:
        raise RubricError(
            f"{dataset.root} is rated for {', '.join(dataset.attribute_ids)}; the rubric {rubric.id} has "
            f"{', '.join(rubric.attribute_ids)}.",
            "Give the rubric of the ratings with --rubric.",
        )
    return rubric


def _refuse_off_scale(rows: Rows, rubric: Rubric) -> None:
    for column, (name, (low, high)) in enumerate(rubric.scales.items()):
        scores = rows.targets[:, column]
        odd = np.flatnonzero((scores < low) | (scores > high))
        if len(odd):
            raise RatingsError(
                f"{rows.ids[odd[0]]} has the score {scores[odd[0]]:g} of {name}, off its scale from {low} to {high}; "
                f"{len(odd)} works have such scores.",
                "Build the dataset again from ratings on the scale: ppad build",
            )


def _digest(dataset: Dataset, critiques: Mapping[str, Sequence[Critique]]) -> str:
    """Of rows and critiques; another critique is another dataset."""
    words = {name: [one.prose for one in said] for name, said in sorted(critiques.items())}
    return hashlib.sha256(f"{dataset_digest(dataset)}{canonical_json(words)}".encode()).hexdigest()
