"""Where things go on a sheet."""

import pytest

from ppad.media.images import Size
from ppad.plotting.layout import display_size, evenly_chosen, grid_of


def test_a_large_picture_is_scaled_down_with_its_shape() -> None:
    assert display_size(Size(1024, 768), Size(300, 300)) == (300, 225)


def test_a_small_picture_is_enlarged_by_a_whole_number_only() -> None:
    assert display_size(Size(2, 1), Size(301, 301)) == (300, 150)
    assert display_size(Size(200, 200), Size(399, 399)) == (200, 200)


def test_a_picture_a_thousand_times_as_wide_as_high_keeps_a_row_of_pixels() -> None:
    assert display_size(Size(8000, 8), Size(400, 400)) == (400, 1)


def test_few_frames_stand_in_one_row() -> None:
    grid = grid_of(4, Size(300, 300), width=1500, height=960)
    assert (grid.columns, grid.rows, grid.frame) == (4, 1, (300, 300))


def test_frames_are_as_large_as_the_height_allows() -> None:
    grid = grid_of(12, Size(1024, 768), width=1488, height=960)
    assert (grid.columns, grid.rows) == (4, 3)
    assert grid.height <= 960


@pytest.mark.parametrize("stored", [Size(1024, 576), Size(576, 1024), Size(2, 1), Size(1024, 40), Size(40, 1024)])
@pytest.mark.parametrize("frames", [2, 13, 100])
def test_every_frame_lies_within_the_width_and_apart_from_the_others(stored: Size, frames: int) -> None:
    grid = grid_of(frames, stored, width=1488, height=960)
    boxes = [grid.place(number) for number in range(frames)]
    assert all(box.left >= 0 and box.left + box.width <= 1488 and box.top + box.height <= grid.height for box in boxes)
    assert len({(box.left, box.top) for box in boxes}) == frames


def test_rows_are_filled_evenly() -> None:
    grid = grid_of(14, Size(256, 256), width=1488, height=960)
    assert (grid.rows, grid.columns) == (3, 5)


def test_chosen_frames_are_spread_from_the_first_to_the_last() -> None:
    assert evenly_chosen(100, 5) == [0, 25, 50, 74, 99]
    assert evenly_chosen(3, 5) == [0, 1, 2]
