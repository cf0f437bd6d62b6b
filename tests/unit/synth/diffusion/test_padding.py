"""Pictures of any size on a canvas that networks can work on."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ppad_pipelines.synth.diffusion.padding import canvas_for, fit, restore


def test_a_large_picture_is_fitted_and_padded_to_multiples() -> None:
    canvas = canvas_for(np.zeros((1000, 700, 3), np.uint8), 640, 64)
    assert (canvas.picture, canvas.inner, canvas.padded) == ((448, 640), (448, 640), (448, 640))
    odd = canvas_for(np.zeros((1000, 730, 3), np.uint8), 640, 64)
    assert (odd.picture, odd.padded) == ((467, 640), (512, 640))


def test_a_small_picture_is_enlarged_for_the_network_and_comes_back_at_its_own_size() -> None:
    canvas = canvas_for(np.zeros((50, 37, 3), np.uint8), 640, 64)
    assert (canvas.picture, canvas.inner, canvas.padded) == ((37, 50), (474, 640), (512, 640))


def test_the_margin_repeats_the_edge() -> None:
    picture = np.zeros((64, 60, 3), np.uint8)
    picture[:, -1] = 200
    fitted = fit(picture, canvas_for(picture, 64, 64))
    assert fitted.shape == (64, 64, 3)
    assert (fitted[:, 59:] == 200).all()


@given(st.integers(1, 300), st.integers(1, 300), st.integers(32, 256), st.sampled_from([8, 16, 64]))
def test_any_size_goes_in_as_multiples_and_comes_back_as_it_was_or_fitted(height: int, width: int, size: int, of: int) -> None:
    picture = np.full((height, width, 3), 120, np.uint8)
    canvas = canvas_for(picture, size, of)
    fitted = fit(picture, canvas)
    assert fitted.shape[0] % of == fitted.shape[1] % of == 0
    back = restore(fitted, canvas)
    assert max(back.shape[:2]) == min(size, max(height, width))
    assert (back == 120).all()
