"""The film strip of a process."""

import pytest

from ppad.media.images import Size, decode_image, image_size
from ppad.plotting.strip import HEIGHT, LONGEST, film_strip, strip_frames, thumbnail


def test_a_short_process_is_shown_whole() -> None:
    assert strip_frames(4, Size(640, 480)) == [0, 1, 2, 3]


def test_a_long_process_is_shown_from_its_first_to_its_last_frame() -> None:
    assert strip_frames(100, Size(640, 480)) == [0, 16, 33, 50, 66, 82, 99]


@pytest.mark.parametrize(("width", "height"), [(640, 480), (480, 640), (2, 1), (4000, 10), (10, 4000)])
def test_a_strip_is_never_longer_than_it_may_be(process, width: int, height: int) -> None:
    size = image_size(film_strip(process(frames=30, width=width, height=height)))
    assert size.height <= HEIGHT
    assert size.width <= LONGEST * HEIGHT + 2


def test_frames_stand_in_painting_order(process) -> None:
    strip = decode_image(film_strip(process(frames=2, width=144, height=144)))
    assert int(strip[:, 40].mean()) < int(strip[:, -40].mean())


def test_a_reference_is_made_small(process) -> None:
    large = process(frames=2, width=800, height=400).frames[0].bytes
    assert image_size(thumbnail(large)) == (288, 144)
