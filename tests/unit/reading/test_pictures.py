"""The frames of a process as one array."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ppad.errors import ContractError, NotFoundError
from ppad.media.images import encode_image
from ppad.media.pictures import decode_frames
from ppad.schema import Picture, ProcessRecord
from tests.unit.reading.drawn_datasets import process


def with_sizes(*sizes: tuple[int, int]) -> ProcessRecord:
    frames = [Picture(bytes=encode_image(np.zeros((*size, 3), np.uint8)), path="f.jpg") for size in sizes]
    return replace(process(0), frames=frames)


def test_frames_come_in_painting_order() -> None:
    """Process 5 is drawn with the levels 5, 15 and 25."""
    assert decode_frames(process(5))[:, 0, 0, 0].tolist() == [5, 15, 25]


def test_frames_have_the_stored_size_by_default() -> None:
    assert decode_frames(process(0)).shape == (3, 24, 32, 3)


@pytest.mark.parametrize(("long_side", "shape"), [(16, (12, 16)), (8, (6, 8)), (1, (1, 1)), (4096, (24, 32))])
def test_the_long_side_is_bounded_and_never_enlarged(long_side: int, shape: tuple[int, int]) -> None:
    assert decode_frames(process(0), long_side).shape == (3, *shape, 3)


def test_frames_are_selected_by_index() -> None:
    assert decode_frames(process(5), select=[2, 0])[:, 0, 0, 0].tolist() == [25, 5]


def test_threads_change_nothing() -> None:
    assert np.array_equal(decode_frames(process(5), threads=3), decode_frames(process(5)))


def test_a_portrait_is_bounded_by_its_height() -> None:
    assert decode_frames(with_sizes((64, 48), (64, 48)), 32).shape == (2, 32, 24, 3)


@pytest.mark.parametrize("select", [[3], [-1], []])
def test_a_selection_that_is_not_there_is_refused(select: list[int]) -> None:
    with pytest.raises(NotFoundError, match=r"painting-000000000005 has 3 frames; . were asked for"):
        decode_frames(process(5), select=select)


def test_frames_of_different_sizes_are_refused() -> None:
    with pytest.raises(ContractError, match="The frames of painting-000000000000 differ in size"):
        decode_frames(with_sizes((24, 32), (24, 30)))
