"""Jobs of a synthesis: each process is identified by everything that determines it, and skipped where it exists."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ppad.errors import ConfigError, PpadError
from ppad.schema import canonical_json
from ppad.stages import Job, Planned, Skipped, failure_of
from ppad.storage import Collection, DigestCache
from ppad.storage.names import readable_stem
from ppad_pipelines.synth.inputs import Motif

STAGE = "synth"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One seed for a motif.

    Attributes:
        id: of the process that it would give.
        seed: of its chance.
        identity: digest of all that determines it, hexadecimal.
    """

    id: str
    seed: int
    identity: str


@dataclass(frozen=True, slots=True)
class Order:
    """One process to make; it pickles.

    Attributes:
        attempts: seeds in the order in which they are tried; the first whose process passes the filters is kept.
        image_sha256: digest of the finished painting's file; None without one.
        partial_sha256: digests of the painter's own frames.
    """

    motif: Motif
    attempts: tuple[Attempt, ...]
    image_sha256: str | None
    partial_sha256: tuple[str, ...]


@dataclass(frozen=True)
class SynthPlan:
    """The plan of a run, drawn while workers are busy.

    Args:
        engine: its name and version, as it says of itself.
        weights: digest of its weights; None without any.
        determining: its settings, as far as they determine a process.
        takes: what may be given to it.
        rejected: reasons, by the ids of processes that earlier runs rejected.
        is_whole: whether all that is wanted of an existing process is there.
        variants: processes a motif, each with a seed of its own.
        retries: further seeds for a process that the filters reject.
        batch: orders a job.
    """

    collection: Collection
    motifs: Sequence[Motif]
    engine: str
    weights: str | None
    determining: Mapping[str, Any]
    takes: Sequence[str]
    seed: int
    rejected: Mapping[str, str]
    is_whole: Callable[[str], bool]
    variants: int = 1
    retries: int = 0
    batch: int = 1

    def __iter__(self) -> Iterator[Planned]:
        waiting: list[Order] = []
        for item in self._items():
            if isinstance(item, Order):
                waiting.append(item)
                if len(waiting) == self.batch:
                    yield _job(waiting)
                    waiting = []
            else:
                yield item
        if waiting:
            yield _job(waiting)

    def _items(self) -> Iterator[Order | Planned]:
        existing = set(self.collection.ids())
        digests = self.collection.digests(remember=False)
        seen: set[str] = set()
        for motif in self.motifs:
            for variant in range(self.variants):
                try:
                    order = self._order(motif, variant, digests)
                except PpadError as error:
                    yield failure_of(STAGE, motif.label, error)
                    break
                yield self._skipped(order, existing, seen) or self._begun(order)
                seen.add(order.attempts[0].id)

    def _skipped(self, order: Order, existing: set[str], seen: set[str]) -> Skipped | None:
        first, label = order.attempts[0], order.motif.label
        if first.id in seen:
            return Skipped(first.id, label, "duplicate of another motif")
        done = next((attempt for attempt in order.attempts if attempt.id in existing), None)
        if done is not None:
            return Skipped(done.id, label, "done") if self.is_whole(done.id) else None
        reasons = [self.rejected.get(attempt.id) for attempt in order.attempts]
        return None if None in reasons else Skipped(first.id, label, f"rejected: {reasons[-1]}")

    def _begun(self, order: Order) -> Order:
        """The order without the seeds that were rejected before."""
        left = tuple(attempt for attempt in order.attempts if attempt.id not in self.rejected)
        return Order(order.motif, left, order.image_sha256, order.partial_sha256)

    def _order(self, motif: Motif, variant: int, digests: DigestCache) -> Order:
        if motif.kind not in self.takes:
            raise ConfigError(
                f"The engine {self.engine.split()[0]} takes {' or '.join(self.takes)}, not {motif.kind} alone.",
                "Give --prompt, --images or --partial as it needs them, or choose another engine.",
            )
        image = None if motif.image is None else digests.sha256(motif.image)
        partial = tuple(digests.sha256(path) for path in motif.partial)
        first = derived_seed(self.seed, variant, motif.prompt, image, list(partial))
        seeds = [first, *(derived_seed(first, number) for number in range(1, self.retries + 1))]
        return Order(motif, tuple(self._attempt(motif, image, partial, seed) for seed in seeds), image, partial)

    def _attempt(self, motif: Motif, image: str | None, partial: Sequence[str], seed: int) -> Attempt:
        all_of_it = [self.engine, self.weights, dict(self.determining), motif.prompt, image, list(partial), seed]
        identity = hashlib.sha256(canonical_json(all_of_it).encode()).hexdigest()
        return Attempt(f"{readable_stem(motif.name)}-{identity[:12]}", seed, identity)


def derived_seed(seed: int, variant: int, *content: object) -> int:
    """A seed of its own for each process: from the run's seed and what is painted, not from its place in a list."""
    digest = hashlib.sha256(canonical_json([seed, variant, *content]).encode()).digest()
    return int.from_bytes(digest[:6], "big")


def _job(orders: list[Order]) -> Job:
    label = orders[0].motif.label + (f" and {len(orders) - 1} more" if len(orders) > 1 else "")
    return Job(orders[0].attempts[0].id, label, tuple(orders), size=float(len(orders)))
