"""Chance: each process draws from a generator of its own, so that neither batch nor shard nor device changes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ppad_pipelines.synth.diffusion.packages import torch


def initial_noise(seed: int, shape: Sequence[int]) -> Any:
    """Standard normal noise of one process, float32, drawn on the CPU: the same on every device."""
    generator = torch.Generator("cpu").manual_seed(seed % 2**63)
    return torch.randn(tuple(shape), generator=generator, dtype=torch.float32)
