"""Jobs of a synthesis: each process is identified by everything that determines it, and skipped where it exists."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ppad.errors import PpadError
from ppad.schema import StageConfig, canonical_json
from ppad.stages import Job, Planned, Skipped, failure_of
from ppad.storage import Collection, DigestCache
from ppad.storage.names import readable_stem
from ppad_pipelines.synth.inputs import Motif

STAGE = "synth"


@dataclass(frozen=True, slots=True)
class Order:
    """One process to make; it pickles.

    Attributes:
        id: of the process.
        seed: of its chance.
        identity: digest of all that determines it, hexadecimal.
        image_sha256: digest of the finished painting's file; None without one.
    """

    id: str
    motif: Motif
    seed: int
    identity: str
    image_sha256: str | None


@dataclass(frozen=True)
class SynthPlan:
    """The plan of a run, drawn while workers are busy.

    Args:
        engine: its name and version, as it says of itself.
        weights: digest of its weights; None without any.
        config: its settings.
        variants: processes a motif, each with a seed of its own.
        batch: orders a job.
    """

    collection: Collection
    motifs: Sequence[Motif]
    engine: str
    weights: str | None
    config: StageConfig
    seed: int
    variants: int = 1
    batch: int = 1

    def __iter__(self) -> Iterator[Planned]:
        existing = set(self.collection.ids())
        digests = self.collection.digests(remember=False)
        waiting: list[Order] = []
        seen: set[str] = set()
        for motif in self.motifs:
            for variant in range(self.variants):
                try:
                    order = self._order(motif, variant, digests)
                except PpadError as error:
                    yield failure_of(STAGE, motif.label, error)
                    break
                if order.id in seen:
                    yield Skipped(order.id, motif.label, "duplicate of another motif")
                elif order.id in existing:
                    yield Skipped(order.id, motif.label, "done")
                else:
                    waiting.append(order)
                seen.add(order.id)
                if len(waiting) == self.batch:
                    yield _job(waiting)
                    waiting = []
        if waiting:
            yield _job(waiting)

    def _order(self, motif: Motif, variant: int, digests: DigestCache) -> Order:
        image = None if motif.image is None else digests.sha256(motif.image)
        partial = [digests.sha256(path) for path in motif.partial]
        seed = derived_seed(self.seed, variant, motif.prompt, image, partial)
        identity = hashlib.sha256(
            canonical_json(
                [self.engine, self.weights, self.config.model_dump(mode="json"), motif.prompt, image, partial, seed]
            ).encode()
        ).hexdigest()
        return Order(f"{readable_stem(motif.name)}-{identity[:12]}", motif, seed, identity, image)


def derived_seed(seed: int, variant: int, *content: object) -> int:
    """A seed of its own for each process: from the run's seed and what is painted, not from its place in a list."""
    digest = hashlib.sha256(canonical_json([seed, variant, *content]).encode()).digest()
    return int.from_bytes(digest[:6], "big")


def _job(orders: list[Order]) -> Job:
    label = orders[0].motif.label + (f" and {len(orders) - 1} more" if len(orders) > 1 else "")
    return Job(orders[0].id, label, tuple(orders), size=float(len(orders)))
