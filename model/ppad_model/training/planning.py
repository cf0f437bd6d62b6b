"""What a training will do: its settings, its processes, its steps; decided before anything is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppad.errors import ConfigError, RubricError, RunError
from ppad.schema import json_value
from ppad.storage import Dataset
from ppad_model.baselines.config import ConstantConfig, RidgeConfig
from ppad_model.packages import torch
from ppad_model.registry import model_config
from ppad_model.seen import dataset_digest
from ppad_model.settings import AssessorConfig
from ppad_model.training.choices import Facts, choose, full_name
from ppad_model.training.config import PHASES, PhaseName, TrainConfig, merged
from ppad_model.training.devices import Machine, gpu_name
from ppad_model.training.manifest import Begun, begun_training
from ppad_model.training.phases import Phase, make_phases, rated_rows


@dataclass(frozen=True, slots=True)
class Plan:
    """A training before it begins, or before it goes on.

    Attributes:
        digest: of the dataset's rows.
        model: settings of the model; the network resolves what they leave to the machine.
        reasons: a clause on each choice that nobody asked for; empty where a run goes on.
        unrated: processes of the two splits that have no score.
    """

    dataset: Dataset
    digest: str
    config: TrainConfig
    model: AssessorConfig
    phases: tuple[Phase, ...]
    reasons: tuple[str, ...]
    unrated: int

    @property
    def is_closed_form(self) -> bool:
        """Whether the model is fitted in one pass, so that epochs and rates do not concern it."""
        return isinstance(self.model, ConstantConfig | RidgeConfig)


def make_plan(dataset: Dataset, run: Path, asked: Mapping[str, Any], machine: Machine) -> Plan:
    """Decide everything. A run that was begun keeps its settings.

    Args:
        asked: nested values of the settings, as a YAML file and flags give them.

    Raises:
        UnratedError: nothing was rated.
        RubricError: the scores are not those that the model is about.
        ConfigError: a setting is unknown, out of range, or differs from those that the run was begun with.
        NotFoundError: there is no such model.
        RunError: the run's file is damaged, or the run is of another dataset.
    """
    digest = dataset_digest(dataset)
    begun = begun_training(run, TrainConfig)
    if begun is not None:
        refuse_others(begun, digest, asked, run)
        asked = begun.config.model_dump()
    attributes = tuple(asked.get("model_settings", {}).get("attributes") or dataset.attribute_ids)
    rated = rated_rows(dataset, attributes, adjusted=bool(asked.get("adjusted_scores")))
    choice = choose(_facts({name: len(rows) for name, rows in rated.items()}, machine), asked)
    settings = merged({"attributes": attributes} | _scale(dataset, attributes), choice.config.model_settings)
    there = sum(dataset.count(name) for name in PHASES if name in dataset.splits)
    return Plan(
        dataset=dataset,
        digest=digest,
        config=choice.config,
        model=model_config(choice.config.model, **settings),
        phases=tuple(make_phases(rated, choice.config)),
        reasons=choice.reasons,
        unrated=there - sum(len(rows) for rows in rated.values()),
    )


def _facts(counts: Mapping[PhaseName, int], machine: Machine) -> Facts:
    gpu = gpu_name(machine)
    return Facts(counts.get("pretrain", 0), counts.get("train", 0), gpu, gpu is not None and torch.cuda.is_bf16_supported())


def _scale(dataset: Dataset, attributes: tuple[str, ...]) -> dict[str, float]:
    """The scale of the scores, as the dataset's files say it; a model has one."""
    scales = {(float(low), float(high)) for name, (low, high) in dataset.scales.items() if name in attributes}
    if len(scales) > 1:
        raise RubricError(
            f"The attributes have different scales: {', '.join(f'{low:g}–{high:g}' for low, high in sorted(scales))}.",
            "Name attributes of one scale: --set 'model_settings.attributes=[…]'.",
        )
    return dict(zip(("score_low", "score_high"), scales.pop(), strict=True)) if scales else {}


def refuse_others(begun: Begun[Any], digest: str, asked: Mapping[str, Any], run: Path) -> None:
    """Refuse to go on with a run on another dataset, or with other settings.

    Raises:
        RunError: the dataset has another digest.
        ConfigError: a setting differs.
    """
    if begun.digest != digest:
        raise RunError(f"{run} was begun on another dataset, or on other ratings.", "Choose another --out.")
    # As JSON, in which a tuple is a list, and a number that is a key a word.
    differing = _differing(begun.config.model_dump(mode="json"), json_value(json.dumps(asked)))
    if differing:
        raise ConfigError(
            f"{run} was begun with other settings: {'; '.join(differing)}.",
            "Leave them out to go on with that run, or choose another --out.",
        )


def _differing(begun: Mapping[str, Any], asked: Mapping[str, Any], place: str = "") -> list[str]:
    found = []
    for key, value in asked.items():
        name, before = f"{place}{key}", begun.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            found += _differing(before, value, f"{name}.")
        elif value is not None and (full_name(str(value)) if name == "model" else value) != before:
            found.append(f"{name} {before}, not {value}")
    return found
