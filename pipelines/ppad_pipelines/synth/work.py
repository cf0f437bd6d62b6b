"""A batch of orders becomes process files: paint, keep the frames, say how they were made."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ppad import __version__
from ppad.errors import OutOfMemoryError
from ppad.media.images import EXTENSIONS, Pixels, Size, encode_image, read_image
from ppad.schema import Picture, ProcessRecord, Provenance, canonical_json
from ppad.signals import rms_distance
from ppad.stages import Job, Progress
from ppad.storage import Collection, timestamp
from ppad_pipelines.synth.engine import Engine, Request, Synthesis
from ppad_pipelines.synth.plan import Order
from ppad_pipelines.synth.registry import config_class, engine_entry, load_engine
from ppad_pipelines.synth.strokes.engine import StrokesConfig, medium_of, motif
from ppad_pipelines.synth.strokes.extras import write_recording, write_stroke_log
from ppad_pipelines.synth.strokes.media import MANNERS
from ppad_pipelines.synth.strokes.process import paint_process
from ppad_pipelines.synth.strokes.recording import Take

Codec = Literal["jpeg", "webp", "png"]


@dataclass(frozen=True)
class SynthWork:
    """Paints a batch into a collection.

    Args:
        root: folder of the collection.
        engine: name of the engine.
        config_json: its settings, as JSON; an engine is loaded once a process.
        codec: of the stored frames.
        videos, logs: folders for what the stroke engine gives besides, or None.
        take: how its recordings are made.
    """

    root: Path
    engine: str
    config_json: str
    codec: Codec = "jpeg"
    videos: Path | None = None
    logs: Path | None = None
    take: Take = Take()

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        """Paint the orders of a job; see `Work`."""
        orders: Sequence[Order] = job.payload
        engine = loaded_engine(self.engine, self.config_json)
        collection = Collection(self.root)
        frames = 0
        for order, synthesis in zip(
            orders, paint_backing_off(engine, [_request(order) for order in orders], progress), strict=True
        ):
            if self.videos is not None or self.logs is not None:
                self._extras(order)
            collection.write(self._record(engine, order, synthesis), order.identity[:12])
            frames += len(synthesis.frames)
        return {"processes": len(orders), "key frames": frames}

    def _extras(self, order: Order) -> None:
        config = StrokesConfig.model_validate_json(self.config_json)
        picture, manner = motif(_request(order), config.size), MANNERS[medium_of(config.medium, order.seed)]
        if self.videos is not None:
            write_recording(self.videos / f"{order.id}.mp4", picture, manner, order.seed, self.take)
        if self.logs is not None:
            strokes = paint_process(picture, manner, order.seed, config.frames).strokes
            write_stroke_log(self.logs / f"{order.id}.strokes.parquet", strokes)

    def _record(self, engine: Engine, order: Order, synthesis: Synthesis) -> ProcessRecord:
        facts, source = engine.facts, order.motif
        suffix = EXTENSIONS[self.codec]
        pictures = [
            Picture(bytes=encode_image(frame, self.codec), path=f"{order.id}/{i:04d}.{suffix}")
            for i, frame in enumerate(synthesis.frames)
        ]
        size = Size(synthesis.frames[0].shape[1], synthesis.frames[0].shape[0])
        config = {"engine": self.engine, "settings": self.config_json, "progress": synthesis.progress, **facts.details}
        return ProcessRecord(
            process_id=order.id,
            origin="prompt" if source.image is None and not source.partial else "inversion",
            reference_kind="image" if source.image else "prompt" if source.prompt else "none",
            reference_image=self._reference(source.image, max(size)),
            prompt=None if source.image else source.prompt,
            frames=pictures,
            frame_change=[0.0, *(_change(a, b) for a, b in zip(synthesis.frames, synthesis.frames[1:], strict=False))],
            width=size.width,
            height=size.height,
            provenance=Provenance(
                tool="ppad",
                version=__version__,
                engine=facts.name,
                config_json=canonical_json(config),
                source_name=source.image.name if source.image else "prompt",
                source_sha256=order.image_sha256 or order.identity,
                created_at=timestamp(),
                licence=facts.licences.words,
                model_repo=facts.model_repo,
                model_revision=facts.model_revision,
                model_sha256=facts.model_sha256,
                seed=order.seed,
                notes=["synthetic: no person painted this", *synthesis.notes],
            ),
        )

    def _reference(self, image: Path | None, long_side: int) -> Picture | None:
        if image is None:
            return None
        return Picture(bytes=encode_image(read_image(image, long_side), self.codec), path=f"reference.{EXTENSIONS[self.codec]}")


def paint_backing_off(engine: Engine, requests: Sequence[Request], progress: Progress) -> list[Synthesis]:
    """Paint a batch; where memory runs out, its halves one after the other, down to single requests.

    Raises:
        OutOfMemoryError: not even one request fits.
    """
    try:
        return engine.paint(requests, progress)
    except OutOfMemoryError:
        if len(requests) == 1:
            raise
    half = len(requests) // 2
    return [*paint_backing_off(engine, requests[:half], progress), *paint_backing_off(engine, requests[half:], progress)]


@functools.lru_cache(maxsize=1)
def loaded_engine(name: str, config_json: str) -> Engine:
    """An engine, loaded once a process."""
    entry = engine_entry(name)
    return load_engine(entry, config_class(entry).model_validate_json(config_json))


def _request(order: Order) -> Request:
    source = order.motif
    image: Pixels | None = None if source.image is None else read_image(source.image)
    return Request(order.id, source.prompt, image, tuple(read_image(path) for path in source.partial), order.seed)


def _change(a: Pixels, b: Pixels) -> float:
    return rms_distance(np.ascontiguousarray(a), np.ascontiguousarray(b))
