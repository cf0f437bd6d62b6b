"""Where a model works, and in how many threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ppad_model.packages import torch

FEW_PARAMETERS = 1_000_000


def usual_device() -> str:
    """The GPU, where there is one that torch can use."""
    return "cuda" if torch.cuda.is_available() else "cpu"


@contextmanager
def fitting_threads(device: torch.device, parameters: int) -> Iterator[None]:
    """On the CPU, a small network works in one thread: several would mostly wait for each other, above all on a busy machine."""
    before = torch.get_num_threads()
    if device.type == "cpu" and parameters < FEW_PARAMETERS:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
