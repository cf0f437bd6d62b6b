"""Which frames are looked at and which are kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from fixtures.paintings import Pixels, grid_painting
from ppad.keyframes.choice import Choice, choose_keyframes, frames_to_sample
from ppad.keyframes.config import ExtractConfig

TIMES = np.arange(600) / 30


def choose(samples: Sequence[Pixels], **settings: object) -> Choice:
    """The choice among samples that were taken at 20 frames a second."""
    config = ExtractConfig.load(**settings)
    looks = frames_to_sample(np.arange(len(samples)) / 20, config)

    def as_sequence(ranks: NDArray[np.int64]) -> list[Pixels]:
        return [samples[rank] for rank in ranks]

    return choose_keyframes(dict(enumerate(samples)), as_sequence, looks.triples, config)


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
    assert frames_to_sample(TIMES, ExtractConfig.load(**settings)).ranks.tolist() == ranks


@pytest.mark.parametrize("occlusion", [False, True])
def test_a_long_recording_is_looked_at_in_2000_places_and_at_its_end(occlusion: bool) -> None:
    looks = frames_to_sample(np.arange(100_000) / 30, ExtractConfig(occlusion=occlusion))
    assert 1995 <= len(looks.ranks) <= 2001
    assert looks.ranks[-1] == 99_999


def test_key_frames_are_ranks_among_all_samples() -> None:
    samples = list(grid_painting(16))
    choice = choose(samples, min_frames=4, max_frames=16)
    assert choice.ranks == choice.selection.positions
    assert (choice.ranks[0], choice.ranks[-1]) == (0, len(samples) - 1)
    assert choice.notes == []


def test_a_still_recording_is_noted_as_static() -> None:
    choice = choose([np.full((24, 32, 3), 200, dtype=np.uint8)] * 20)
    assert choice.notes == ["static: nothing visible changes"]
    assert choice.ranks == [0, 19]


def test_fewer_states_than_wanted_are_noted() -> None:
    samples = [np.full((24, 32, 3), level, dtype=np.uint8) for level in (0, 0, 0, 90, 90, 90, 180, 180, 180)]
    choice = choose(samples)
    assert choice.ranks == [0, 3, 8]
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
    samples, free = hand_painting(pause=14)  # 0.7 s: a quarter of a second before and after is free of the hand as well
    assert not all(free[p] for p in choose(samples).ranks)
    robust = choose(samples, occlusion=True)
    assert len(robust.ranks) >= 8
    assert all(free[p] for p in robust.ranks)
    assert robust.notes == []


def test_whether_a_moment_is_calm_does_not_depend_on_how_often_is_looked() -> None:
    """A slow hand moves little from one frame to the next, and much in a quarter of a second."""
    canvas = np.full((60, 80, 3), 230, dtype=np.uint8)
    samples = []
    for number in range(200):
        sample = canvas.copy()
        sample[10:50, number // 4 : number // 4 + 20] = (150, 110, 90)
        samples.append(sample)
    choice = choose(samples, occlusion=True)
    assert choice.notes[0] == "few moments without movement: the least moving frames were used"


def test_a_last_frame_under_the_hand_is_noted() -> None:
    samples, _ = hand_painting(pause=14)
    covered = samples[-1].copy()
    covered[20:80, 40:70] = (150, 110, 90)
    choice = choose([*samples, covered], occlusion=True)
    assert choice.ranks[-1] < len(samples)
    assert choice.notes == ["something moves over the last frame: the last calm moment ends the process"]


def test_too_few_looks_are_not_taken_for_too_few_states() -> None:
    samples = list(grid_painting(16))
    assert choose(samples, every=40).notes == []
    looks = choose(samples[::40])
    assert looks.notes == [f"only {len(samples[::40])} frames were looked at"]


def test_a_hand_that_never_leaves_is_noted() -> None:
    samples, _ = hand_painting(pause=0)
    choice = choose(samples, occlusion=True)
    assert choice.notes[0] == "few moments without movement: the least moving frames were used"
    assert len(choice.ranks) >= 2


def test_views_that_return_count_once_when_any_earlier_key_frame_is_compared() -> None:
    levels = [level for level in (0, 120, 0, 120, 0, 240) for _ in range(4)]
    samples = [np.full((24, 32, 3), level, dtype=np.uint8) for level in levels]
    assert len(choose(samples, min_frames=3, max_frames=20).ranks) == 6
    assert len(choose(samples, min_frames=3, max_frames=20, compare="any").ranks) == 3
