"""What is to be done: each source is identified by its content, and skipped where its process already exists."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ppad.errors import PpadError
from ppad.keyframes.config import ExtractConfig
from ppad.schema import config_hash
from ppad.stages import Job, Planned, Skipped, failure_of
from ppad.storage import Collection
from ppad.storage.remote import AT_ONCE, RemotePath
from ppad_pipelines.extract.sidecar import Sidecar
from ppad_pipelines.extract.sources import Source, process_id
from ppad_pipelines.extract.work import Recipe

STAGE = "extract"
OTHER_SETTINGS = "done with other settings or metadata (--overwrite makes it again)"


@dataclass(frozen=True, slots=True)
class Identity:
    """What determines the process of a source, and whether it is made already.

    Attributes:
        sha256: digest of its content.
        job_hash: of settings and facts.
        stamps: of the source at that moment.
        existing: id of the process that there is of it.
        reason: why that is kept; None where it is to be made.
    """

    sha256: str
    job_hash: str
    stamps: tuple[tuple[int, int], ...]
    existing: str | None
    reason: str | None


@dataclass(frozen=True)
class ExtractPlan:
    """The plan of a run, drawn item by item while workers are busy.

    Args:
        sources: in the order in which they are taken.
        overwrite: make processes again that exist with other settings.
        remember: keep the digests of sources for the next run.
        readers: threads that read ahead to identify sources; more where the collection is in a store, which answers slowly.
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
        for source, future in self._identified(existing):
            try:
                identity = future.result()
            except PpadError as error:
                yield failure_of(STAGE, source.label, error)
                continue
            digits = identity.sha256[:12]
            if digits in seen:
                yield Skipped(identity.existing or digits, source.label, f"duplicate of {seen[digits]}")
                continue
            seen[digits] = source.label
            yield self._item(source, identity)

    def _item(self, source: Source, identity: Identity) -> Planned:
        """Skip what exists as it is wanted; a process that was made of the same bytes keeps its id."""
        existing = identity.existing
        if existing is not None and identity.reason is not None:
            return Skipped(existing, source.label, identity.reason)
        recipe = Recipe(source, self.sidecar.facts_of(source), identity.sha256, identity.job_hash, identity.stamps)
        return Job(existing or process_id(source, identity.sha256), source.label, recipe, size=max(1, source.bytes))

    def _reason_to_skip(self, existing: str | None, job_hash: str) -> str | None:
        if existing is None:
            return None
        try:
            same = self.collection.config_hash(existing) == job_hash
        except PpadError:
            return None  # its file is damaged: make it again
        if same:
            return "done"
        return None if self.overwrite else OTHER_SETTINGS

    def _identified(self, existing: Mapping[str, str]) -> Iterator[tuple[Source, Future[Identity]]]:
        """Sources with their digests, in order; a few are read ahead."""
        digests = self.collection.digests(remember=self.remember)

        def identify(source: Source) -> Identity:
            stamps = source.stamps()
            facts = self.sidecar.facts_of(source)
            reference = None if facts.reference is None else digests.sha256(Path(facts.reference))
            sha256, job_hash = source.sha256(digests), config_hash(self.config.to_json() + facts.to_json(reference))
            known = existing.get(sha256[:12])
            return Identity(sha256, job_hash, stamps, known, self._reason_to_skip(known, job_hash))

        readers = AT_ONCE if isinstance(self.collection.root, RemotePath) else self.readers
        with ThreadPoolExecutor(readers) as pool:
            ahead: deque[tuple[Source, Future[Identity]]] = deque()
            for source in self.sources:
                ahead.append((source, pool.submit(identify, source)))
                if len(ahead) > 4 * readers:
                    yield ahead.popleft()
            yield from ahead
