"""One recording becomes one process file: decode samples, choose, decode the key frames in full, write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppad import __version__
from ppad.keyframes.config import ExtractConfig
from ppad.keyframes.selecting import Chosen, changed, choose_from, encoded_frames, stored_view
from ppad.media.images import EXTENSIONS, encode_image, read_image
from ppad.media.opening import open_recording
from ppad.media.recording import Recording
from ppad.schema import Picture, ProcessRecord, Provenance
from ppad.stages import Job, Progress
from ppad.storage import Collection, timestamp
from ppad_pipelines.extract.sidecar import Facts
from ppad_pipelines.extract.sources import Source, printable

ENGINE = "adaptive-threshold key frames 1"
_SAMPLING_SHARE = 0.7
"""Part of the progress bar that sampling fills; the rest is decoding the key frames in full."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a worker needs to know of one recording; it pickles.

    Attributes:
        stamps: of the source when it was identified, see `Source.stamps`.
    """

    source: Source
    facts: Facts
    source_sha256: str
    job_hash: str
    stamps: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class ExtractWork:
    """Extracts the key frames of a recording into a collection.

    Args:
        root: folder of the collection.
        config: the settings.
        threads: how many threads may decode one recording.
    """

    root: Path
    config: ExtractConfig
    threads: int = 1

    @property
    def places(self) -> tuple[Path, ...]:
        """Folders that all workers must see."""
        return (Collection(self.root).root,)

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        """Extract one recording; see `Work`."""
        recipe: Recipe = job.payload
        recording = open_recording(recipe.source.files)
        collection = Collection(self.root)
        collection.work.mkdir(parents=True, exist_ok=True)
        chosen = choose_from(
            recording, self.config, collection.work, self.threads, lambda share: progress(_SAMPLING_SHARE * share)
        )
        frames = encoded_frames(
            recording, chosen.ranks, self.config, self.threads, lambda share: progress(_SAMPLING_SHARE + 0.3 * share)
        )
        if recipe.source.stamps() != recipe.stamps:
            raise changed(recording)
        record = self._record(job, recipe, recording, chosen, frames)
        collection.write(record, recipe.job_hash, chosen.trace)
        return {"key frames": len(frames), "notes": chosen.notes}

    def _record(
        self,
        job: Job,
        recipe: Recipe,
        recording: Recording,
        chosen: Chosen,
        frames: list[bytes],
    ) -> ProcessRecord:
        suffix = EXTENSIONS[self.config.codec]
        size = recording.view_size(stored_view(self.config))
        facts = recipe.facts
        return ProcessRecord(
            process_id=job.id,
            origin=facts.origin or "real",
            reference_kind="image" if facts.reference else "prompt" if facts.prompt else "none",
            reference_image=self._reference(facts),
            prompt=facts.prompt,
            frames=[Picture(bytes=data, path=f"{job.id}/{i:04d}.{suffix}") for i, data in enumerate(frames)],
            frame_time_s=[round(float(recording.times_s[rank]), 6) for rank in chosen.ranks] if recording.has_clock else None,
            frame_index=chosen.ranks,
            frame_change=chosen.change,
            width=size.width,
            height=size.height,
            artist_id=facts.artist_id,
            category=facts.category,
            style=facts.style,
            provenance=Provenance(
                tool="ppad",
                version=__version__,
                engine=ENGINE,
                config_json=self.config.to_json(),
                source_name=printable(recording.name),
                source_sha256=recipe.source_sha256,
                created_at=timestamp(),
                licence=facts.licence,
                notes=chosen.notes or None,
            ),
        )

    def _reference(self, facts: Facts) -> Picture | None:
        if facts.reference is None:
            return None
        path = Path(facts.reference)
        pixels = read_image(path, self.config.size or None)
        return Picture(
            bytes=encode_image(pixels, self.config.codec, self.config.quality), path=f"reference.{EXTENSIONS[self.config.codec]}"
        )
