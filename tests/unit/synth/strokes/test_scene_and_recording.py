"""Motifs drawn from words, and recordings of a painting with everything known about each frame."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ppad_pipelines.synth.strokes.media import MANNERS
from ppad_pipelines.synth.strokes.recording import Take, record
from ppad_pipelines.synth.strokes.scene import draw_scene

PROMPTS = ("a boat on the sea at sunset", "a portrait of a woman", "still life with apples", "mountains", "Ein Haus", "山水")


@pytest.mark.parametrize("prompt", PROMPTS)
def test_any_words_give_a_picture(prompt: str) -> None:
    scene = draw_scene(prompt, 96, 72, seed=0)
    assert scene.shape == (72, 96, 3)
    assert scene.dtype == np.float32
    assert 0.0 <= scene.min() < scene.max() <= 1.0
    assert scene.std() > 0.05


def test_the_same_words_and_seed_give_the_same_picture() -> None:
    assert np.array_equal(draw_scene("A tree!", 64, 48, 5), draw_scene("a  TREE", 64, 48, 5))
    assert not np.array_equal(draw_scene("a tree", 64, 48, 5), draw_scene("a tree", 64, 48, 6))


def test_night_is_darker_than_day() -> None:
    assert draw_scene("a house at night", 96, 72, 1).mean() < 0.6 * draw_scene("a house at noon", 96, 72, 1).mean()


def test_the_sea_is_bluer_than_the_desert() -> None:
    sea, desert = (draw_scene(words, 96, 72, 2)[50:].mean(axis=(0, 1)) for words in ("the sea", "the desert"))
    assert sea[2] - sea[0] > 0.1 > desert[2] - desert[0]


def shots(**take: object) -> list:  # type: ignore[type-arg]
    return list(record(draw_scene("a tree", 96, 72, 0), MANNERS["oil"], 0, Take(seconds=2.0, pause_s=0.3, **take)))  # type: ignore[arg-type]


def test_a_recording_grows_stroke_by_stroke_and_pauses_between_rounds() -> None:
    taken = shots()
    done = [shot.strokes_done for shot in taken]
    assert done[0] == 0
    assert done == sorted(done)
    phases = list(dict.fromkeys(shot.phase for shot in taken))
    assert phases[:3] == ["ground", "sketch", "underpainting"]
    pauses = sum(np.array_equal(a.pixels, b.pixels) for a, b in itertools.pairwise(taken))
    assert pauses >= 9 * (len(phases) - 1)


def test_the_hand_is_in_the_picture_only_while_it_paints() -> None:
    plain, with_hand = shots(), shots(hand=True)
    assert [shot.strokes_done for shot in plain] == [shot.strokes_done for shot in with_hand]
    covered = [not np.array_equal(a.pixels, b.pixels) for a, b in zip(plain, with_hand, strict=True)]
    assert covered == [shot.has_hand for shot in with_hand]
    assert 0.3 < np.mean(covered) < 0.95


def test_a_drifting_camera_moves_by_a_pixel_or_so() -> None:
    plain, drifting = shots()[20], shots(drift=True)[20]
    difference = np.abs(plain.pixels.astype(int) - drifting.pixels.astype(int))
    assert 0 < difference.mean() < 12
