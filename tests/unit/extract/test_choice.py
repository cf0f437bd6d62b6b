"""Which frames are looked at and which are kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from fixtures.paintings import Pixels, grid_painting
from ppad_pipelines.extract.choice import Choice, choose_keyframes, frames_to_sample
from ppad_pipelines.extract.config import ExtractConfig

TIMES = np.arange(600) / 30


def choose(samples: Sequence[Pixels], **settings: object) -> Choice:
    def pick(positions: NDArray[np.int64]) -> list[Pixels]:
        return [samples[p] for p in positions]

    return choose_keyframes(samples, pick, ExtractConfig.load(**settings))


@pytest.mark.parametrize(
    ("settings", "ranks"),
    [
        ({}, list(range(600))),
        ({"every": 150}, [0, 150, 300, 450, 599]),
        ({"seconds": 5.0}, [0, 150, 300, 450, 599]),
        ({"every": 300, "occlusion": True}, [0, 7, 292, 300, 307, 591, 599]),
    ],
)
def test_frames_are_looked_at_as_the_settings_say(settings: dict[str, object], ranks: list[int]) -> None:
    """In the occlusion-robust mode with the frames shown a quarter of a second (7.5 frames) around each."""
    assert frames_to_sample(TIMES, ExtractConfig.load(**settings)).tolist() == ranks


def test_a_long_recording_is_looked_at_in_2000_places_and_at_its_end() -> None:
    ranks = frames_to_sample(np.arange(100_000) / 30, ExtractConfig())
    assert len(ranks) == 2001
    assert ranks[-1] == 99_999


def test_key_frames_are_positions_among_all_samples() -> None:
    samples = list(grid_painting(16))
    choice = choose(samples, min_frames=4, max_frames=16)
    assert choice.positions == choice.selection.positions
    assert (choice.positions[0], choice.positions[-1]) == (0, len(samples) - 1)
    assert choice.notes == []


def test_a_still_recording_is_noted_as_static() -> None:
    choice = choose([np.full((24, 32, 3), 200, dtype=np.uint8)] * 20)
    assert choice.notes == ["static: nothing visible changes"]
    assert choice.positions == [0, 19]


def test_fewer_states_than_wanted_are_noted() -> None:
    samples = [np.full((24, 32, 3), level, dtype=np.uint8) for level in (0, 0, 0, 90, 90, 90, 180, 180, 180)]
    choice = choose(samples)
    assert choice.positions == [0, 3, 8]
    assert choice.notes == ["only 3 states of the canvas differ visibly"]


def hand_painting(pause: int) -> tuple[list[Pixels], list[bool]]:
    """A painting with a hand over it while a cell is painted, and whether each sample is free of it."""
    samples, free = [], []
    previous: Pixels | None = None
    for number, frame in enumerate(grid_painting(12, frames_per_cell=4, pause=pause)):
        painting = previous is not None and not np.array_equal(previous, frame)
        previous = frame.copy()
        if painting:
            left = (number * 17) % 90
            frame[20:80, left : left + 30] = (150, 110, 90)
        samples.append(frame)
        free.append(not painting)
    return samples, free


def test_in_the_occlusion_robust_mode_no_key_frame_shows_the_hand() -> None:
    samples, free = hand_painting(pause=4)
    assert not all(free[p] for p in choose(samples).positions)
    robust = choose(samples, occlusion=True)
    assert len(robust.positions) >= 8
    assert all(free[p] for p in robust.positions)
    assert robust.notes == []


def test_a_hand_that_never_leaves_is_noted() -> None:
    samples, _ = hand_painting(pause=0)
    choice = choose(samples, occlusion=True)
    assert choice.notes[0] == "few moments without movement: the least moving frames were used"
    assert len(choice.positions) >= 2


def test_views_that_return_count_once_when_any_earlier_key_frame_is_compared() -> None:
    levels = [level for level in (0, 120, 0, 120, 0, 240) for _ in range(4)]
    samples = [np.full((24, 32, 3), level, dtype=np.uint8) for level in levels]
    assert len(choose(samples, min_frames=3, max_frames=20).positions) == 6
    assert len(choose(samples, min_frames=3, max_frames=20, compare="any").positions) == 3
