"""Chance of a process: its own."""

from __future__ import annotations

import torch

from ppad_pipelines.synth.diffusion.noise import initial_noise


def test_the_same_seed_gives_the_same_noise_whatever_was_drawn_before() -> None:
    first = initial_noise(7, (4, 2, 2))
    initial_noise(8, (4, 9, 9))
    torch.manual_seed(0)
    assert torch.equal(initial_noise(7, (4, 2, 2)), first)


def test_another_seed_gives_other_noise() -> None:
    assert not torch.equal(initial_noise(7, (4, 2, 2)), initial_noise(8, (4, 2, 2)))


def test_drawing_noise_leaves_the_global_random_state_alone() -> None:
    before = torch.get_rng_state()
    initial_noise(7, (4, 2, 2))
    assert torch.equal(torch.get_rng_state(), before)
