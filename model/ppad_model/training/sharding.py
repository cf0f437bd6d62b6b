"""Weights shared out over the ranks by PyTorch's FSDP2, and put together again for what is kept.

Between two passes each rank holds a part of every weight, cut along its first dimension (a `DTensor`), and the gradient and the
optimizer's state of that part. While a pass runs, the weights of one unit after the other are gathered and freed. All that
happens on all ranks together: each has to take as many passes as the others, through the same units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torch.distributed import ReduceOp, all_reduce
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard, register_fsdp_forward_method
from torch.distributed.tensor import DTensor, distribute_tensor

from ppad_model.packages import Tensor, nn, torch
from ppad_model.trainable import Trainable
from ppad_model.training.devices import Accelerator

PASSES = ("step_losses", "examine")
"""What a trainer calls of a model; each gathers weights as `forward` would."""


def shard(model: Trainable, units: Iterable[nn.Module], accelerator: Accelerator) -> None:
    """Leave each rank its part of every weight, on its device, in place. All ranks have to hold the same weights before.

    Args:
        units: parts of the model whose weights are gathered one unit at a time; all others are gathered for a whole pass.
    """
    mesh = init_device_mesh(accelerator.device.type, (accelerator.num_processes,))
    for unit in (*units, model):
        # Also the root, which FSDP would leave gathered: after a validation nothing would cut it again.
        fully_shard(unit, mesh=mesh, reshard_after_forward=True)
    for name in PASSES:
        register_fsdp_forward_method(model, name)


def is_sharded(model: nn.Module) -> bool:
    """Whether each rank holds a part of its weights only."""
    return isinstance(model, FSDPModule)


def full(value: Any) -> Any:
    """A tensor that is sharded, in full, on all ranks together; anything else as it is."""
    return value.detach().full_tensor() if isinstance(value, DTensor) else value


def whole(state: Mapping[str, Any]) -> dict[str, Any]:
    """Nested states as one process has them; what is sharded is gathered on all ranks together, and comes to the CPU."""

    def gathered(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: gathered(one) for key, one in value.items()}
        return full(value).cpu() if isinstance(value, DTensor) else value

    return {key: gathered(value) for key, value in state.items()}


def cut(value: Any, like: Tensor) -> Any:
    """This rank's part of what all ranks have in full, where `like` is sharded and of the same shape; else the value itself."""
    if not isinstance(like, DTensor) or not isinstance(value, Tensor) or value.shape != like.shape:
        return value
    return distribute_tensor(value.to(like.device), like.device_mesh, like.placements, src_data_rank=None)


def on_any_rank(flag: bool, model: nn.Module, device: torch.device) -> bool:
    """The flag; of a sharded model, whether it is up on any rank, so that all go the same way."""
    if not is_sharded(model):
        return flag
    flags = torch.tensor(float(flag), device=device)
    all_reduce(flags, ReduceOp.MAX)
    return bool(flags)
