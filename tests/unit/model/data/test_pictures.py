"""Which frames are chosen, and how they become squares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppad.media.images import Size
from ppad_model.data.pictures import as_tensor, choose_frames, decoding_side, to_square


@pytest.mark.parametrize(
    ("count", "most", "chosen"),
    [(3, 10, [0, 1, 2]), (10, 10, list(range(10))), (11, 5, [0, 2, 5, 8, 10]), (100, 2, [0, 99]), (7, 1, [6])],
)
def test_frames_are_chosen_evenly_with_the_first_and_the_last(count: int, most: int, chosen: list[int]) -> None:
    assert choose_frames(count, most) == chosen


@given(count=st.integers(1, 400), most=st.integers(2, 40))
def test_chosen_frames_rise_and_their_distances_differ_by_one_at_most(count: int, most: int) -> None:
    chosen = choose_frames(count, most)
    distances = np.diff(chosen)
    assert len(chosen) == min(count, most)
    assert (chosen[0], chosen[-1]) == (0, count - 1)
    assert len(distances) == 0 or (distances.min() >= 1 and distances.max() - distances.min() <= 1)


def test_stretching_shows_the_whole_picture_and_padding_its_proportions() -> None:
    wide = np.zeros((8, 32, 3), np.uint8)
    wide[:, 16:] = 200
    stretched, padded = to_square(wide, 16, "stretch"), to_square(wide, 16, "pad")
    assert (stretched[:, :4] == 0).all()
    assert (stretched[:, 12:] == 200).all()
    assert (padded[:6] == 255).all()
    assert (padded[10:] == 255).all()
    assert (padded[6:10, :4] == 0).all()
    assert (padded[6:10, 12:] == 200).all()


@pytest.mark.parametrize("size", [Size(40, 10), Size(10, 40), Size(7, 9), Size(1, 50)])
@pytest.mark.parametrize("fit", ["stretch", "pad"])
def test_any_proportion_becomes_a_square(size: Size, fit: str) -> None:
    assert to_square(np.zeros((size.height, size.width, 3), np.uint8), 16, fit).shape == (16, 16, 3)  # type: ignore[arg-type]


def test_pictures_are_decoded_no_larger_than_a_square_shows() -> None:
    assert decoding_side(Size(1600, 800), 64, "stretch") == 128  # so that the short side has 64
    assert decoding_side(Size(1600, 800), 64, "pad") == 64


def test_a_tensor_has_its_channels_first() -> None:
    pixels = np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3)
    tensor = as_tensor(pixels)
    assert tensor.shape == (2, 3, 3, 4)
    assert tensor[1, 2, 0, 3] == pixels[1, 0, 3, 2]
