"""Histories: what is done when, and how much is undone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppad_pipelines.simulate.design import undoings_of
from ppad_pipelines.simulate.history import MOST_UNDONE, Jumps, Moment, Schedule, Undoing, moments
from tests.unit.simulate.recipes import STILL

WORK = np.array([0.3, 0.1, 0.1, 0.2, 0.15, 0.15])
PLAN = Schedule({}, WORK)


def undone(found: list[Moment]) -> float:
    """Work that is undone from frame to frame, in whole paintings."""
    return sum(float(WORK @ np.maximum(0, one.done - other.done)) for one, other in pairwise(found))


@given(
    severity=st.floats(0, 1),
    seed=st.integers(0, 10_000),
    frames=st.integers(8, 20),
    pace=st.floats(0.7, 1.4),
)
def test_as_much_work_is_undone_as_the_severity_says_and_the_painting_is_finished_all_the_same(
    severity: float, seed: int, frames: int, pace: float
) -> None:
    undoings = undoings_of(severity * MOST_UNDONE, np.random.default_rng(seed))
    found = moments(PLAN, frames, pace, undoings, STILL, seed)
    assert len(found) == frames
    assert undone(found) == pytest.approx(severity * MOST_UNDONE, abs=1e-9)
    assert (found[0].done == 0).all()
    assert (found[-1].done == 1).all()
    assert all(((moment.done >= -1e-9) & (moment.done <= 1)).all() for moment in found)


def test_without_undoing_every_step_leads_on() -> None:
    found = moments(PLAN, 10, 1.2, (), STILL, 0)
    assert all((other.done > one.done).all() for one, other in pairwise(found))


def test_a_local_undoing_wipes_out_few_bodies_and_the_others_wait() -> None:
    found = moments(PLAN, 12, 1.0, (Undoing(0.6, 0.2, is_local=True),), STILL, 3)
    before, after = next((one, other) for one, other in pairwise(found) if (other.done < one.done).any())
    wiped = after.done < before.done
    assert 0 < wiped.sum() < len(WORK)
    assert float(WORK @ (before.done - after.done)) == pytest.approx(0.2)
    assert (after.done[~wiped] == before.done[~wiped]).all()


def test_hue_manner_and_layout_change_at_frames_of_their_own_and_end_where_they_belong() -> None:
    jumps = Jumps(hue_total=100.0, hue_at_once=0.5, places=(0.5, 0.5, 0.5))
    found = moments(PLAN, 12, 1.0, (), jumps, 0)
    turns = [one.hue - other.hue for one, other in pairwise(found)]
    hue_at = int(np.argmax(turns))
    manner_at = sum(moment.is_early_manner for moment in found) - 1
    layout_at = sum(moment.is_early_layout for moment in found) - 1
    assert len({hue_at, manner_at, layout_at}) == 3
    assert turns[hue_at] == pytest.approx(50 + 50 / 11)
    assert sum(turns) == pytest.approx(100)
    assert (found[-1].hue, found[-1].is_early_manner, found[-1].is_early_layout) == (0.0, False, False)
