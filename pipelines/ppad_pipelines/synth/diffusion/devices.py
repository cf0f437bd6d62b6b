"""Where the networks run and in which precision, and what happens when memory runs out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from ppad.errors import ConfigError, OutOfMemoryError
from ppad_pipelines.synth.diffusion.configs import DiffusionConfig
from ppad_pipelines.synth.diffusion.packages import torch

T = TypeVar("T")
R = TypeVar("R")

_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


@dataclass(frozen=True, slots=True)
class Placement:
    """Device and precision of the networks."""

    device: str
    dtype: Any

    @property
    def dtypes(self) -> dict[str, Any]:
        """By component. The autoencoder stays in float32: in half precision that of Stable Diffusion overflows."""
        return {"default": self.dtype, "vae": torch.float32}


def choose_placement(config: DiffusionConfig) -> Placement:
    """Device and precision that the settings ask for, on this machine.

    Raises:
        ConfigError: there is no such device here, or it has nothing to offload from.
    """
    device = config.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    elif device.startswith("cuda") and int(device.partition(":")[2] or 0) >= torch.cuda.device_count():
        raise ConfigError(f"There is no device {device} here.", "Use --device cpu, or auto to take the best there is.")
    elif device == "mps" and not torch.backends.mps.is_available():
        raise ConfigError("There is no device mps here.", "Use --device cpu, or auto to take the best there is.")
    if device == "cpu" and config.offload != "none":
        raise ConfigError("Offloading needs a device other than the CPU.", "Leave offload at none, or use --device cuda.")
    dtype = config.dtype if config.dtype != "auto" else "float16" if device.startswith("cuda") else "float32"
    return Placement(device, getattr(torch, dtype))


def place(pipeline: Any, config: DiffusionConfig, placement: Placement) -> None:
    """Put a pipeline's networks where the settings want them."""
    pipeline.set_progress_bar_config(disable=True)
    if config.offload == "model":
        pipeline.enable_model_cpu_offload(device=placement.device)
    elif config.offload == "sequential":
        pipeline.enable_sequential_cpu_offload(device=placement.device)
    else:
        pipeline.to(placement.device)
    if config.compile:
        pipeline.unet.compile()


@contextmanager
def memory_watched() -> Iterator[None]:
    """Where memory runs out, on whatever device, it is an `OutOfMemoryError`."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not isinstance(error, MemoryError) and not any(words in str(error).lower() for words in _OUT_OF_MEMORY):
            raise
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise OutOfMemoryError(
            "The memory of the device does not suffice.", "Use a smaller --size, offload model, or dtype float16."
        ) from error


def in_chunks(items: Sequence[T], size: int, work: Callable[[Sequence[T], int], list[R]]) -> list[R]:
    """The results of `work` on all items, `size` of them at once; where memory runs out, half as many from there on.

    Args:
        work: takes some of the items and how many were done before them.

    Raises:
        OutOfMemoryError: not even one item fits.
    """
    results: list[R] = []
    while len(results) < len(items):
        chunk = items[len(results) : len(results) + size]
        try:
            with memory_watched():
                results += work(chunk, len(results))
        except OutOfMemoryError:
            if len(chunk) == 1:
                raise
            size = len(chunk) // 2
    return results
