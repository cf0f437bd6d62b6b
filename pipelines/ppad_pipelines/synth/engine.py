"""What every engine that makes painting processes has in common: what it takes, what it gives, what it says of itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from ppad.media.images import Pixels
from ppad.schema import StageConfig

Progress = Callable[[float], None]
"""Called with the share of a batch that is done, 0–1."""


class EngineConfig(StageConfig):
    """Base of an engine's settings.

    Attributes:
        incidental: settings that say where weights lie, or how they are run. They are no part of what a process is: the
            weights' digest stands for the weights, wherever their copies are.
    """

    incidental: ClassVar[frozenset[str]] = frozenset()

    def determining(self) -> dict[str, Any]:
        """The settings that determine a process, as JSON values."""
        return self.model_dump(mode="json", exclude=set(self.incidental))


@dataclass(frozen=True, slots=True)
class Request:
    """One process that is wanted.

    Attributes:
        id: the id that the process will have.
        prompt: what is to be painted; None if an image says it.
        image: (H, W, 3) uint8, the finished painting to be taken apart; None if a prompt says what to paint.
        partial: the painter's own frames so far, in painting order; they are kept.
        seed: all chance comes from it, whatever else is in the batch.
    """

    id: str
    prompt: str | None
    image: Pixels | None
    partial: tuple[Pixels, ...]
    seed: int


@dataclass(frozen=True, slots=True)
class Synthesis:
    """One process that was made.

    Attributes:
        frames: (H, W, 3) uint8 each, all of one size, first stroke to last; at least two.
        progress: share of the painting that is done at each frame, 0–1, rising.
        notes: what a user should know.
    """

    frames: list[Pixels]
    progress: list[float]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Licences:
    """Licences of the parts that an engine is made of, SPDX where there is one; None where it has no such part."""

    code: str
    weights: str | None = None
    base: str | None = None

    @property
    def words(self) -> str:
        """All of them in one line: `code MIT; weights AGPL-3.0`; the code's alone where there is nothing else."""
        parts = [("code", self.code), ("weights", self.weights), ("base", self.base)]
        named = [f"{part} {name}" for part, name in parts if name is not None]
        return "; ".join(named) if len(named) > 1 else self.code

    @property
    def needing_consent(self) -> tuple[str, ...]:
        """Licences of weights that restrict use: a run names them and waits for `--allow-license`."""
        return tuple(dict.fromkeys(name for name in (self.weights, self.base) if name is not None))


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """Everything that a process's provenance must say of the engine that made it.

    Attributes:
        name: of the engine, with its version.
        model_repo, model_revision: where the weights come from; None without weights.
        model_sha256: one digest over all weight files; None without weights.
        details: scheduler, device, dtype, versions of packages; goes into `provenance.config_json`.
    """

    name: str
    licences: Licences
    model_repo: str | None = None
    model_revision: str | None = None
    model_sha256: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


class Engine(Protocol):
    """A loaded engine. Loading is done once a worker process; painting keeps no state between calls."""

    @property
    def facts(self) -> EngineFacts:
        """What made the processes."""
        ...

    def paint(self, requests: Sequence[Request], progress: Progress) -> list[Synthesis]:
        """Make one process a request, in their order. A result does not depend on what else is in the batch.

        Raises:
            MediaError, SynthesisError: a request cannot be painted.
            OutOfMemoryError: the batch is too large; the caller tries again with less.
        """
        ...
