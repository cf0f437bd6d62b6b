"""What is to be done: each source is identified by its content, and skipped where its process already exists."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ppad.errors import PpadError
from ppad.keyframes.config import ExtractConfig
from ppad.schema import config_hash
from ppad.stages import Job, Planned, Skipped, failure_of
from ppad.storage import Collection
from ppad_pipelines.extract.sidecar import Sidecar
from ppad_pipelines.extract.sources import Source, process_id
from ppad_pipelines.extract.work import Recipe

STAGE = "extract"
OTHER_SETTINGS = "done with other settings or metadata (--overwrite makes it again)"


@dataclass(frozen=True, slots=True)
class Identity:
    """What determines the process of a source: digest of its content, its facts as JSON, and its stamps at that moment."""

    sha256: str
    facts_json: str
    stamps: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class ExtractPlan:
    """The plan of a run, drawn item by item while workers are busy.

    Args:
        sources: in the order in which they are taken.
        overwrite: make processes again that exist with other settings.
        remember: keep the digests of sources for the next run.
        readers: threads that read ahead to identify sources.
    """

    collection: Collection
    sources: Sequence[Source]
    sidecar: Sidecar
    config: ExtractConfig
    overwrite: bool = False
    remember: bool = True
    readers: int = 2

    def __iter__(self) -> Iterator[Planned]:
        existing = {process_id[-12:]: process_id for process_id in self.collection.ids()}
        seen: dict[str, str] = {}
        for source, future in self._identified():
            try:
                identity = future.result()
            except PpadError as error:
                yield failure_of(STAGE, source.label, error)
                continue
            digits = identity.sha256[:12]
            if digits in seen:
                yield Skipped(existing.get(digits, digits), source.label, f"duplicate of {seen[digits]}")
                continue
            seen[digits] = source.label
            yield self._item(source, identity, config_hash(self.config.to_json() + identity.facts_json), existing.get(digits))

    def _item(self, source: Source, identity: Identity, job_hash: str, existing: str | None) -> Planned:
        """Skip what exists as it is wanted; a process that was made of the same bytes keeps its id."""
        if existing is not None:
            reason = self._reason_to_skip(existing, job_hash)
            if reason is not None:
                return Skipped(existing, source.label, reason)
        recipe = Recipe(source, self.sidecar.facts_of(source), identity.sha256, job_hash, identity.stamps)
        return Job(existing or process_id(source, identity.sha256), source.label, recipe, size=max(1, source.bytes))

    def _reason_to_skip(self, existing: str, job_hash: str) -> str | None:
        try:
            same = self.collection.config_hash(existing) == job_hash
        except PpadError:
            return None  # its file is damaged: make it again
        if same:
            return "done"
        return None if self.overwrite else OTHER_SETTINGS

    def _identified(self) -> Iterator[tuple[Source, Future[Identity]]]:
        """Sources with their digests, in order; a few are read ahead."""
        digests = self.collection.digests(remember=self.remember)

        def identify(source: Source) -> Identity:
            stamps = source.stamps()
            facts = self.sidecar.facts_of(source)
            reference = None if facts.reference is None else digests.sha256(Path(facts.reference))
            return Identity(source.sha256(digests), facts.to_json(reference), stamps)

        with ThreadPoolExecutor(self.readers) as pool:
            ahead: deque[tuple[Source, Future[Identity]]] = deque()
            for source in self.sources:
                ahead.append((source, pool.submit(identify, source)))
                if len(ahead) > 4 * self.readers:
                    yield ahead.popleft()
            yield from ahead
