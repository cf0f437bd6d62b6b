"""Pictures and recordings of strangers.

The first byte chooses what the file claims to be, the second how it is made: any bytes, a sound file with some bytes changed, a
PNG whose chunks are changed and whose checksums are right, or a sound picture with a changed colour profile and changed EXIF.
"""

from __future__ import annotations

import io
import struct
import tempfile
import warnings
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from fixtures.paintings import numbered_frames
from ppad.keyframes.config import ExtractConfig
from ppad.media.encode import write_video
from ppad.media.images import decode_image, encode_image, image_size
from ppad.media.metadata import picture_metadata
from ppad.media.opening import open_recording
from ppad.schema import Problem
from ppad.stages import Job
from ppad.storage import Collection
from ppad.storage.checking import check_parquet
from tests.fuzz.choices import Choices, edited
from tests.fuzz.promises import accepted, contained

STILLS = (".png", ".jpg", ".webp", ".tif", ".gif", ".bmp")
MOVING = (".mp4", ".mkv", ".avi", ".ts", ".webm", ".gif", ".apng", ".webp", ".png")
SIZE = (48, 32)

_ANY, _EDITED, _CHUNKS, _PROFILE = range(4)
_VIDEO: dict[str, dict[str, Any]] = {
    ".mp4": {"options": {"g": "4", "preset": "ultrafast"}},
    ".mkv": {"options": {"g": "4", "preset": "ultrafast"}},
    ".ts": {"codec": "mpeg2video", "options": {"g": "4"}},
    ".avi": {"codec": "mpeg4", "options": {"g": "4"}},
    ".webm": {"codec": "libvpx", "options": {"g": "4", "deadline": "realtime"}},
}


def seeds() -> Iterator[bytes]:
    """Each kind as it is, with an edit, and made anew."""
    for number, (suffix, moves) in enumerate(FILES):
        yield bytes([number, _ANY]) + _sound(suffix, moves)
        yield bytes([number, _EDITED, 40, 0, 1, 3])
    for how in (_CHUNKS, _PROFILE):
        for number in range(4):
            yield bytes([0, how, number, 12, 0, 1, 3, 30, 0, 2, 1])


FILES = tuple((suffix, False) for suffix in STILLS) + tuple((suffix, True) for suffix in MOVING)


def target(data: bytes) -> None:
    """Decode a file as a picture and as a recording, and extract it; what is extracted must keep the contract."""
    choices = Choices(data)
    suffix, moves = choices.one(FILES)
    match choices.whole(0, 3):
        case 0:
            content = choices.rest()
        case 1:
            content = edited(_sound(suffix, moves), choices)
        case 2:
            suffix, content = ".png", _rechunked(_sound(".png", choices.flag()), choices)
        case _:
            suffix, content = _with_profile(choices)
    with contained() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd EXIF, and goes on
        _as_picture(content)
        path = folder / f"castle{suffix}"
        path.write_bytes(content)
        _as_recording(path, folder)


def _as_picture(content: bytes) -> None:
    picture_metadata(content)
    accepted(lambda: image_size(content))
    for side in (None, 20):
        pixels = accepted(lambda side=side: decode_image(content, side))  # type: ignore[misc]
        if pixels is not None:
            assert pixels.dtype == np.uint8
            assert pixels.ndim == 3
            assert pixels.shape[2] == 3
            assert side is None or max(pixels.shape) <= side
            if pixels.size < 1 << 20:
                accepted(lambda pixels=pixels: encode_image(pixels, "webp"))  # type: ignore[misc]


def _as_recording(path: Path, folder: Path) -> None:
    from ppad_pipelines.extract.sidecar import Facts
    from ppad_pipelines.extract.sources import Source
    from ppad_pipelines.extract.work import ExtractWork, Recipe

    recording = accepted(lambda: open_recording([path]))
    if recording is None:
        return
    assert len(recording.times_s) == len(recording)
    assert np.isfinite(recording.times_s).all()
    assert (np.diff(recording.times_s) >= 0).all()
    source = Source((path,))
    job = Job("castle-0123456789ab", path.name, Recipe(source, Facts(), "0" * 64, "0" * 12, source.stamps()))
    work = ExtractWork(folder / "collection", ExtractConfig(size=64))
    if accepted(lambda: work(job, lambda _share: None)) is not None:
        file = Collection(folder / "collection").path_of(job.id)
        assert check_parquet(file, file.name, _decoded_size).problems == list[Problem]()


def _decoded_size(data: bytes, name: str) -> tuple[int, int]:
    height, width = decode_image(data, name=name).shape[:2]
    return width, height


@cache
def _sound(suffix: str, moves: bool) -> bytes:
    """A small sound file of that kind; a recording has 12 frames."""
    frames = numbered_frames(12, SIZE)
    if suffix in _VIDEO:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"x{suffix}"
            write_video(path, frames, 25, **_VIDEO[suffix])
            return path.read_bytes()
    first, *rest = (Image.fromarray(frame) for frame in frames)
    more: dict[str, Any] = {"save_all": True, "append_images": rest, "duration": 80} if moves else {}
    buffer = io.BytesIO()
    first.save(buffer, {".jpg": "JPEG", ".tif": "TIFF", ".apng": "PNG"}.get(suffix, suffix[1:].upper()), **more)
    return buffer.getvalue()


def _rechunked(png: bytes, choices: Choices) -> bytes:
    """A PNG with some chunks edited, dropped or doubled, whose checksums are right."""
    chunks, at = [], 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        chunks.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += length + 12
    for _ in range(3):
        if not choices.left:
            break
        number = choices.whole(0, len(chunks) - 1)
        kind, content = chunks[number]
        match choices.whole(0, 3):
            case 0 if len(chunks) > 1:
                del chunks[number]
            case 1:
                chunks.insert(number, chunks[choices.whole(0, len(chunks) - 1)])
            case 2:
                chunks.insert(number, (choices.one(_KINDS), choices.taken(choices.whole(0, 32))))
            case _:
                chunks[number] = (kind, edited(content, choices, most=2))
    parts = [struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks]
    return png[:8] + b"".join(parts)


_KINDS = (b"tRNS", b"iCCP", b"eXIf", b"acTL", b"fcTL", b"fdAT", b"PLTE", b"gAMA", b"cHRM", b"iTXt", b"zTXt", b"IDAT", b"IEND")


def _with_profile(choices: Choices) -> tuple[str, bytes]:
    """A sound picture with an edited colour profile and edited EXIF, in one of the modes that pictures have."""
    suffix, kind = choices.one(((".png", "PNG"), (".jpg", "JPEG"), (".webp", "WEBP"), (".tif", "TIFF")))
    mode = choices.one(("RGB", "L", "CMYK", "RGBA", "P", "1"))
    exif = Image.Exif()
    exif[274], exif[305] = choices.whole(0, 9), "x"
    made = edited(exif.tobytes(), choices, most=2)
    profile = edited(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), choices, most=3)
    image = Image.fromarray(numbered_frames(1, SIZE)[0]).convert(mode)
    buffer = io.BytesIO()
    try:
        image.save(buffer, kind, icc_profile=profile, exif=made)
    except (OSError, ValueError, KeyError, TypeError, SyntaxError, struct.error):
        return suffix, b""
    return suffix, buffer.getvalue()
