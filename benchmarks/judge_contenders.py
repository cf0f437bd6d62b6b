"""The models that `benchmarks/judge.py` times, each in a process of its own, and the matrix product that bounds them all."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.common import Contender, Run, peak_mb
from benchmarks.judge_flops import expert_products, pass_flops, step_flops
from ppad_model import PPJudge, build_model
from ppad_model.assessor import Assessor
from ppad_model.ppjudge.experts import RoutedExperts, SharedExperts
from ppad_model.ppjudge.presets import preset
from ppad_model.ppjudge.routing import Router

FRAMES = 10
Work = Callable[[], Any]


@dataclass(frozen=True)
class Setting:
    """Where and how a round is run.

    Attributes:
        device: cpu or cuda.
        dtype: float32 or bfloat16.
        threads: of the CPU.
        repeats: timed calls of a round, after two that are not.
    """

    device: str
    dtype: str
    threads: int
    repeats: int


@dataclass(frozen=True)
class Timing:
    """One round of one contender: medians over its calls.

    Attributes:
        wall_s: seconds that passed.
        cpu_s: seconds of all cores; on a busy machine, the steadier number.
        gflop: that a call cannot do without, 10⁹.
        peak_mb: most memory held, megabytes: of the process, or of the GPU's allocator.
    """

    wall_s: float
    cpu_s: float
    gflop: float
    peak_mb: float


def product(setting: Setting) -> Run:
    """A large matrix product: what the machine can do at best."""
    one, two = (torch.rand(2816, 2816, device=setting.device, dtype=getattr(torch, setting.dtype)) for _ in range(2))
    return timed(lambda: one @ two, 2 * 2816**3 / 1e9, setting)


def whole_pass(name: str, setting: Setting) -> Run:
    """All frames of a process at once."""
    model, frames, picture = _ready(name, setting)
    if isinstance(model, PPJudge):
        gflop = pass_flops(model.config, FRAMES, model.config.tokens) / 1e9
        return timed(_graph(lambda: model(frames, picture), setting), gflop, setting)
    return timed(_graph(lambda: model(frames), setting), _counted(lambda: model(frames)), setting)


def one_more(name: str, setting: Setting) -> Run:
    """The tenth frame after nine that were seen. A model that averages frames only embeds it."""
    model, frames, picture = _ready(name, setting)
    if not isinstance(model, PPJudge):
        return timed(_graph(lambda: model(frames[:, -1:]), setting), _counted(lambda: model(frames[:, -1:])), setting)
    state = model.start(picture)
    for t in range(FRAMES - 1):
        state, _ = model.step(state, frames[:, t])
    before = state
    model.step(before, frames[:, -1])  # so that the buffer has room for it

    def again() -> Any:
        for memory in before.memories:
            memory.buffer.filled = memory.used  # forget the last call, or the step would copy what it branches from
        return model.step(before, frames[:, -1])

    return timed(_graph(again, setting), step_flops(model.config, FRAMES, model.config.tokens) / 1e9, setting)


def expert_layer(kind: str, tokens: int, setting: Setting) -> Run:
    """The experts of one block on so many tokens: `by_expert`, `by_gates`, or a dense layer of the same operations."""
    config, dtype = preset("paper"), getattr(torch, setting.dtype)
    x = torch.randn(tokens, config.hidden, device=setting.device, dtype=dtype)
    products = expert_products(config)

    def placed(module: Any) -> Any:
        for parameter in module.parameters():
            torch.nn.init.normal_(parameter, std=0.02)
        return module.to(setting.device, dtype).eval()

    if kind == "dense":
        dense = placed(SharedExperts(config.hidden, round(products / 2 / config.hidden), 1))
        return timed(lambda: dense(x), 2 * tokens * products / 1e9, setting)
    shared = placed(SharedExperts(config.hidden, config.shared_experts, config.rank))
    router = placed(Router(config.hidden, len(config.depths), config.top_k, config.gate, 0))
    routed = placed(RoutedExperts(config.hidden, config.depths, config.rank))
    way = getattr(routed, kind)
    return timed(lambda: shared(x) + way(x, router(x)), 2 * tokens * products / 1e9, setting)


def contender(title: str, open_run: Callable[..., Run], *arguments: Any) -> Contender:
    """A contender of `benchmarks.common`."""
    return Contender(title, open_run, arguments, limit_s=1200)


def timed(work: Work, gflop: float, setting: Setting) -> Run:
    """A run that calls the work and returns a `Timing`."""

    def run() -> Timing:
        torch.set_num_threads(setting.threads)
        walls, cpus = [], []
        with torch.inference_mode():
            for turn in range(setting.repeats + 2):
                wall, cpu = time.perf_counter(), time.process_time()
                work()
                if setting.device == "cuda":
                    torch.cuda.synchronize()
                if turn >= 2:
                    walls.append(time.perf_counter() - wall)
                    cpus.append(time.process_time() - cpu)
        return Timing(median(walls), median(cpus), gflop, _peak_mb(setting))

    return run


def _ready(name: str, setting: Setting) -> tuple[Assessor, torch.Tensor, torch.Tensor]:
    torch.set_num_threads(setting.threads)
    torch.manual_seed(0)
    model = build_model(name).eval().to(setting.device, getattr(torch, setting.dtype))
    size = model.config.image_size
    frames, picture = torch.rand(1, FRAMES, 3, size, size), torch.rand(1, 3, size, size)
    return model, frames.to(setting.device), picture.to(setting.device)


def _graph(work: Work, setting: Setting) -> Work:
    """On CUDA, the work captured as a graph: one launch a call. Nowhere tried but where a GPU was at hand."""
    if setting.device != "cuda":
        return work
    with torch.inference_mode():
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                work()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            work()
    return graph.replay


def _counted(work: Work) -> float:
    """Operations of one call, 10⁹, counted as PyTorch runs it; fused layers, which the counter does not see into, are off."""
    torch.backends.mha.set_fastpath_enabled(False)
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH), torch.inference_mode():
        work()
    torch.backends.mha.set_fastpath_enabled(True)
    return counter.get_total_flops() / 1e9


def _peak_mb(setting: Setting) -> float:
    if setting.device == "cuda":
        return torch.cuda.max_memory_allocated() / 1e6
    return peak_mb()
