"""One process or picture becomes a pack: decoded, scaled to one long side, encoded anew. Runs in worker processes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppad.media.images import Pixels, Size, decode_image, encode_image, read_image, resize
from ppad.schema import ProcessRecord
from ppad.stages import Job, Progress
from ppad.storage import Collection, write_bytes
from ppad_annotation.service.ids import new_id
from ppad_annotation.service.layouts import pack_path

QUALITY = 90


@dataclass(frozen=True, slots=True)
class Source:
    """Where an item's pictures come from; it pickles.

    Attributes:
        collection: folder of a collection; None for a picture file.
        file: the picture file; None for a collection.
        last_only: whether the finished painting alone is shown.
    """

    process_id: str
    collection: Path | None
    file: Path | None = None
    last_only: bool = False


@dataclass(frozen=True)
class PackWork:
    """Writes the pack of an item; see `ppad.stages.Work`.

    Args:
        media: folder of the packs.
        long_side: longer side of every picture, pixels: smaller ones are enlarged, so that no size tells the source.
    """

    media: Path
    long_side: int

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        source: Source = job.payload
        frames, reference, prompt = self._pictures(source)
        size = self._size(frames[0])
        parts = []
        for number, pixels in enumerate(frames):
            parts.append(encode_image(resize(pixels, size), "jpeg", QUALITY))
            progress(number / len(frames))
        if reference is not None:
            parts.append(encode_image(resize(reference, self._size(reference)), "jpeg", QUALITY))
        key = new_id()
        pack = b"".join(parts)
        write_bytes(pack_path(self.media, key), pack)
        extents = _extents(parts)
        layout = {
            "frames": extents[: len(frames)],
            "reference": None if reference is None else extents[-1],
            "width": size.width,
            "height": size.height,
            "sha256": hashlib.sha256(pack).hexdigest(),
        }
        return {"media_key": key, "layout": layout, "prompt": prompt}

    def _pictures(self, source: Source) -> tuple[list[Pixels], Pixels | None, str | None]:
        if source.file is not None:
            return [read_image(source.file)], None, None
        assert source.collection is not None  # noqa: S101 - a source has one of the two
        record = Collection(source.collection).read(source.process_id)
        if source.last_only:
            return [_decoded(record, len(record.frames) - 1)], None, None
        reference = record.reference_image
        name = f"The reference of {source.process_id}"
        shown = None if reference is None else decode_image(reference.bytes, None, name)
        return [_decoded(record, number) for number in range(len(record.frames))], shown, record.prompt

    def _size(self, pixels: Pixels) -> Size:
        height, width = pixels.shape[:2]
        scale = self.long_side / max(width, height)
        return Size(max(1, round(width * scale)), max(1, round(height * scale)))


def _decoded(record: ProcessRecord, number: int) -> Pixels:
    return decode_image(record.frames[number].bytes, None, f"Frame {number} of {record.process_id}")


def _extents(parts: list[bytes]) -> list[tuple[int, int]]:
    extents, offset = [], 0
    for part in parts:
        extents.append((offset, len(part)))
        offset += len(part)
    return extents
