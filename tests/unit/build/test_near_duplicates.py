"""Thumbnails that are nearly the same."""

from __future__ import annotations

import numpy as np
import pytest

from ppad_pipelines.build import near_duplicates as module
from ppad_pipelines.build.near_duplicates import near_duplicates


def test_a_difference_of_three_levels_everywhere_is_near_and_of_four_is_not() -> None:
    thumbnails = [bytes([level]) * 768 for level in (100, 103, 107)]
    assert list(near_duplicates(thumbnails)) == [(0, 1)]


def test_the_darkest_and_the_lightest_pictures_are_compared_exactly() -> None:
    white, nearly = np.full(768, 255, np.uint8), np.full(768, 255, np.uint8)
    nearly[:48] = 243  # 48 · 12² = 6912 = 3² · 768, the limit itself
    beyond = nearly.copy()
    beyond[48] = 254
    assert list(near_duplicates([white.tobytes(), nearly.tobytes()])) == [(0, 1)]
    assert list(near_duplicates([white.tobytes(), beyond.tobytes()])) == []


def test_blocks_find_the_same_pairs_as_comparing_each_with_each(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(-4, 5, (36, 768)) * rng.integers(0, 2, (36, 1))  # every second picture or so is noisy
    pixels = rng.integers(0, 256, (12, 768)).repeat(3, axis=0) + noise
    pixels = rng.permutation(pixels.clip(0, 255)).astype(np.uint8)
    rms = np.sqrt(np.square(pixels[:, None].astype(float) - pixels[None]).mean(axis=2))
    expected = {(one, other) for one, other in np.argwhere(rms <= 3) if one < other}
    monkeypatch.setattr(module, "_BLOCK", 5)
    assert 0 < len(expected) < 36
    assert set(near_duplicates([row.tobytes() for row in pixels])) == expected


def test_no_thumbnails_have_no_pairs() -> None:
    assert list(near_duplicates([])) == []
