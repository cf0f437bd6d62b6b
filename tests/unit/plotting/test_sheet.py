"""The contact sheet of one process."""

import dataclasses

import numpy as np
import pytest

from ppad.errors import UnreadableMediaError
from ppad.media.images import Pixels, encode_image
from ppad.plotting.fonts import Lettering
from ppad.plotting.sheet import WIDTH, Heading, contact_sheet, grid_with_captions
from ppad.schema import Picture
from ppad.storage import Trace

RED = Picture(bytes=encode_image(np.full((60, 50, 3), (255, 0, 0), np.uint8), "png"), path="red.png")
TRACE = Trace([0.5 * n for n in range(10)], [0.0] + [0.02] * 9, 0.035, [0, 3, 6, 9])


def area(sheet: Pixels, color: tuple[int, int, int]) -> int:
    """Number of pixels of exactly this colour."""
    return int((sheet == color).all(axis=-1).sum())


def test_a_small_frame_is_shown_enlarged_and_sharp(process) -> None:
    record = dataclasses.replace(process(frames=2, width=50, height=60), frames=[RED, RED])
    assert area(contact_sheet(record, None), (255, 0, 0)) == 2 * (50 * 14) * (60 * 14)


def test_every_frame_is_on_the_sheet(process) -> None:
    sheet = contact_sheet(process(frames=9, width=300, height=200), TRACE)
    assert all(area(sheet, (10 * k,) * 3) >= 300 * 200 for k in range(9))


def test_the_reference_is_on_the_sheet(process) -> None:
    record = process(reference_kind="image", reference_image=RED)
    assert area(contact_sheet(record, None), (255, 0, 0)) == (50 * 5) * (60 * 5)


def test_the_sheet_is_1600_pixels_wide(process) -> None:
    assert contact_sheet(process(), TRACE).shape[1:] == (WIDTH, 3) == (1600, 3)


def test_the_same_process_gives_the_same_pixels(process) -> None:
    assert np.array_equal(contact_sheet(process(), TRACE), contact_sheet(process(), TRACE))


def test_with_a_trace_two_curves_are_drawn_and_without_one_bars(process) -> None:
    assert contact_sheet(process(), TRACE).shape[0] - contact_sheet(process(), None).shape[0] == 470 - 250


def test_a_trace_of_other_frames_is_not_drawn(process) -> None:
    other = dataclasses.replace(TRACE, chosen=[0, 9])
    assert np.array_equal(contact_sheet(process(), other), contact_sheet(process(), None))


@pytest.mark.parametrize(("width", "height"), [(2, 1), (1024, 4), (4, 1024)])
def test_frames_of_any_shape_can_be_drawn(process, width: int, height: int) -> None:
    assert contact_sheet(process(frames=3, width=width, height=height), None).shape[1] == WIDTH


def test_a_hundred_frames_can_be_drawn(process) -> None:
    sheet = contact_sheet(process(frames=100, width=16, height=9), None)
    assert sheet.shape[0] < 2000


@pytest.mark.parametrize("prompt", ["画家 " * 900, "$\\frac{x}{0}$ \\undefined", "a\x00b\u202ec", "x" * 5000, "\u0378"])
def test_any_prompt_can_be_drawn_without_a_warning(process, prompt: str) -> None:
    assert contact_sheet(process(reference_kind="prompt", prompt=prompt), None).shape[1] == WIDTH


def test_a_still_process_can_be_drawn(process) -> None:
    still = Trace([0.0, 0.0, 0.0, 0.0], [0.0] * 4, 0.0, [0, 1, 2, 3])
    assert contact_sheet(process(frame_change=[0.0] * 4), still).shape[1] == WIDTH


def test_a_damaged_frame_is_named(process) -> None:
    record = process()
    record.frames[2] = Picture(bytes=b"no picture", path="x")
    with pytest.raises(UnreadableMediaError, match="Key frame 3 holds no picture"):
        contact_sheet(record, None)


def test_the_sheet_says_when_characters_have_no_font(process) -> None:
    head = Heading.of(process(provenance={"notes": ["a note"]}), None)
    lines = [line for line, _ in head.lines(Lettering(("DejaVu Sans",), frozenset("\u0378")))]
    assert lines[-2:] == ["a note", "1 character has no font on this computer; the Noto fonts cover most scripts."]


def test_captions_in_narrow_columns_stand_below_each_other(process) -> None:
    grid, captions = grid_with_captions(process(frames=100, width=90, height=160), 1488, Lettering.of([]))
    assert captions.stacked
    assert not captions.with_change
    assert grid.frame.width + grid.gap >= 60


def test_captions_in_wide_columns_tell_the_change(process) -> None:
    _, captions = grid_with_captions(process(frames=4, width=320, height=240), 1488, Lettering.of([]))
    assert (captions.stacked, captions.with_change, captions.changes[1]) == (False, True, "4.0 %")


def test_frames_of_another_size_than_announced_stay_in_their_cells(process) -> None:
    record = dataclasses.replace(process(frames=2, width=300, height=200), frames=[RED, RED])
    assert area(contact_sheet(record, None), (255, 0, 0)) == 2 * (50 * 6) * (60 * 6)  # six times into the 600 × 400 of a cell
