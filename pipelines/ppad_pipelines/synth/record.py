"""The row of a process that was made: its frames, its reference, and everything about how it came to be."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ppad import __version__
from ppad.media.images import EXTENSIONS, Codec, Pixels, encode_image, read_image
from ppad.schema import Picture, ProcessRecord, Provenance, canonical_json
from ppad.signals import rms_distance
from ppad.storage import timestamp
from ppad_pipelines.synth.engine import EngineFacts, Synthesis
from ppad_pipelines.synth.inputs import Motif
from ppad_pipelines.synth.plan import Attempt, Order


def record_of(
    order: Order, attempt: Attempt, synthesis: Synthesis, facts: EngineFacts, determining: Mapping[str, Any], codec: Codec
) -> ProcessRecord:
    """The row of a process.

    Args:
        determining: the engine's settings, as far as they determine a process.
        codec: of the stored pictures.
    """
    source = order.motif
    height, width = synthesis.frames[0].shape[:2]
    frames = [
        Picture(bytes=encode_image(frame, codec), path=f"{attempt.id}/{number:04d}.{EXTENSIONS[codec]}")
        for number, frame in enumerate(synthesis.frames)
    ]
    return ProcessRecord(
        process_id=attempt.id,
        origin="prompt" if source.kind == "prompt" else "inversion",
        reference_kind="image" if source.image else "prompt" if source.prompt else "none",
        reference_image=_reference(source.image, max(width, height), codec),
        prompt=None if source.image else source.prompt,
        frames=frames,
        frame_change=[0.0, *(_change(a, b) for a, b in itertools.pairwise(synthesis.frames))],
        width=width,
        height=height,
        provenance=_provenance(order, attempt, synthesis, facts, determining),
    )


def _provenance(
    order: Order, attempt: Attempt, synthesis: Synthesis, facts: EngineFacts, determining: Mapping[str, Any]
) -> Provenance:
    name, sha256 = _source(order)
    made = {
        "settings": dict(determining),
        "progress": [round(share, 6) for share in synthesis.progress],
        "inputs": _inputs(order),
        **facts.details,
    }
    return Provenance(
        tool="ppad",
        version=__version__,
        engine=facts.name,
        config_json=canonical_json(made),
        source_name=name,
        source_sha256=sha256,
        created_at=timestamp(),
        licence=facts.licences.words,
        model_repo=facts.model_repo,
        model_revision=facts.model_revision,
        model_sha256=facts.model_sha256,
        seed=attempt.seed,
        notes=["synthetic: no person painted this", *synthesis.notes],
    )


def _source(order: Order) -> tuple[str, str]:
    """Name and digest of what the process was made from: the painting, the first frames, or the words."""
    source = order.motif
    if source.image is not None and order.image_sha256 is not None:
        return source.image.name, order.image_sha256
    if source.partial:
        return source.partial[0].name, hashlib.sha256("\n".join(order.partial_sha256).encode()).hexdigest()
    return source.prompt_source, hashlib.sha256((source.prompt or "").encode()).hexdigest()


def _inputs(order: Order) -> dict[str, Any]:
    """Everything that was given, by name and digest, never by its place on this machine."""
    source: Motif = order.motif
    given: dict[str, Any] = {}
    if source.prompt is not None:
        given |= {"prompt": source.prompt, "prompt_source": source.prompt_source}
    if source.image is not None:
        given["parent_image"] = {"name": source.image.name, "sha256": order.image_sha256}
    if source.partial:
        pairs = zip(source.partial, order.partial_sha256, strict=True)
        given["first_frames"] = [{"name": path.name, "sha256": sha256} for path, sha256 in pairs]
    return given


def _reference(image: Path | None, long_side: int, codec: Codec) -> Picture | None:
    if image is None:
        return None
    return Picture(bytes=encode_image(read_image(image, long_side), codec), path=f"reference.{EXTENSIONS[codec]}")


def _change(a: Pixels, b: Pixels) -> float:
    return rms_distance(np.ascontiguousarray(a), np.ascontiguousarray(b))
