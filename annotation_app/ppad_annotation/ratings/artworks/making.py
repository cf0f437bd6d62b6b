"""A picture becomes a row of a collection: a finished artwork with a single frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from ppad import __version__
from ppad.errors import PpadError
from ppad.media.images import EXTENSIONS, Codec, encode_image, read_image
from ppad.schema import Picture, ProcessRecord, Provenance, StageConfig, canonical_json, config_hash
from ppad.stages import Failure, Job, Planned, Progress, Skipped, failure_of
from ppad.storage import Collection, timestamp
from ppad.storage.names import readable_stem
from ppad_annotation.ratings.artworks.table import Facts

STAGE = "import"
ENGINE = "artwork import 1"


class ArtworkConfig(StageConfig):
    """How pictures are stored."""

    size: int = Field(1024, ge=0, le=8192, description="longer side of the stored picture, pixels; 0: as it is")
    codec: Codec = Field("jpeg", description="jpeg, webp or png")
    quality: int = Field(95, ge=1, le=100, description="of JPEG and WebP")


@dataclass(frozen=True, slots=True)
class Source:
    """A picture with what is known of it, the digest of its bytes, and the id of its artwork."""

    file: Path
    facts: Facts
    sha256: str
    id: str


@dataclass(frozen=True, slots=True)
class StoreArtwork:
    """Stores one picture in the collection at `root`."""

    root: Path
    config: ArtworkConfig

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        source: Source = job.payload
        pixels = read_image(source.file, self.config.size or None)
        picture = encode_image(pixels, self.config.codec, self.config.quality)
        Collection(self.root).write(self._record(job.id, source, pixels.shape, picture), settings_hash(source, self.config))
        return {"artworks": 1}

    def _record(self, artwork_id: str, source: Source, shape: tuple[int, ...], picture: bytes) -> ProcessRecord:
        known = asdict(source.facts)
        licence = known.pop("licence")
        return ProcessRecord(
            process_id=artwork_id,
            origin="real",
            reference_kind="none",
            frames=[Picture(bytes=picture, path=f"{artwork_id}.{EXTENSIONS[self.config.codec]}")],
            frame_change=[0.0],
            width=shape[1],
            height=shape[0],
            provenance=Provenance(
                tool="ppad",
                version=__version__,
                engine=ENGINE,
                config_json=self.config.to_json(),
                source_name=source.file.name,
                source_sha256=source.sha256,
                created_at=timestamp(),
                licence=licence,
            ),
            **known,
        )


def settings_hash(source: Source, config: ArtworkConfig) -> str:
    """Stands for all that determines a stored artwork besides its picture."""
    return config_hash(config.to_json() + canonical_json(asdict(source.facts)))


def identified(collection: Collection, files: Mapping[Path, Facts]) -> tuple[list[Source], list[Failure]]:
    """The pictures with their digests and ids, and those that cannot be read. A picture that is stored already keeps its id."""
    digests, found, failed = collection.digests(remember=False), list[Source](), list[Failure]()
    existing = {artwork_id[-12:]: artwork_id for artwork_id in collection.ids()}
    for file, facts in files.items():
        try:
            sha256 = digests.sha256(file)
        except PpadError as error:
            failed.append(failure_of(STAGE, str(file), error))
            continue
        own = f"{readable_stem(file.stem)}-{sha256[:12]}"
        found.append(Source(file, facts, sha256, existing.get(sha256[:12], own)))
    return found, failed


def plan_artworks(collection: Collection, sources: Sequence[Source], config: ArtworkConfig) -> Iterator[Planned]:
    """A job for each picture that is not stored as it is wanted."""
    existing = set(collection.ids())
    for source in sources:
        label = str(source.file)
        if source.id in existing and collection.config_hash(source.id) == settings_hash(source, config):
            yield Skipped(source.id, label, "done")
        else:
            yield Job(source.id, label, source, float(source.file.stat().st_size))
