"""Still pictures: encoded bytes to pixels and back. The one home of Pillow.

Pixels are (H, W, 3) uint8, sRGB, upright (EXIF orientation applied), transparency laid on white.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from ppad.errors import EmptyFileError, MediaTooLargeError, UnreadableMediaError

Pixels = NDArray[np.uint8]
Codec = Literal["jpeg", "webp", "png"]

EXTENSIONS: dict[Codec, str] = {"jpeg": "jpg", "webp": "webp", "png": "png"}
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP")
"""What is read of all that Pillow can: some formats start other programs (EPS), and each is code that meets strangers' bytes."""
MAX_PIXELS = 8192 * 8192
"""Pictures and frames with more pixels are refused: a damaged header can claim any size."""
LONGEST_SIDES: dict[Codec, int] = {"jpeg": 65_500, "webp": 16_383, "png": MAX_PIXELS}
"""Pixels of a side that each format takes at most."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns a picture upright, by its EXIF orientation."""

DAMAGE = (OSError, ValueError, SyntaxError, EOFError, struct.error, IndexError, OverflowError, MemoryError, TypeError)
"""What Pillow raises for pictures that are damaged or hostile."""


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


def encode_image(pixels: Pixels, codec: Codec = "jpeg", quality: int = 95) -> bytes:
    """Encode pixels, without metadata: JPEG 4:4:4, WebP lossy, or PNG lossless.

    Args:
        pixels: (H, W, 3) uint8, sRGB.
        quality: 1–100; PNG has none.

    Raises:
        MediaTooLargeError: a side is longer than the format allows.
    """
    height, width = pixels.shape[:2]
    if max(width, height) > LONGEST_SIDES[codec]:
        raise MediaTooLargeError(f"{width}×{height} pixels are more than a {codec} picture can have.", "Use a smaller --size.")
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    if codec == "jpeg":
        image.save(buffer, "JPEG", quality=quality, subsampling=0)
    elif codec == "webp":
        image.save(buffer, "WEBP", quality=quality, method=4)
    else:
        image.save(buffer, "PNG")
    return buffer.getvalue()


def decode_image(data: bytes, long_side: int | None = None, name: str = "The picture") -> Pixels:
    """Decode an encoded picture, at most `long_side` pixels on its longer side.

    JPEG is decoded near the wanted size straight away, which is several times faster than decoding it whole.

    Returns:
        (H, W, 3) uint8, sRGB.

    Raises:
        EmptyFileError, UnreadableMediaError, MediaTooLargeError: the bytes are no usable picture.
    """
    if not data:
        raise EmptyFileError(f"{name} is empty.", "Copy it again from its source.")
    image = open_image(io.BytesIO(data), name)
    try:
        if long_side is not None:
            image.draft("RGB", fit_within(Size(*image.size), long_side))
        upright = to_srgb(image)
        if long_side is not None:
            upright = shrink(upright, long_side)
        return np.asarray(upright)
    except DAMAGE as error:
        raise UnreadableMediaError(f"{name} is damaged: {_reason(error)}.", "Copy it again from its source.") from error


def read_image(path: Path, long_side: int | None = None) -> Pixels:
    """Read a picture file; see `decode_image`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableMediaError(f"{path.name} cannot be read: {error.strerror}.", "Check the file.") from error
    return decode_image(data, long_side, path.name)


def image_size(data: bytes, name: str = "The picture") -> Size:
    """Width and height of an encoded picture, from its header alone (as stored, EXIF orientation not applied)."""
    return Size(*open_image(io.BytesIO(data), name).size)


def open_image(file: Path | io.BytesIO, name: str) -> Image.Image:
    """A Pillow image whose header is read and whose size is sane; its pixels are not decoded yet.

    Raises:
        UnreadableMediaError, MediaTooLargeError: the header is damaged, or claims too many pixels.
    """
    try:
        image = Image.open(file, formats=FORMATS)
        width, height = image.size
    except Image.DecompressionBombError as error:
        raise _too_large(name) from error
    except UnidentifiedImageError as error:
        raise UnreadableMediaError(
            f"{name} holds no picture, whatever its name says.", "Its content should be JPEG, PNG, WebP, TIFF, GIF or BMP."
        ) from error
    except DAMAGE as error:
        raise UnreadableMediaError(f"{name} is damaged: {_reason(error)}.", "Copy it again from its source.") from error
    if width * height > MAX_PIXELS:
        raise _too_large(name)
    return image


def to_srgb(image: Image.Image) -> Image.Image:
    """The picture upright, in 8-bit sRGB, transparency on white, colour profile applied where it can be read."""
    profile = image.info.get("icc_profile")
    turn = _UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation, 1))  # read before a conversion drops it
    if image.mode.startswith("I;16") or image.mode == "I":
        image = Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        image = Image.new("RGB", rgba.size, "white")
        image.paste(rgba, mask=rgba.getchannel("A"))
    if profile:
        image = _apply_profile(image, profile)
    if image.mode != "RGB":
        image = image.convert("RGB")
    return image if turn is None else image.transpose(turn)


def shrink(image: Image.Image, long_side: int) -> Image.Image:
    """The picture with its longer side at most `long_side` pixels; never enlarged."""
    size = fit_within(Size(*image.size), long_side)
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def fit_within(size: Size, long_side: int) -> Size:
    """The size scaled down so that its longer side is at most `long_side`; both sides at least 1."""
    scale = min(1.0, long_side / max(size))
    return Size(max(1, round(size.width * scale)), max(1, round(size.height * scale)))


def resize(pixels: Pixels, size: Size) -> Pixels:
    """Pixels at another size (Lanczos)."""
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def _apply_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert from an embedded colour profile; a broken one is ignored, as viewers do."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return converted or image


def _too_large(name: str) -> MediaTooLargeError:
    return MediaTooLargeError(f"{name} has more than {MAX_PIXELS // 1_000_000} megapixels.", "Scale it down first.")


def _reason(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")[:160]
