"""Reading every process once before anything is written: is it sound, what is it, what could it share with others?"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppad.errors import ContractError
from ppad.media.images import Size, decode_image, image_size, resize
from ppad.stages import Failure, Job, Progress, Skipped, failure_of
from ppad.storage import Collection
from ppad.storage.checking import picture_problems, process_row
from ppad.storage.digests import sha256_of
from ppad.storage.remote import fetched, place

THUMBNAIL = 16
"""Side of the thumbnails that near-duplicate final frames are found by, pixels."""
_DECODED = 4 * THUMBNAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a build needs to know of a process without its pictures.

    Attributes:
        path: its file.
        sha256: digest of the file.
        size: bytes of the file.
        frames: number of key frames.
        reference_sha256: digest of the reference image's bytes; None without one.
        thumbnail: the final frame at `THUMBNAIL` × `THUMBNAIL` pixels, as bytes of (16, 16, 3) uint8.
        model: repository and revision of the weights, where some were used.
    """

    process_id: str
    path: Path
    sha256: str
    size: int
    origin: str
    reference_kind: str
    frames: int
    prompt: str | None
    artist_id: str | None
    style: str | None
    reference_sha256: str | None
    source_sha256: str
    thumbnail: bytes
    created_at: str
    tool: str
    engine: str
    model: str | None
    licence: str | None

    @property
    def is_real(self) -> bool:
        """Whether a person painted it."""
        return self.origin == "real"


def survey_jobs(roots: Sequence[Path]) -> list[Job]:
    """One job a process file of the collections; a collection that is named twice counts once.

    Raises:
        NotFoundError: a folder is no collection.
    """
    jobs = []
    for root in dict.fromkeys(place(root).resolve() for root in roots):
        collection = Collection.open(root)
        for process_id, size in collection.sizes().items():
            path = collection.path_of(process_id)
            jobs.append(Job(str(path), f"{root.name}/{path.name}", path, float(size)))
    return jobs


def survey_process(job: Job, progress: Progress) -> Mapping[str, Any]:  # noqa: ARG001 - the signature of Work
    """The work on one process file.

    Raises:
        ContractError: the file is damaged or breaks the contract.
        MediaError: its final frame cannot be decoded.
    """
    path: Path = job.payload
    with fetched(path) as file:
        digest, size = sha256_of(file), file.stat().st_size
        row, problems = process_row(file)
    if row is not None:
        problems = [*problems, *picture_problems(row, path.name, image_size)]
    if problems or row is None:
        more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
        raise ContractError(f"{job.label}: {problems[0].message}{more}", problems[0].fix)
    return {"facts": facts_of(row, path, digest, size)}


@dataclass(frozen=True, slots=True)
class Survey:
    """`survey_process` as the work of a stage.

    Attributes:
        places: the collections, which all workers must see.
    """

    places: tuple[Path, ...]

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        """Look at one process file; see `survey_process`."""
        return survey_process(job, progress)


def facts_of(row: Mapping[str, Any], path: Path, digest: str, size: int) -> Facts:
    """The facts of a sound collection row, in a file of that digest and size, bytes."""
    origin, reference = row["provenance"], row["reference_image"]
    return Facts(
        process_id=row["process_id"],
        path=path,
        sha256=digest,
        size=size,
        origin=row["origin"],
        reference_kind=row["reference_kind"],
        frames=len(row["frames"]),
        prompt=row["prompt"],
        artist_id=row["artist_id"],
        style=row["style"],
        reference_sha256=None if reference is None else hashlib.sha256(reference["bytes"] or b"").hexdigest(),
        source_sha256=origin["source_sha256"] or "",
        thumbnail=_thumbnail(row["frames"][-1]["bytes"], path.name),
        created_at=origin["created_at"] or "",
        tool=f"{origin['tool']} {origin['version']}",
        engine=origin["engine"] or "",
        model=f"{origin['model_repo']}@{origin['model_revision']}" if origin["model_repo"] else None,
        licence=origin["licence"],
    )


def one_each(facts: Iterable[Facts]) -> tuple[list[Facts], list[Skipped | Failure]]:
    """One file for each process id, sorted by id, and what is left out.

    Of several files that stand for one source the one made last is kept. Files of one id that stand for different
    sources cannot be told apart later, so none is kept.
    """
    by_id: dict[str, list[Facts]] = defaultdict(list)
    for fact in facts:
        by_id[fact.process_id].append(fact)
    kept, left_out = [], list[Skipped | Failure]()
    for process_id, same in sorted(by_id.items()):
        if len({fact.source_sha256 for fact in same}) > 1:
            left_out += _contradictions(process_id, same)
            continue
        best = max(same, key=lambda fact: (fact.created_at, fact.sha256))
        kept.append(best)
        left_out += [Skipped(process_id, _label(fact), f"duplicate of {_label(best)}") for fact in same if fact is not best]
    return kept, left_out


def without_artworks(facts: Sequence[Facts]) -> tuple[list[Facts], list[Failure]]:
    """The processes among them, and each finished artwork as a failure: a rubric for processes has nothing to ask of it."""
    kept = [fact for fact in facts if fact.frames > 1]
    left_out = [fact for fact in facts if fact.frames == 1]
    fix = "Build it with --rubric artwork-5, or extract its recording."
    errors = [ContractError(f"{_label(fact)} is a finished artwork: it has a single frame.", fix) for fact in left_out]
    return kept, [failure_of("build", _label(fact), error) for fact, error in zip(left_out, errors, strict=True)]


def _contradictions(process_id: str, same: Sequence[Facts]) -> Iterator[Failure]:
    for fact in same:
        error = ContractError(
            f"{_label(fact)}: {process_id} stands for another source in another collection.", "Extract both again with ppad."
        )
        yield failure_of("build", _label(fact), error)


def _label(fact: Facts) -> str:
    return f"{fact.path.parent.parent.name}/{fact.path.name}"


def _thumbnail(data: bytes, name: str) -> bytes:
    pixels = decode_image(data, long_side=_DECODED, name=f"The final frame of {name}")
    return resize(pixels, Size(THUMBNAIL, THUMBNAIL)).tobytes()
