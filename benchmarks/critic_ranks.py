"""What a rank of a critic's training holds, and how fast it steps: whole on each rank (DDP), and in parts (FSDP2).

    torchrun --nproc-per-node 2 -m benchmarks.critic_ranks [--size tiny|small|2b] [--device cpu|cuda] [--dtype float32|bfloat16]

Weights are random. What is held between two steps is counted; the peak is CUDA's, and a CPU has none. There, ranks are processes
that share the cores: their speed says nothing of GPUs.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.common import machine_facts, print_table
from benchmarks.critic import TEXT, Setting, make_base, make_critic, settle, works


def held_mb(tensors: list[Any]) -> float:
    """Megabytes of this rank's parts."""
    from torch.distributed.tensor import DTensor

    local = [tensor.to_local() if isinstance(tensor, DTensor) else tensor for tensor in tensors]
    return sum(tensor.numel() * tensor.element_size() for tensor in local) / 1e6


def stepping(setting: Setting, base: Path, accelerator: Any, fsdp: bool) -> dict[str, float]:
    """Take optimizer steps on all ranks; what this one holds, and works a second of all."""
    import torch

    from ppad_model.training.config import PhaseConfig
    from ppad_model.training.sharding import shard
    from ppad_model.training.step import Learner, learn, make_optimizer

    accelerator.free_memory()
    critic, gather = make_critic(setting, base, dropout=0.0)
    if fsdp:
        shard(critic, critic.units(), accelerator)
    learner = Learner(critic.train()) if fsdp else accelerator.prepare_model(Learner(critic.train()))
    optimizer = make_optimizer(critic, PhaseConfig(epochs=1, learning_rate=1e-4))
    batch, size = gather(works(setting), 0), setting.batch * accelerator.num_processes
    best = float("inf")
    if setting.device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    for _ in range(1 + setting.rounds):
        settle(setting)
        began = time.perf_counter()
        learn(learner, [batch], size, optimizer, 1.0, accelerator)
        settle(setting)
        best = min(best, time.perf_counter() - began)
    weights = list(critic.parameters())
    moments = [value for state in optimizer.state.values() for value in state.values()]
    gradients = [weight for weight in weights if weight.requires_grad]  # of their sizes, while a step lasts
    peak = torch.cuda.max_memory_allocated() / 1e6 if setting.device == "cuda" else float("nan")
    return {"weights": held_mb(weights), "learning": held_mb([*moments, *gradients]), "peak": peak, "per_second": size / best}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", choices=tuple(TEXT), default="tiny")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    setting = Setting(**vars(parser.parse_args()))
    import torch

    from ppad_model.training.devices import Machine, gather_object, make_accelerator

    if setting.device == "cpu":
        torch.set_num_threads(1)
    accelerator = make_accelerator(Machine(cpu=setting.device == "cpu"), "no")
    rows = []
    with tempfile.TemporaryDirectory() as own:
        base = Path(gather_object([own])[0]) / "base"  # transformers writes on the first rank alone
        if accelerator.is_main_process:
            make_base(base)
        accelerator.wait_for_everyone()
        for name, fsdp in (("whole (DDP)", False), ("in parts (FSDP2)", True)):
            for rank, one in enumerate(gather_object([stepping(setting, base, accelerator, fsdp)])):
                peak = f"{one['peak']:,.0f}" if setting.device == "cuda" else "–"
                held = (f"{one['weights']:,.2f}", f"{one['learning']:,.2f}", peak)
                rows.append((name, str(rank), *held, f"{one['per_second']:.1f}"))
    if accelerator.is_main_process:
        print(machine_facts(("torch", "transformers", "peft", "accelerate")))
        heads = ("", "rank", "weights MB", "gradient and optimizer MB", "peak MB", "works a second, all ranks")
        print_table(f"{accelerator.num_processes} ranks, {setting.size}, {setting.device}, {setting.dtype}", heads, rows)


if __name__ == "__main__":
    main()
