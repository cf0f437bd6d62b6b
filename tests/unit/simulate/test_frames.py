"""What the frames of a simulated process show, fault by fault."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ppad.media.images import Pixels
from ppad_pipelines.simulate.colors import oklab_from_srgb
from ppad_pipelines.simulate.history import Jumps, Undoing
from ppad_pipelines.simulate.recipe import GROUNDS, simulate
from tests.unit.simulate.recipes import recipe

HUE = Jumps(hue_total=140.0, hue_at_once=1.0, places=(0.5, 0.5, 0.5))
RAMP = Jumps(hue_total=140.0, hue_at_once=0.0, places=(0.5, 0.5, 0.5))


def steps(frames: list[Pixels]) -> list[float]:
    """Mean absolute difference of each frame to the one before, of 255."""
    return [float(np.abs(one.astype(int) - other.astype(int)).mean()) for one, other in pairwise(frames)]


def hue_turns(frames: list[Pixels]) -> list[float]:
    """Degrees by which the colours of each frame are turned against the one before."""
    planes = [oklab_from_srgb(frame.astype(np.float32) / 255) for frame in frames]
    colors = [plane[..., 1] + 1j * plane[..., 2] for plane in planes]
    return [abs(float(np.degrees(np.angle(np.sum(other * np.conj(one)))))) for one, other in pairwise(colors)]


def edges(frame: Pixels) -> float:
    """Mean difference of neighbouring pixels."""
    return float(np.abs(np.diff(frame.astype(int), axis=1)).mean())


def test_a_process_begins_with_the_empty_ground_and_ends_finished() -> None:
    made = simulate(recipe())
    ground = np.round(np.array(GROUNDS["cream"]) * 255)
    assert len(made.frames) == 10
    assert made.frames[0].shape == made.reference.shape == (48, 64, 3)
    assert (made.frames[0] == ground).all()
    near = np.abs(made.frames[-1].astype(int) - made.reference.astype(int)).mean()
    far = np.abs(made.frames[0].astype(int) - made.reference.astype(int)).mean()
    assert near < 0.45 * far


@pytest.mark.parametrize(
    "fault",
    [
        {"manner": 1.0},
        {"jumps": HUE},
        {"jumps": RAMP},
        {"layout": 1.0},
        {"layout": 1.0, "mirror": True},
        {"undoings": (Undoing(0.6, 0.5, is_local=True), Undoing(0.8, 0.6, is_local=False))},
        {"order": (0, 1, 5, 4, 3, 2, 6, 8, 7, 9)},
    ],
    ids=["manner", "hue at once", "hue evenly", "layout", "mirror", "undone", "order"],
)
def test_a_fault_of_the_history_leaves_no_trace_in_the_last_frame(fault: dict[str, object]) -> None:
    plain, faulty = simulate(recipe()), simulate(recipe(**fault))
    assert (plain.frames[-1] == faulty.frames[-1]).all()
    assert (plain.reference == faulty.reference).all()
    assert any((one != other).any() for one, other in zip(plain.frames, faulty.frames, strict=True))


def test_the_same_change_of_hue_comes_in_one_step_or_evenly() -> None:
    at_once, evenly = hue_turns(simulate(recipe(jumps=HUE)).frames[2:]), hue_turns(simulate(recipe(jumps=RAMP)).frames[2:])
    assert max(at_once) == pytest.approx(140, abs=25)
    assert sorted(at_once)[-2] < 20
    assert max(evenly) < 35


def test_a_change_of_manner_or_layout_is_one_large_step_midway() -> None:
    plain = steps(simulate(recipe()).frames)
    for fault in ({"manner": 1.0}, {"layout": 1.0}, {"layout": 1.0, "mirror": True}):
        faulty = steps(simulate(recipe(**fault)).frames)
        largest = int(np.argmax([one - other for one, other in zip(faulty, plain, strict=True)]))
        assert 2 <= largest <= 7
        assert faulty[largest] > 2 * plain[largest]


def test_half_a_severity_of_manner_or_layout_changes_less_than_a_whole_one() -> None:
    for name in ("manner", "layout"):
        at_half, at_full = (max(steps(simulate(recipe(**{name: share})).frames)[3:]) for share in (0.3, 1.0))
        assert at_half < at_full


def test_undone_work_takes_the_picture_away_from_its_end() -> None:
    frames = simulate(recipe(undoings=(Undoing(0.7, 0.6, is_local=False),))).frames
    to_end = [float(np.abs(frame.astype(int) - frames[-1].astype(int)).mean()) for frame in frames]
    back = [number for number, (one, other) in enumerate(pairwise(to_end)) if other > one + 5]
    assert len(back) == 1
    plain = simulate(recipe()).frames
    distance = [float(np.abs(frame.astype(int) - plain[-1].astype(int)).mean()) for frame in plain]
    assert all(other <= one + 0.5 for one, other in pairwise(distance))


def test_details_add_edges_and_colours_add_colours_to_the_last_frame() -> None:
    flat, rich = (simulate(recipe(size=96, details=share)).frames[-1] for share in (0.0, 1.0))
    assert edges(flat) < 0.8 * edges(rich)
    few, many = (simulate(recipe(size=96, colors=share, details=0.0)).frames[-1] for share in (0.0, 1.0))
    counts = [len(np.unique(frame.reshape(-1, 3) // 12, axis=0)) for frame in (few, many)]
    assert counts[0] < 0.5 * counts[1]


def test_the_reference_is_worked_out_in_full_whatever_the_painting_makes_of_it() -> None:
    rich, poor = simulate(recipe()), simulate(recipe(details=0.0, colors=0.0, kept=0))
    assert (rich.reference == poor.reference).all()
