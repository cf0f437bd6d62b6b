"""`run.json` as the training writes it: what others read (`ppad_model.runs`), and all that went into the weights."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from ppad import __version__
from ppad.errors import ConfigError, RunError
from ppad.schema import json_value
from ppad.storage import timestamp, write_text
from ppad_model.evaluation.metrics import round_half_up
from ppad_model.runs import RUN_FILE, Label, Manifest
from ppad_model.runs import Phase as SeenPhase
from ppad_model.training.config import LearningConfig
from ppad_model.training.phases import Phase

TRAINING, FINISHED = "unfinished", "finished"
_PACKAGES = ("torch", "accelerate", "transformers", "numpy")
C = TypeVar("C", bound=LearningConfig)


@dataclass(frozen=True, slots=True)
class Begun(Generic[C]):
    """A run that was begun: its settings, and the digest of its dataset."""

    config: C
    digest: str


def begun_training(run: Path, kind: type[C]) -> Begun[C] | None:
    """What a run was begun with; None where there is none.

    Args:
        kind: of its settings.

    Raises:
        RunError: its file is damaged.
    """
    file = run / RUN_FILE
    if not file.is_file():
        return None
    try:
        values = json_value(file.read_text("utf-8"))
        return Begun(kind.load(**values["training"]), str(values["phases"][0]["digest"]))
    except (ValueError, KeyError, TypeError, IndexError, ConfigError) as error:
        raise RunError(f"{file} is damaged.", "Remove the run, and train again.") from error


def manifest_values(
    name: str,
    config: LearningConfig,
    model: Any,
    parameters: int,
    phases: Sequence[Phase],
    digest: str,
    metadata: Mapping[str, str],
) -> dict[str, Any]:
    """The content of `run.json` at the beginning of a training.

    Args:
        name: of the model.
        model: its settings, with what it found on the machine.
        metadata: of the dataset.
    """
    manifest = Manifest(
        format=1,
        state=TRAINING,
        model=name,
        rubric=metadata.get("rubric", ""),
        phases=tuple(_seen_phase(phase, digest, metadata.get("notice")) for phase in phases),
        targets="adjusted" if config.adjusted_scores else "mean",
        labels=labels_of(phases[-1], model.attributes),
    )
    versions = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return manifest.model_dump(mode="json") | {
        "begun_at": timestamp(),
        "parameters": parameters,
        "training": config.model_dump(mode="json"),
        "model_settings": model.model_dump(mode="json"),
        "versions": {"ppad": __version__, "python": platform.python_version(), **versions},
    }


def write_manifest(run: Path, values: Mapping[str, Any]) -> None:
    """Replace `run.json` atomically.

    Raises:
        DiskFullError, NotWritableError: the place refuses.
    """
    write_text(run / RUN_FILE, json.dumps(values, indent=2, ensure_ascii=False) + "\n")


def labels_of(phase: Phase, attributes: Sequence[str]) -> dict[str, Label]:
    """Mean and most frequent whole score of each attribute among the processes that a phase learns from."""
    found = {}
    for column, name in enumerate(attributes):
        scores = phase.learn.targets[:, column]
        scores = scores[np.isfinite(scores)]
        if len(scores):
            whole, counts = np.unique(round_half_up(scores), return_counts=True)
            found[name] = Label(mean=float(scores.mean()), mode=float(whole[counts.argmax()]))
    return found


def _seen_phase(phase: Phase, digest: str, notice: str | None) -> SeenPhase:
    return SeenPhase(
        name=phase.name,
        dataset=phase.learn.dataset.root.resolve().name,
        digest=digest,
        splits=(phase.learn.split,),
        train=len(phase.learn),
        validation=len(phase.held),
        notice=notice,
    )
