"""What is said about a process."""

from ppad.plotting.facts import duration_s, facts, frame_places, title_of
from ppad.schema import process_to_row
from ppad.storage import Trace


def test_the_title_is_the_readable_part_of_the_id() -> None:
    assert title_of("blue-boat-0123456789ab") == ("blue-boat", "0123456789ab")
    assert title_of("stray") == ("stray", "")


def test_the_duration_reaches_to_the_last_sample() -> None:
    assert duration_s([0.0, 8.0], Trace([0.0, 9.5], [0.0, 0.1], 0.1, [0, 1])) == 9.5
    assert duration_s([0.0, 8.0], None) == 8.0


def test_without_a_clock_there_is_no_duration() -> None:
    assert duration_s(None, Trace([0, 1], [0.0, 0.1], 0.1, [0, 1])) is None


def test_frames_without_a_clock_are_placed_by_their_index(process) -> None:
    assert frame_places(process_to_row(process(frames=2, frame_time_s=None, frame_index=[0, 7]))) == ["#0", "#7"]


def test_synthetic_frames_have_no_place(process) -> None:
    assert frame_places(process_to_row(process(frames=2, frame_time_s=None))) == ["", ""]


def test_unknown_facts_are_left_out(process) -> None:
    assert facts(process_to_row(process()), 4.5) == ["4 key frames", "0:04.5", "40 × 30 px", "recorded"]


def test_the_severities_of_a_simulated_process_are_facts(process) -> None:
    row = process_to_row(process(origin="simulated", controls={"color_jitter": 0.5}))
    assert facts(row, None)[-2:] == ["simulated", "color jitter 0.5"]
