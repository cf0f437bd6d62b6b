"""From a decoded frame to upright sRGB pixels of the wanted size."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.paintings import COLORS, Pixels
from fixtures.videos import rendered
from ppad.errors import CropError
from ppad.media.encode import write_video
from ppad.media.frames import Crop, FrameConverter, Geometry, View, geometry, quarter_turns
from ppad.media.images import Size
from ppad.media.video import Video

WHOLE = View(None)
SIDES = st.integers(1, 4000)


def quarters(width: int = 160, height: int = 120) -> Pixels:
    """Red, green, blue and yellow quarters: left above, right above, left below, right below."""
    picture = np.empty((height, width, 3), dtype=np.uint8)
    for number, (rows, columns) in enumerate(
        [
            (slice(0, height // 2), slice(0, width // 2)),
            (slice(0, height // 2), slice(width // 2, None)),
            (slice(height // 2, None), slice(0, width // 2)),
            (slice(height // 2, None), slice(width // 2, None)),
        ]
    ):
        picture[rows, columns] = COLORS[number]
    return picture


def colours(pixels: Pixels) -> list[int]:
    """Which of the four colours stands in each quarter, in reading order."""
    height, width = pixels.shape[:2]
    seen = [pixels[y, x].astype(int) for y in (height // 4, height * 3 // 4) for x in (width // 4, width * 3 // 4)]
    return [int(np.abs(COLORS[:4].astype(int) - color).sum(axis=1).argmin()) for color in seen]


def first_frame(path: Path, view: View = WHOLE) -> Pixels:
    return rendered(Video(path), [0], view)[0][0]


def still_video(path: Path, picture: Pixels, **writing: object) -> Path:
    write_video(path, [picture] * 3, 10, **writing)  # type: ignore[arg-type]
    return path


def steps(coded: Size, view: View = WHOLE, aspect: Fraction = Fraction(1), turns: int = 0) -> Geometry:
    return geometry(coded, aspect, turns, view, "video.mp4")


@pytest.mark.parametrize(
    ("view", "size"),
    [
        (View(None), (1920, 1080)),
        (View(256), (256, 144)),
        (View(4096), (1920, 1080)),
        (View(256, crop=Crop(0, 0, 512, 512)), (256, 256)),
        (View(None, crop=Crop(100, 50, 300, 200)), (300, 200)),
    ],
)
def test_the_size_of_a_view_of_a_1080p_recording(view: View, size: tuple[int, int]) -> None:
    assert steps(Size(1920, 1080), view).size == size


def test_a_turned_view_is_as_high_as_the_recording_is_wide() -> None:
    assert steps(Size(1920, 1080), View(256), turns=1).size == (144, 256)


def test_a_pixel_of_4_to_3_widens_the_picture() -> None:
    assert steps(Size(1440, 1080), aspect=Fraction(4, 3)).size == (1920, 1080)


def test_a_picture_that_lies_on_its_side_is_widened_along_its_own_rows() -> None:
    assert steps(Size(1440, 1080), aspect=Fraction(4, 3), turns=1).size == (1080, 1920)


@pytest.mark.parametrize(
    ("crop", "message"),
    [
        (Crop(0, 0, 0, 10), "The crop 0,0,0,10 is empty or negative."),
        (Crop(-1, 0, 10, 10), "The crop -1,0,10,10 is empty or negative."),
        (Crop(1900, 0, 21, 10), "The crop 1900,0,21,10 leaves video.mp4, which is 1920×1080 upright."),
        (Crop(0, 1000, 10, 100), "The crop 0,1000,10,100 leaves video.mp4, which is 1920×1080 upright."),
    ],
)
def test_a_crop_outside_the_picture_is_refused_with_its_size(crop: Crop, message: str) -> None:
    with pytest.raises(CropError) as caught:
        steps(Size(1920, 1080), View(None, crop))
    assert caught.value.message == message


def test_a_crop_is_measured_in_the_upright_picture() -> None:
    with pytest.raises(CropError, match="which is 1080×1920 upright"):
        steps(Size(1920, 1080), View(None, Crop(0, 0, 1200, 10)), turns=1)


@given(SIDES, SIDES, st.integers(1, 2000), st.integers(0, 3), st.fractions(Fraction(1, 4), Fraction(4)))
def test_no_view_is_empty_or_longer_than_asked(width: int, height: int, long_side: int, turns: int, aspect: Fraction) -> None:
    size = steps(Size(width, height), View(long_side), aspect, turns).size
    assert min(size) >= 1
    assert max(size) <= long_side


@given(st.data(), SIDES, SIDES, st.integers(1, 2000))
def test_a_crop_stays_within_the_scaled_picture(data: st.DataObject, width: int, height: int, long_side: int) -> None:
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    crop = Crop(x, y, data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y)))
    plan = steps(Size(width, height), View(long_side, crop))
    left, top, right, bottom = plan.box
    assert 0 <= left < right <= plan.scaled.width
    assert 0 <= top < bottom <= plan.scaled.height


@pytest.mark.parametrize(("degrees", "turns"), [(0, 0), (90, 1), (-90, 3), (180, 2), (-180, 2), (270, 3), (89.6, 1), (360, 0)])
def test_a_rotation_is_rounded_to_quarter_turns(degrees: float, turns: int) -> None:
    assert quarter_turns(degrees) == turns


@pytest.mark.parametrize(("turns", "seen"), [(0, [0, 1, 2, 3]), (1, [1, 3, 0, 2]), (2, [3, 2, 1, 0]), (3, [2, 0, 3, 1])])
def test_a_view_is_turned_anticlockwise(tmp_path: Path, turns: int, seen: list[int]) -> None:
    path = still_video(tmp_path / "video.mp4", quarters())
    pixels = first_frame(path, View(None, turns=turns))
    assert pixels.shape == ((160, 120, 3) if turns % 2 else (120, 160, 3))
    assert colours(pixels) == seen


def test_a_recording_that_a_phone_marked_as_rotated_is_shown_upright(real_data: Path) -> None:
    """480×270 with a rotation of 90°."""
    assert Video(real_data / "odd_media" / "nasa_13013_rotated.mp4").view_size(WHOLE) == (270, 480)


def test_a_crop_cuts_out_what_it_names(tmp_path: Path) -> None:
    path = still_video(tmp_path / "video.mp4", quarters())
    pixels = first_frame(path, View(None, Crop(80, 60, 80, 60)))
    assert pixels.shape == (60, 80, 3)
    assert colours(pixels) == [3, 3, 3, 3]


def test_pixels_that_are_twice_as_wide_as_high_are_made_square(tmp_path: Path) -> None:
    path = tmp_path / "wide.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 80, 120, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(2)
        for _ in range(2):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(quarters(80, 120), format="rgb24")))
        container.mux(stream.encode(None))
    assert first_frame(path).shape == (120, 160, 3)


@pytest.mark.parametrize(
    ("codec", "pixel_format", "size"),
    [
        ("libx264", "yuv420p10le", (160, 120)),
        ("libx264", "yuv444p", (161, 121)),
        ("libx264", "yuv422p", (160, 121)),
        ("libx264", "yuvj420p", (160, 120)),
        ("libx265", "yuv420p12le", (160, 120)),
        ("libvpx-vp9", "yuv420p", (161, 121)),
        ("ffv1", "gray", (161, 121)),
        ("ffv1", "gray16le", (160, 120)),
        ("ffv1", "bgra", (160, 120)),
        ("prores_ks", "yuv422p10le", (160, 120)),
    ],
)
def test_any_pixel_format_gives_8_bit_srgb_of_the_coded_size(
    tmp_path: Path, codec: str, pixel_format: str, size: tuple[int, int]
) -> None:
    picture = quarters(*size)
    options = {"x265-params": "log-level=error"} if codec == "libx265" else {}
    suffix = "mov" if codec == "prores_ks" else "mkv"
    path = still_video(tmp_path / f"video.{suffix}", picture, codec=codec, pixel_format=pixel_format, options=options)
    pixels = first_frame(path)
    assert (pixels.shape, pixels.dtype) == ((size[1], size[0], 3), np.uint8)
    expected = picture if not pixel_format.startswith("gray") else np.round(picture @ [0.299, 0.587, 0.114])[..., None]
    assert np.abs(pixels[5:-5:9, 5:-5:9].astype(float) - expected[5:-5:9, 5:-5:9]).mean() < 4


def test_transparency_is_laid_on_white() -> None:
    """Half-transparent black is middle grey; what is fully transparent is white, whatever its colour."""
    rgba = np.zeros((16, 16, 4), dtype=np.uint8)
    rgba[:8, :, 3] = 128
    frame = av.VideoFrame.from_ndarray(rgba, format="rgba")
    pixels = FrameConverter(steps(Size(16, 16)), "store")(frame)
    assert pixels[4, 4].tolist() == [127, 127, 127]
    assert pixels[12, 4].tolist() == [255, 255, 255]


def test_a_combed_frame_is_deinterlaced_where_it_is_stored(tmp_path: Path) -> None:
    """The second field, every odd line, was taken a moment later: its lines are made from their neighbours."""
    picture = np.full((64, 64, 3), 200, dtype=np.uint8)
    picture[1::2] = 40
    path = still_video(tmp_path / "video.mp4", picture, pixel_format="yuv444p", options={"x264-params": "interlaced=1:qp=1"})
    stored, sampled = (first_frame(path, View(None, purpose=purpose)) for purpose in ("store", "sample"))
    assert np.abs(stored[:63].astype(int) - 200).max() <= 4
    assert np.abs(sampled[1::2].astype(int) - 40).max() <= 4


def test_a_progressive_frame_keeps_its_lines() -> None:
    picture = np.full((16, 16, 3), 200, dtype=np.uint8)
    picture[1::2] = 40
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    assert np.array_equal(FrameConverter(steps(Size(16, 16)), "store")(frame), picture)


def test_a_sample_averages_the_pixels_that_it_stands_for() -> None:
    """A checkerboard of black and white, a quarter of the size, is grey and not a pattern."""
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    frame = av.VideoFrame.from_ndarray(np.repeat(board[..., None], 3, axis=2), format="rgb24")
    pixels = FrameConverter(steps(Size(64, 64), View(16)), "sample")(frame)
    assert np.abs(pixels.astype(int) - 127).max() <= 2
