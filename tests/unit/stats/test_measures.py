"""Measures of single processes, on the common grid, and how they are kept."""

from __future__ import annotations

import json

import numpy as np
import pytest

from fixtures.records import record
from ppad.schema import process_to_row
from ppad.signals import course_of
from ppad_pipelines.stats.measures import CURVES, GRID, NUMBERS, Measured, Profile, times_of


def measured(frames: int = 5, times: list[float] | None = None) -> Measured:
    """A canvas that is covered from the left, strip by strip."""
    canvases = []
    for number in range(frames):
        canvas = np.full((20, 40, 3), 255, np.uint8)
        canvas[:, : 40 * number // (frames - 1)] = 0
        canvases.append(canvas)
    return Measured(f"p-{frames}", course_of(canvases), None if times is None else np.array(times))


def curve(one: Measured, name: str, axis: str = "frames") -> np.ndarray:
    return one.curves(axis)[[statistic.id for statistic in CURVES].index(name)]  # type: ignore[arg-type, no-any-return]


@pytest.mark.parametrize("frames", [3, 5, 9])
def test_a_curve_is_the_same_whatever_the_number_of_frames(frames: int) -> None:
    assert curve(measured(frames), "coverage") == pytest.approx(GRID, abs=1e-9)


def test_by_the_clock_a_pause_is_long() -> None:
    one = measured(3, [0, 0.9, 1])
    assert curve(one, "coverage", "time")[18] == pytest.approx(0.5)
    assert curve(one, "coverage", "frames")[10] == pytest.approx(0.5)


def test_what_the_first_frame_does_not_have_comes_from_its_neighbour() -> None:
    brush = curve(measured(), "brush")
    assert not np.isnan(brush).any()
    assert brush[0] == pytest.approx(brush[5])


def test_numbers_say_how_long_stages_take_and_what_was_touched() -> None:
    numbers = dict(zip([statistic.id for statistic in NUMBERS], measured(5).numbers("frames"), strict=True))
    assert numbers["laying_in"] == pytest.approx(1.0)  # four fifths are touched at the last of four steps
    assert (numbers["covered"], numbers["revisit_rate"], numbers["setbacks"]) == (1.0, 0.0, 0.0)
    assert numbers["largest_step"] == pytest.approx(0.25)


def test_a_measure_comes_back_as_it_was_kept() -> None:
    for one in (measured(4), measured(4, [0, 0.2, 0.7, 1])):
        again = Measured.from_json(json.loads(json.dumps(one.to_json())))
        assert again.curves("frames") == pytest.approx(one.curves("frames"), rel=1e-5)
        assert (again.times is None) == (one.times is None)


def test_what_stands_still_or_has_no_clock_is_left_out_and_counted() -> None:
    still = Measured("s", course_of([np.zeros((4, 4, 3), np.uint8)] * 3), None)
    assert Profile.of("c", [measured(), still], "frames").left_out == 1
    profile = Profile.of("c", [measured(), measured(3, [0, 0.4, 1]), still], "time")
    assert (profile.ids, profile.left_out) == (["p-3"], 2)


def test_times_are_the_recordings_or_else_the_engines() -> None:
    row = process_to_row(record(frame_count=3, frame_time_s=[10.0, 12.0, 20.0]))
    assert times_of(row, [0, 0.5, 1]) == pytest.approx([0, 0.2, 1])
    row = process_to_row(record(frame_count=3, frame_time_s=None))
    assert times_of(row, [0, 0.5, 1]) == pytest.approx([0, 0.5, 1])
    assert times_of(row, None) is None
    assert times_of(row, [0.5, 0.5, 0.5]) is None
    assert times_of(row, [0, 1]) is None
