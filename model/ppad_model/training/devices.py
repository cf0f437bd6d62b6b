"""The machine that a training runs on: Accelerate, by its one door."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from typing import Any

from ppad.errors import MissingExtraError
from ppad_model.data import Share
from ppad_model.packages import torch

try:
    from accelerate import Accelerator
    from accelerate.utils import DistributedDataParallelKwargs, gather_object
except ImportError as error:
    raise MissingExtraError.of((error.name or "accelerate").partition(".")[0], "model") from error

__all__ = [
    "Accelerator",
    "Machine",
    "gather_object",
    "gpu_name",
    "is_first_rank",
    "make_accelerator",
    "share_of",
]


@dataclass(frozen=True, slots=True)
class Machine:
    """What a training may use. It changes no weight beyond rounding.

    Attributes:
        threads: that decode pictures.
        memory_bytes: for decoded pictures, each rank.
        micro_batch: processes that a device works on at once; a larger batch is gathered in several.
        checkpoint_s: seconds between checkpoints at least.
        cpu: leave GPUs alone.
    """

    threads: int = 1
    memory_bytes: int = 4 << 30
    micro_batch: int = 16
    checkpoint_s: float = 60.0
    cpu: bool = False


def is_first_rank() -> bool:
    """Whether this process is the one that speaks and writes; before and after Accelerate knows."""
    return os.environ.get("RANK", "0") == "0"


def gpu_name(machine: Machine) -> str | None:
    """The GPU that will be used; None for the CPU."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() and not machine.cpu else None


def make_accelerator(machine: Machine, precision: str) -> Accelerator:
    """The device, alone or as one rank of those that `torchrun` started."""
    # A batch of pictures leaves the projection of prompts without a gradient.
    handlers: list[Any] = [DistributedDataParallelKwargs(find_unused_parameters=True)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Accelerator(cpu=machine.cpu, mixed_precision=precision, kwargs_handlers=handlers)


def share_of(accelerator: Accelerator) -> Share:
    """Which rank this is."""
    return Share(int(accelerator.process_index), int(accelerator.num_processes))
