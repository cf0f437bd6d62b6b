"""Numbers and sentences as people read them."""

import pytest

from ppad.plotting.labels import clock, count, percent, plain_line, position_ticks, thin_labels, wrap


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0:00.0"),
        (9.25, "0:09.2"),
        (59.96, "1:00.0"),
        (83.5, "1:23.5"),
        (3599.96, "1:00:00.0"),
        (3727.4, "1:02:07.4"),
        (-0.04, "0:00.0"),
    ],
)
def test_a_time_is_minutes_and_seconds_and_hours_where_there_are_some(seconds: float, said: str) -> None:
    assert clock(seconds) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0 %"), (0.0004, "0.04 %"), (0.0025, "0.2 %"), (0.0516, "5.2 %"), (0.0996, "10 %"), (0.48, "48 %"), (1, "100 %")],
)
def test_a_share_is_said_with_two_digits_at_most(share: float, said: str) -> None:
    assert percent(share) == said


def test_one_thing_is_singular_and_thousands_are_grouped() -> None:
    assert [count(1, "key frame"), count(1200, "key frame"), count(2, "process", "processes")] == [
        "1 key frame",
        "1,200 key frames",
        "2 processes",
    ]


def test_ticks_of_a_clock_stand_at_round_times() -> None:
    assert position_ticks(0, 95, 8, is_clock=True) == [0, 15, 30, 45, 60, 75, 90]


def test_ticks_begin_within_an_axis_that_does_not_start_at_zero() -> None:
    assert position_ticks(7, 41, 6, is_clock=True) == [10, 20, 30, 40]


def test_ticks_of_an_index_are_whole_numbers() -> None:
    assert position_ticks(0, 4, 11, is_clock=False) == [0, 1, 2, 3, 4]
    assert position_ticks(0, 1800, 7, is_clock=False) == [0, 500, 1000, 1500]


def test_a_day_of_recording_has_no_more_ticks_than_asked_for() -> None:
    assert len(position_ticks(0, 86_400 * 3, 11, is_clock=True)) <= 11


def test_labels_with_room_are_all_written() -> None:
    assert thin_labels([10, 40, 70], [20, 20, 20], gap=10) == [0, 1, 2]


def test_a_crowded_label_gives_way_and_the_last_is_always_written() -> None:
    assert thin_labels([0, 10, 30, 60, 68], [16, 16, 16, 16, 16], gap=4) == [0, 2, 4]


def test_no_labels_need_no_thinning() -> None:
    assert thin_labels([], [], gap=4) == []


def test_a_text_breaks_between_words() -> None:
    assert wrap("boats on a calm sea", 10, len, 5) == ["boats on a", "calm sea"]


def test_a_chinese_text_breaks_between_any_two_characters() -> None:
    assert wrap("清晨薄雾中的睡莲", 3, len, 5) == ["清晨薄", "雾中的", "睡莲"]


def test_a_word_longer_than_a_line_is_broken() -> None:
    assert wrap("a http://example.org/x", 8, len, 5) == ["a http:/", "/example", ".org/x"]


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    assert wrap("one two three four five six", 9, len, 2) == ["one two", "three…"]


def test_an_empty_text_has_no_lines() -> None:
    assert wrap("", 10, len, 3) == []


def test_characters_that_hide_or_reorder_text_become_spaces() -> None:
    assert plain_line("cat\u202egpj.exe\x00\n end") == "cat gpj.exe end"


def test_joiners_that_scripts_spell_with_are_kept() -> None:
    assert plain_line("می\u200cخواهم") == "می\u200cخواهم"
