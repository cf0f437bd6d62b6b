"""A training run as others find it: what was trained, on what, and the weights that are used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ppad.errors import NotFoundError, RunError
from ppad.schema import json_value
from ppad.schema.configs import validation_sentence
from ppad.storage.digests import sha256_of
from ppad.storage.mirror import Mirror
from ppad.storage.remote import RemotePath, place
from ppad_model.seen import SEEN_FILE, Seen, read_seen

if TYPE_CHECKING:
    from ppad_model.assessor import Assessor
    from ppad_model.settings import AssessorConfig

RUN_FILE, BEST, WEIGHTS_FILE = "run.json", "best", "model.safetensors"
CRITIC = "critic"
"""What a run of `ppad critic train` says as its model."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Phase(_Part):
    """One phase of a training.

    Attributes:
        dataset: name of its folder; digest: of its rows (`dataset_digest`).
        splits: that were trained on.
        train, validation: numbers of processes.
        notice: what the dataset insists on being said; None for none.
    """

    name: str
    dataset: str
    digest: str
    splits: tuple[str, ...]
    train: int
    validation: int
    notice: str | None = None


class Label(_Part):
    """The training scores of one attribute: their mean, and the most frequent whole score."""

    mean: float
    mode: float


class Manifest(_Part):
    """`run.json`, as far as others read it.

    Attributes:
        model: name in the registry.
        targets: which scores were trained on: the raters' means, or the bias-adjusted ones.
        labels: of the training rows of the last phase, by attribute.
        validation: what the weights in use reached on the validation rows, by metric and attribute.
    """

    format: Literal[1]
    state: str
    model: str
    rubric: str
    phases: tuple[Phase, ...]
    targets: str = "mean"
    labels: dict[str, Label] = {}
    validation: dict[str, dict[str, float | None]] = {}


@dataclass(frozen=True, slots=True)
class Run:
    """A run of `ppad train`.

    Attributes:
        folder: of the run; name: what tables call it.
    """

    folder: Path
    name: str
    manifest: Manifest

    @classmethod
    def open(cls, folder: Path) -> Run:
        """A run with weights to use; of one in a store, what is used is brought here first.

        Raises:
            RunError: the folder is no run, or its training has left no weights yet.
        """
        folder = _brought(place(folder))
        if not folder.is_dir():
            raise RunError(f"There is no folder {folder}.", "Name the folder of a training run: ppad train DATASET --out RUN")
        if not (folder / RUN_FILE).is_file():
            raise RunError(
                f"{folder} is no training run: it has no {RUN_FILE}.",
                "Name the folder that 'ppad train … --out' made. Models with random weights are not used.",
            )
        manifest = _read_manifest(folder)
        if not (folder / BEST / WEIGHTS_FILE).is_file():
            raise RunError(
                f"The run {folder} is {manifest.state} and has no weights yet.",
                "Let it train: ppad train … --out the same folder.",
            )
        return cls(folder, folder.resolve().name, manifest)

    @property
    def weights(self) -> Path:
        """The folder of the weights in use: the best on the validation rows."""
        return self.folder / BEST

    def digest(self) -> str:
        """SHA-256 of the weights."""
        return sha256_of(self.weights / WEIGHTS_FILE)

    def config(self) -> AssessorConfig:
        """The settings of the model.

        Raises:
            RunError: it is a critic.
            ContractError, ConfigError: they are damaged.
        """
        from ppad_model.assessor import read_config
        from ppad_model.registry import model_class

        self._refuse_critic()
        return read_config(self.weights, model_class(self.manifest.model).config_class)

    def load(self, device: str = "cpu") -> Assessor:
        """The model, ready to assess.

        Raises:
            RunError: it is a critic, or there is no such model any more.
            ContractError, ConfigError, WeightsError: a file is damaged, or does not fit.
        """
        from ppad_model.registry import load_model

        self._refuse_critic()
        try:
            return load_model(self.weights).to(device).eval()
        except NotFoundError as error:
            raise RunError(error.message, error.fix) from error

    def _refuse_critic(self) -> None:
        if self.manifest.model == CRITIC:
            raise RunError(f"{self.folder} is the run of a critic.", "Use 'ppad critic write' and 'ppad critic evaluate'.")

    def seen(self) -> list[Seen] | None:
        """What had a part in the training; None where the run does not say.

        Raises:
            ContractError: the list is damaged.
        """
        return read_seen(self.folder) if (self.folder / SEEN_FILE).is_file() else None

    def notices(self) -> list[str]:
        """What the datasets of the training insist on being said."""
        return list(dict.fromkeys(phase.notice for phase in self.manifest.phases if phase.notice))

    def card(self) -> str:
        """One sentence on what it is, for pictures and pages."""
        trained = "; then ".join(
            f"{phase.train:,} processes of {phase.dataset} ({', '.join(phase.splits)})" for phase in self.manifest.phases
        )
        state = "" if self.manifest.state == "finished" else f" Its training is {self.manifest.state}."
        return f"{self.manifest.model}, trained on {trained or 'nothing that it names'}.{state}{_validation(self.manifest)}"


def _brought(folder: Path) -> Path:
    """The folder itself, or a local copy of what is read of a run in a store."""
    if not isinstance(folder, RemotePath):
        return folder
    return Mirror(folder, lambda name: name in (RUN_FILE, SEEN_FILE) or name.startswith(f"{BEST}/")).pull()


def open_runs(folders: Sequence[Path]) -> list[Run]:
    """Several runs, with names that tell them apart.

    Raises:
        RunError: as `Run.open`.
    """
    runs = [Run.open(folder) for folder in folders]
    names = [run.name for run in runs]
    twice = {name for name in names if names.count(name) > 1}
    return [
        Run(run.folder, f"{run.folder.resolve().parent.name}/{run.name}" if run.name in twice else run.name, run.manifest)
        for run in runs
    ]


def _validation(manifest: Manifest) -> str:
    found = [value for value in manifest.validation.get("srcc", {}).values() if value is not None]
    if not found:
        return ""
    mean = f"{sum(found) / len(found):.2f}".replace("-", "−")
    return f" SRCC on its own validation rows: {mean}, the mean of {len(found)} attributes."


def _read_manifest(folder: Path) -> Manifest:
    try:
        values: Mapping[str, object] = json_value((folder / RUN_FILE).read_text("utf-8"))
        return Manifest.model_validate(values)
    except ValidationError as error:
        raise RunError(
            f"{RUN_FILE} of {folder}: {validation_sentence(error)}", "Train again, with this version of PPAD."
        ) from error
    except ValueError as error:
        raise RunError(f"{RUN_FILE} of {folder} is no JSON: {error}.", "Copy the run again.") from error
