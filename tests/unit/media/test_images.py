"""Still pictures: encoded bytes to pixels and back, and pictures that mean harm."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from ppad.errors import EmptyFileError, MediaError, MediaTooLargeError, UnreadableMediaError
from ppad.media.images import Codec, Pixels, Size, decode_image, encode_image, fit_within, image_size, read_image, resize


def gradient(width: int = 64, height: int = 48) -> Pixels:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 // (width - 1), y * 255 // (height - 1), 255 - x * 255 // (width - 1)], axis=2).astype(np.uint8)


def saved(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in (chunk, data, b"IEND")
    )


@pytest.mark.parametrize(("codec", "furthest"), [("png", 0), ("jpeg", 6), ("webp", 24)])
def test_pixels_survive_encoding(codec: Codec, furthest: int) -> None:
    pixels = gradient()
    assert np.abs(decode_image(encode_image(pixels, codec)).astype(int) - pixels).max() <= furthest


def test_a_jpeg_keeps_its_colours_at_full_resolution_and_no_metadata() -> None:
    with Image.open(io.BytesIO(encode_image(gradient(), "jpeg"))) as image:
        assert {layer[1:3] for layer in image.layer} == {(1, 1)}  # type: ignore[attr-defined]
        assert "exif" not in image.info
        assert "icc_profile" not in image.info


def test_a_lower_quality_is_smaller() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    assert len(encode_image(noise, "jpeg", 40)) < len(encode_image(noise, "jpeg", 95)) / 2


def test_the_same_pixels_give_the_same_bytes() -> None:
    assert encode_image(gradient(), "webp") == encode_image(gradient(), "webp")


@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1)), (8, (-1, 0))])
def test_an_orientation_mark_is_applied(orientation: int, corner: tuple[int, int]) -> None:
    """A white picture 60×40 with a black corner at the left above, as it is stored."""
    pixels = np.full((40, 60, 3), 255, dtype=np.uint8)
    pixels[:10, :10] = 0
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = decode_image(saved(Image.fromarray(pixels), "JPEG", exif=exif, quality=95))
    assert upright.shape == ((60, 40, 3) if orientation in (6, 8) else (40, 60, 3))
    assert upright[corner].max() < 30
    assert (upright < 128).all(axis=2).sum() == pytest.approx(100, abs=20)


def test_print_colours_are_converted(real_data: Path) -> None:
    pixels = read_image(real_data / "odd_media" / "cmyk.jpg")
    assert pixels.shape == (720, 1280, 3)
    assert pixels.std() > 10


def test_a_cmyk_red_is_red() -> None:
    image = Image.new("CMYK", (20, 20), (0, 255, 255, 0))
    assert decode_image(saved(image, "TIFF"))[10, 10].tolist() == [255, 0, 0]


def test_16_bit_grey_keeps_its_brightness() -> None:
    levels = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    pixels = decode_image(saved(Image.fromarray(levels), "PNG"))
    assert np.abs(pixels[..., 0].astype(int).ravel() - np.arange(256)).max() <= 1


def test_a_transparent_palette_colour_becomes_white() -> None:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(1, (4, 0, 8, 8))
    pixels = decode_image(saved(image, "PNG", transparency=0))
    assert pixels[4, 1].tolist() == [255, 255, 255]
    assert pixels[4, 6].tolist() == [0, 0, 255]


def test_a_half_transparent_black_becomes_middle_grey() -> None:
    assert decode_image(saved(Image.new("RGBA", (8, 8), (0, 0, 0, 128)), "PNG"))[4, 4].tolist() == [127, 127, 127]


def test_grey_with_alpha_is_laid_on_white() -> None:
    assert decode_image(saved(Image.new("LA", (8, 8), (0, 0)), "PNG"))[4, 4].tolist() == [255, 255, 255]


def test_a_colour_profile_is_applied() -> None:
    """In a profile whose red and green primaries are swapped, red numbers mean green."""
    usual = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = usual.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")
    pixels = decode_image(saved(Image.new("RGB", (8, 8), (255, 0, 0)), "PNG", icc_profile=swapped))
    assert np.abs(pixels[4, 4].astype(int) - [0, 255, 0]).max() <= 2


def test_a_broken_colour_profile_is_ignored() -> None:
    pixels = decode_image(saved(Image.new("RGB", (8, 8), (10, 200, 30)), "PNG", icc_profile=b"no profile"))
    assert pixels[4, 4].tolist() == [10, 200, 30]


@pytest.mark.parametrize("codec", ["jpeg", "png", "webp"])
def test_a_picture_is_shrunk_to_the_wanted_side_and_never_enlarged(codec: Codec) -> None:
    data = encode_image(gradient(400, 200), codec)
    assert decode_image(data, 100).shape == (50, 100, 3)
    assert decode_image(data, 4000).shape == (200, 400, 3)


@given(st.integers(1, 20_000), st.integers(1, 20_000), st.integers(1, 3000))
def test_a_fitted_size_keeps_its_shape(width: int, height: int, long_side: int) -> None:
    fitted = fit_within(Size(width, height), long_side)
    assert min(fitted) >= 1
    assert max(fitted) == min(long_side, max(width, height))
    if min(fitted) > 1:
        assert fitted.width * height == pytest.approx(fitted.height * width, abs=max(width, height))


def test_pixels_are_resized_to_any_shape() -> None:
    assert resize(gradient(), Size(10, 30)).shape == (30, 10, 3)


@pytest.mark.parametrize("file_format", ["EPS", "ICO", "PCX", "PPM", "TGA"])
def test_formats_that_nobody_asked_for_are_not_opened(file_format: str) -> None:
    """Reading EPS would start Ghostscript."""
    with pytest.raises(UnreadableMediaError, match="holds no picture"):
        decode_image(saved(Image.fromarray(gradient()), file_format))


@pytest.mark.parametrize(("codec", "side"), [("jpeg", 65_501), ("webp", 16_384)])
def test_a_side_that_a_format_cannot_have_is_refused(codec: Codec, side: int) -> None:
    with pytest.raises(MediaTooLargeError, match=f"{side}×1 pixels are more than a {codec} picture can have"):
        encode_image(np.zeros((1, side, 3), np.uint8), codec)


def test_the_size_is_read_from_the_header() -> None:
    assert image_size(encode_image(gradient(64, 48))) == (64, 48)


def test_an_empty_picture_is_refused_by_name() -> None:
    with pytest.raises(EmptyFileError, match=r"^reference\.png is empty\."):
        decode_image(b"", name="reference.png")


def test_what_is_no_picture_is_refused_with_the_known_formats() -> None:
    with pytest.raises(UnreadableMediaError, match="holds no picture"):
        decode_image(b"just some text, long enough to be looked at")


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"])
def test_a_picture_cut_in_half_is_refused(file_format: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    data = saved(Image.fromarray(noise), file_format)
    with pytest.raises(UnreadableMediaError):
        decode_image(data[: len(data) // 2])


@pytest.mark.parametrize("side", [8193, 30_000, 2**31 - 1])
def test_a_picture_that_claims_more_than_67_megapixels_is_refused_before_it_is_decoded(side: int) -> None:
    with pytest.raises(MediaTooLargeError, match="more than 67 megapixels"):
        decode_image(png_header(side, side))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMediaError, match=r"gone\.png cannot be read: No such file"):
        read_image(tmp_path / "gone.png")


@pytest.mark.parametrize(
    "name",
    [
        "corrupt.jpg",
        "heapbof.png",
        "sigsegv.png",
        "filetype_fixture-corrupt.png",
        "filetype_fixture-json.webp",
        "derived_empty.mp4",
    ],
)
def test_a_hostile_picture_ends_in_one_named_error(real_data: Path, name: str) -> None:
    with pytest.raises(MediaError, match=name):
        read_image(real_data / "odd_media" / name)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("grayscale_16bit.png", (48, 64, 3)),
        ("gradient_interlaced.png", (48, 64, 3)),
        ("rgba.png", (720, 1280, 3)),
        ("transparent.gif", (48, 64, 3)),
        ("frame_exceeds_screen.gif", (8, 8, 3)),
    ],
)
def test_an_odd_but_sound_picture_is_read(real_data: Path, name: str, shape: tuple[int, ...]) -> None:
    assert read_image(real_data / "odd_media" / name).shape == shape


@given(st.binary(max_size=200), st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]), st.integers(0, 400))
def test_damaged_bytes_give_pixels_or_a_media_error(garbage: bytes, file_format: str, place: int) -> None:
    data = saved(Image.fromarray(gradient(16, 16)), file_format)
    damaged = data[:place] + garbage + data[place + len(garbage) :]
    try:
        assert decode_image(damaged).dtype == np.uint8
    except MediaError as error:
        assert error.fix
