"""The rules of allocation, without a database."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppad_annotation.service.allocation import (
    Candidate,
    choose,
    extra_slots,
    first_in_order,
    is_ending,
    level,
    planned_kind,
    window_size,
)
from ppad_annotation.service.ids import seeded

LOADS = st.lists(st.integers(0, 40), min_size=1, max_size=12)


def test_ten_slots_poured_over_loads_of_3_0_and_1_reach_5() -> None:
    assert level([3, 0, 1], 10) == 5  # 5 + 5 + 5 = 3 + 0 + 1 + 11, and 4 would hold only 8


def test_nothing_left_to_pour_leaves_the_level_at_the_lowest_load() -> None:
    assert level([3, 2, 7], 0) == 2


@given(LOADS, st.integers(0, 200))
def test_the_level_is_the_lowest_at_which_everything_fits(loads: list[int], remaining: int) -> None:
    def room(height: int) -> int:
        return sum(max(0, height - load) for load in loads)

    height = level(loads, remaining)
    assert room(height) >= remaining
    assert remaining == 0 or room(height - 1) < remaining


@given(st.integers(1, 12), st.integers(0, 150), st.randoms(use_true_random=False))
def test_whoever_asks_when_final_loads_differ_by_at_most_1(raters: int, slots: int, chance: object) -> None:
    loads = [0] * raters
    left = slots
    while left:
        below = [rater for rater in range(raters) if loads[rater] < level(loads, left)]
        loads[chance.choice(below)] += 1  # type: ignore[attr-defined]
        left -= 1
    assert sum(loads) == slots
    assert max(loads) - min(loads) <= 1


@given(st.integers(2, 8), st.integers(0, 60), st.integers(1, 60), st.randoms(use_true_random=False))
def test_a_rater_who_joins_late_is_let_catch_up(raters: int, before: int, slots: int, chance: object) -> None:
    loads = [before] * raters + [0]
    left = slots
    while left:
        below = [rater for rater in range(raters + 1) if loads[rater] < level(loads, left)]
        loads[chance.choice(below)] += 1  # type: ignore[attr-defined]
        left -= 1
    assert loads[-1] >= min(before, slots)
    assert max(loads[:-1]) - min(loads[:-1]) <= 1


@given(st.integers(0, 2**31), st.text("ab", min_size=1, max_size=8), st.integers(0, 20))
def test_each_block_of_a_raters_sequence_holds_one_repeat(seed: int, rater: str, block: int) -> None:
    kinds = [planned_kind(seed, rater, position, repeats=0.05, gold=0) for position in range(20 * block, 20 * block + 20)]
    assert kinds.count("repeat") == 1
    assert kinds.count("main") == 19


@given(st.integers(0, 2**31))
def test_repeats_and_gold_items_come_in_their_shares(seed: int) -> None:
    kinds = [planned_kind(seed, "rater-x", position, repeats=0.04, gold=0.02) for position in range(5000)]
    assert kinds.count("repeat") == 200
    assert 80 <= kinds.count("gold") <= 100  # a repeat that falls on the same place comes first


def test_without_shares_every_item_is_of_the_plan() -> None:
    assert {planned_kind(0, "r", position, 0, 0) for position in range(500)} == {"main"}


def test_raters_see_the_calibration_block_in_different_orders() -> None:
    places = {f"item-{number}": 31 * number for number in range(12)}

    def order(rater: str) -> tuple[str, ...]:
        left, found = dict(places), []
        while left:
            found.append(first_in_order(left, 7, "calibration", rater))
            del left[found[-1]]
        return tuple(found)

    orders = [order(f"rater-{number}") for number in range(6)]
    assert len(set(orders)) == 6
    assert order("rater-0") == orders[0]


def test_an_item_is_preferred_where_help_is_scarcest() -> None:
    plenty = Candidate("plenty", 1, 0, open_slots=2, others=5)
    scarce = Candidate("scarce", 2, 0, open_slots=1, others=0)
    assert choose([plenty, scarce], 0, "rater-x") == scarce


def test_raters_choose_differently_among_equal_items() -> None:
    found = [Candidate(f"item-{number}", seeded(number), 0, 3) for number in range(window_size(15))]
    first = [choose(found, 3, f"rater-{number}").item_id for number in range(15)]
    assert len(set(first)) > 5  # of 15 items; random picks would give 9.7 on average
    assert choose(found, 3, "rater-0").item_id == first[0]


def test_extra_ratings_go_where_the_standard_error_is_highest() -> None:
    errors = {"sure": 0.2, "unsure": 0.6, "split": 0.9}
    counts = dict.fromkeys(errors, 3)
    assert extra_slots(errors, counts, budget=3, most=6) == {"split": 3}  # 0.9, 0.78, 0.70: each time the highest


def test_extra_ratings_stop_at_the_target_at_the_most_an_item_may_have_and_at_the_budget() -> None:
    errors, counts = {"a": 0.9, "b": 0.5}, {"a": 3, "b": 3}
    assert extra_slots(errors, counts, budget=100, most=5) == {"a": 2, "b": 2}
    assert extra_slots(errors, counts, budget=100, most=50, target=0.45) == {"a": 9, "b": 1}  # .9 √(3/12) = .45
    assert extra_slots(errors, counts, budget=0, most=5) == {}


@given(
    st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.tuples(st.floats(0.01, 3), st.integers(1, 6)), min_size=1),
    st.integers(0, 40),
    st.integers(1, 8),
)
def test_extra_ratings_never_exceed_the_budget_or_an_items_most(
    items: dict[str, tuple[float, int]], budget: int, most: int
) -> None:
    counts = {name: count for name, (_, count) in items.items()}
    found = extra_slots({name: error for name, (error, _) in items.items()}, counts, budget, most)
    assert sum(found.values()) <= budget
    assert all(counts[name] + extra <= most and extra > 0 for name, extra in found.items())
    room = sum(max(0, most - count) for count in counts.values())
    assert sum(found.values()) == min(budget, room)


@pytest.mark.parametrize(("raters", "size"), [(1, 8), (8, 8), (100, 100)])
def test_the_window_grows_with_the_panel(raters: int, size: int) -> None:
    assert window_size(raters) == size


def test_who_can_still_take_what_matters_for_the_last_slots_only() -> None:
    assert is_ending(32, raters=3) and not is_ending(33, raters=3)
    assert is_ending(400, raters=100) and not is_ending(401, raters=100)


def test_final_errors_are_level_where_the_budget_allows() -> None:
    errors, counts = {"a": 0.9, "b": 0.6, "c": 0.3}, {"a": 3, "b": 3, "c": 3}
    given_ = extra_slots(errors, counts, budget=60, most=100)
    final = [errors[name] * (3 / (3 + given_.get(name, 0))) ** 0.5 for name in errors]
    assert max(abs(one - other) for one, other in itertools.combinations(final, 2)) < 0.03
