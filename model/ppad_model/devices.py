"""Where a model works."""

from __future__ import annotations

from ppad_model.packages import torch


def usual_device() -> str:
    """The GPU, where there is one that torch can use."""
    return "cuda" if torch.cuda.is_available() else "cpu"
