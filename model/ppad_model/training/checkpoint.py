"""All that a killed training needs to go on as if nothing had happened, in one file that is whole or absent."""

from __future__ import annotations

import pickle
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from ppad.errors import ContractError
from ppad.storage import atomic_path
from ppad_model.packages import torch

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Position:
    """Where a training is.

    Attributes:
        phase: the phase that goes on; as many as there are phases when all is done.
        epoch, step: the next step to take, counted within the phase and within the epoch.
        steps: taken in all.
        validations: logged in all.
        best: smallest validation error of the phase so far, squared points of the scale; None before the first.
        stale: epochs since then.
        world: ranks that take the steps now; earlier: those that took steps of this epoch before, see `Share`.
    """

    phase: int = 0
    epoch: int = 0
    step: int = 0
    steps: int = 0
    validations: int = 0
    best: float | None = None
    stale: int = 0
    world: int = 1
    earlier: tuple[tuple[int, int], ...] = ()

    def next_epoch(self) -> Self:
        """The beginning of the next epoch."""
        return replace(self, epoch=self.epoch + 1, step=0, earlier=())

    def next_phase(self) -> Self:
        """The beginning of the next phase."""
        return replace(self, phase=self.phase + 1, epoch=0, step=0, best=None, stale=0, earlier=())

    def with_ranks(self, world: int) -> Self:
        """The same place, from which so many ranks go on."""
        if world == self.world:
            return self
        return replace(self, world=world, earlier=(*self.earlier, (self.world, self.step)) if self.step else ())


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A position, and what weights and optimizer were there.

    Attributes:
        model, average, optimizer, scaler: states as torch gives them; None where there is none.
    """

    position: Position
    model: dict[str, Any]
    average: dict[str, Any] | None
    optimizer: dict[str, Any] | None
    scaler: dict[str, Any] | None

    def write(self, file: Path) -> None:
        """Replace the file atomically.

        Raises:
            DiskFullError, NotWritableError: the place refuses.
        """
        states = {"model": self.model, "average": self.average, "optimizer": self.optimizer, "scaler": self.scaler}
        with atomic_path(file) as temporary, temporary.open("wb") as stream:
            try:
                torch.save({"format": FORMAT, "position": asdict(self.position), **states}, stream)
            except RuntimeError as error:  # raised as torch closes its archive, over what the system refused
                if isinstance(error.__context__, OSError):
                    raise error.__context__ from None
                raise

    @classmethod
    def read(cls, file: Path) -> Self:
        """The checkpoint of a file; tensors come to the CPU.

        Raises:
            ContractError: it is damaged, or of another version.
        """
        try:
            values = torch.load(file, map_location="cpu", weights_only=True)
            if values.pop("format") != FORMAT:
                raise KeyError("format")
            return cls(Position(**values.pop("position")), **values)
        except (OSError, RuntimeError, pickle.UnpicklingError, EOFError, KeyError, TypeError, AttributeError) as error:
            raise ContractError(
                f"{file} is no checkpoint that this version can read: {error}", "Remove the run, and train again."
            ) from error
