"""What a run needs to go on exactly where it was: one file, replaced whole."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from ppad.errors import ContractError
from ppad.storage import atomic_path
from ppad_model.packages import Tensor, torch

FILE = "last.pt"


@dataclass(slots=True)
class Progress:
    """How far a run is; plain values.

    Attributes:
        phase: number of the phase, from 0; as many as there are phases when all are done.
        epoch: of the phase; 0 is the validation before the first step.
        step: optimizer steps done in the epoch.
        total_steps, epochs_done: optimizer steps, and epochs, done in all phases.
        places: of each rank's feed behind the last step; empty at the beginning of an epoch.
        best: lowest validation error of the phase so far, points²; infinity before the first.
        waited: epochs since then.
    """

    phase: int = 0
    epoch: int = 0
    step: int = 0
    total_steps: int = 0
    epochs_done: int = 0
    places: list[dict[str, Any]] = field(default_factory=list)
    best: float = float("inf")
    waited: int = 0

    def next_epoch(self) -> None:
        """The beginning of the next epoch."""
        self.epoch, self.epochs_done, self.step, self.places = self.epoch + 1, self.epochs_done + 1, 0, []

    def next_phase(self) -> None:
        """The beginning of the next phase."""
        self.phase, self.epoch, self.step, self.places = self.phase + 1, 0, 0, []
        self.best, self.waited = float("inf"), 0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a run after an optimizer step.

    Attributes:
        progress: how far it is.
        world: number of ranks.
        model, average, optimizer, scaler: states; None for what there is not: between phases there is no optimizer.
        random: states of the random generators of each rank.
    """

    progress: Progress
    world: int
    model: dict[str, Tensor]
    average: dict[str, Tensor] | None
    optimizer: dict[str, Any] | None
    scaler: dict[str, Any] | None
    random: list[dict[str, Tensor]]

    def save(self, run: Path) -> None:
        """Replace the run's checkpoint.

        Raises:
            DiskFullError, NotWritableError: the place refuses.
        """
        values = {name: getattr(self, name) for name in ("world", "model", "average", "optimizer", "scaler", "random")}
        with atomic_path(run / FILE) as part:
            torch.save(values | {"progress": asdict(self.progress)}, part)

    @classmethod
    def load(cls, run: Path) -> Self | None:
        """The run's checkpoint; None where there is none. It is read as data: no code in it is run.

        Raises:
            ContractError: the file is damaged.
        """
        file = run / FILE
        if not file.is_file():
            return None
        try:
            values = torch.load(file, map_location="cpu", weights_only=True)
            return cls(progress=Progress(**values.pop("progress")), **values)
        except Exception as error:
            raise ContractError(f"{file} cannot be read: {error}", f"Remove {run}, and train again.") from error


def random_states() -> dict[str, Tensor]:
    """States of this rank's random generators."""
    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state()
    return states


def restore_random(states: dict[str, Tensor]) -> None:
    """Set this rank's random generators."""
    torch.set_rng_state(states["cpu"])
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"])
