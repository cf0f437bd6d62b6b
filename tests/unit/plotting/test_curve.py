"""The curve of change since the last key frame."""

import dataclasses

import pytest

from ppad.plotting.curve import is_usable, since_last_key
from ppad.storage import Trace

TRACE = Trace([0, 1, 2, 3, 4], [0.0, 0.3, 0.4, 0.3, 0.4], 0.5, [0, 2, 4])


def test_the_curve_meets_the_measured_change_at_each_key_frame() -> None:
    curve = since_last_key(TRACE, [0.0, 0.5, 0.6])
    assert [curve[0], curve[2], curve[4]] == pytest.approx([0.0, 0.5, 0.6])


def test_between_key_frames_squared_changes_add_up() -> None:
    assert since_last_key(TRACE, [0.0, 0.5, 0.5])[1] == pytest.approx(0.3)


def test_no_sample_that_was_passed_over_lies_above_the_threshold() -> None:
    jump = Trace([0, 1, 2, 3], [0.0, 0.4, 0.1, 0.1], 0.2, [0, 3])
    curve = since_last_key(jump, [0.0, 0.9])
    assert curve[2] == pytest.approx(0.2)
    assert curve[1] < curve[2] < curve[3]


def test_after_the_last_key_frame_the_curve_stays_below_the_threshold() -> None:
    noisy = Trace([0, 1, 2, 3, 4], [0.0, 0.5, 0.4, 0.4, 0.4], 0.3, [0, 1])
    assert max(since_last_key(noisy, [0.0, 0.5])[2:]) == pytest.approx(0.3)


def test_a_still_canvas_has_a_flat_curve() -> None:
    assert list(since_last_key(Trace([0, 1, 2], [0.0, 0.0, 0.0], 0.1, [0, 2]), [0.0, 0.0])) == [0, 0, 0]


def test_before_the_first_key_frame_the_curve_is_zero() -> None:
    assert list(since_last_key(Trace([0, 1, 2], [0.0, 0.2, 0.3], 0.1, [1, 2]), [0.0, 0.3])) == pytest.approx([0, 0, 0.3])


def test_a_whole_trace_is_usable() -> None:
    assert is_usable(TRACE, frames=3)


@pytest.mark.parametrize(
    "damage",
    [
        {"time_s": [0.0]},
        {"time_s": [], "change": []},
        {"chosen": [0, 2]},
        {"chosen": [0, 4, 2]},
        {"chosen": [0, 2, 5]},
        {"chosen": [-1, 2, 4]},
        {"change": [0.0, 0.3, float("nan"), 0.3, 0.4]},
        {"threshold": float("inf")},
    ],
)
def test_a_trace_that_does_not_fit_its_process_is_not_drawn(damage: dict[str, object]) -> None:
    assert not is_usable(dataclasses.replace(TRACE, **damage), frames=3)  # type: ignore[arg-type]
