"""The course of a process: on canvases whose coverage, revisits, brush and stages are known by construction."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ppad.signals import course_of, setbacks, stage_shares
from ppad.signals.change import Sample
from ppad.signals.course import Course, scale_of_change
from ppad.signals.raster import brush_footprint

SIDE = 160


def covered_from_the_left(steps: int = 4, size: int = 80) -> list[Sample]:
    """A white canvas that turns dark in strips of equal width."""
    frames = []
    for number in range(steps + 1):
        frame = np.full((size, size, 3), 255, np.uint8)
        frame[:, : size * number // steps] = 55
        frames.append(frame)
    return frames


def test_coverage_is_the_share_of_the_canvas_that_was_ever_touched() -> None:
    course = course_of(covered_from_the_left(4))
    assert course.coverage.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert course.changed.tolist() == [0, 0.25, 0.25, 0.25, 0.25]
    assert course.revisited.tolist() == [0, 0, 0, 0, 0]


def test_the_distance_to_the_end_is_the_root_of_the_share_that_is_left() -> None:
    course = course_of(covered_from_the_left(4))
    assert course.to_final == pytest.approx([1, 0.75**0.5, 0.5**0.5, 0.25**0.5, 0])


def test_what_is_painted_over_again_is_a_revisit() -> None:
    frames = covered_from_the_left(4)
    again = frames[2].copy()
    again[:, :20] = 120  # a quarter of the canvas, which had been painted
    course = course_of([*frames[:3], again])
    assert course.coverage[-1] == 0.5
    assert course.revisited.tolist() == pytest.approx([0, 0, 0, 1 / 3])


def test_a_difference_that_nobody_sees_is_no_change() -> None:
    frames = covered_from_the_left(2)
    course = course_of([frames[0], frames[0] - 5, frames[2]])
    assert course.changed.tolist() == [0, 0, 1]
    assert np.isnan(course.brush[1])


def strokes(width: float) -> tuple[Sample, Sample]:
    """A canvas before and after three strokes of one width, far from one another."""
    before = np.full((SIDE, SIDE, 3), 250, np.uint8)
    after = before.copy()
    for y in (30, 80, 130):
        points = np.array([[20, y], [140, y]], dtype=np.float32)
        after[brush_footprint(points, width, (0, 0, SIDE, SIDE)) > 127] = 60
    return before, after


def test_a_broader_brush_has_a_larger_scale_and_about_its_width() -> None:
    scales = []
    for width in (3, 6, 12, 24):
        before, after = strokes(width)
        scales.append(scale_of_change(before, after, np.ones((SIDE, SIDE), bool)))
        assert 0.4 < scales[-1] / (width / SIDE) < 2.5
    assert scales == sorted(scales)


def test_work_in_one_place_spreads_less_than_work_all_over() -> None:
    blank = np.full((64, 64, 3), 255, np.uint8)
    corner, everywhere = blank.copy(), blank.copy()
    corner[:8, :8] = 0
    everywhere[::8] = 0
    spreads = [course_of([blank, canvas]).spread[1] for canvas in (corner, everywhere, 255 - blank)]
    assert spreads[0] < 0.15
    assert spreads[1] == pytest.approx(1.0, abs=0.1)
    assert spreads[2] == pytest.approx(1.0)


def course(coverage: list[float], to_final: list[float]) -> Course:
    nothing = np.zeros(len(coverage))
    return Course(np.array(coverage), np.array(to_final), nothing, nothing, nothing, nothing)


def test_stages_end_where_all_is_touched_and_where_a_quarter_of_the_way_is_left() -> None:
    measured = course([0, 0.5, 0.8, 0.8, 0.8], [1, 0.9, 0.6, 0.2, 0])
    assert stage_shares(measured, np.array([0, 0.1, 0.4, 0.7, 1])) == pytest.approx((0.4, 0.3, 0.3))


def test_a_process_that_is_touched_all_over_at_its_last_frame_is_all_laying_in() -> None:
    assert stage_shares(course([0, 0.1, 1], [1, 0.9, 0]), np.array([0, 0.5, 1])) == pytest.approx((1, 0, 0))


def test_setbacks_add_up_and_nearing_does_not() -> None:
    assert setbacks(np.array([1, 0.5, 0.8, 0.2, 0.3, 0])) == pytest.approx(0.4)


@given(arrays.arrays(np.uint8, st.tuples(st.integers(2, 5), st.integers(1, 6), st.integers(1, 6), st.just(3))))
def test_shares_stay_shares_whatever_is_shown(frames: Sample) -> None:
    measured = course_of(list(frames))
    assert all(earlier <= later for earlier, later in itertools.pairwise(measured.coverage))
    for curve in (measured.coverage, measured.to_final, measured.changed, measured.revisited):
        assert curve.min() >= 0
        assert curve.max() <= 1
    assert sum(stage_shares(measured, np.linspace(0, 1, len(frames)))) == pytest.approx(1)
