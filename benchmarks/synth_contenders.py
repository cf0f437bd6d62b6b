"""What `benchmarks.synth` compares. Each opener imports and loads what it needs and returns the run that is timed."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.common import Run
from ppad.stages import Job, Progress, WorkerProcesses

MOTIFS = ("a boat on the sea at sunset", "a house by a forest", "a town at night", "still life with apples")
"""Painted again and again, from other seeds."""
PROMPTS = ("a boat", "a house", "a town", "apples")
"""Short enough for the random text encoder's 16 tokens."""


@dataclass(frozen=True)
class PaintOnly:
    """The work of a stage that stores nothing: one process of the stroke engine."""

    medium: str
    size: int

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        return {"strokes": _paint(self.medium, self.size, job.payload)}


def open_strokes(medium: str, size: int, count: int) -> Run:
    """Processes of the stroke engine, one after another, on one core; gives their number of strokes."""
    import cv2

    cv2.setNumThreads(1)
    _paint(medium, 32, 0)  # tiles of grain and bristles are made once
    return lambda: sum(_paint(medium, size, seed) for seed in range(count))


def open_strokes_at_once(medium: str, size: int, count: int, workers: int) -> Run:
    """The same in worker processes, their start included."""
    jobs = [Job(str(seed), str(seed), seed) for seed in range(count)]

    def run() -> int:
        results = WorkerProcesses(workers).run(PaintOnly(medium, size), iter(jobs), lambda _id, _share: None)
        return sum(result.summary["strokes"] for result in results if result.summary)

    return run


@dataclass(frozen=True)
class Weights:
    """Random weights in the published layouts, and how they are run.

    Attributes:
        folder: where they are.
        device: cpu or cuda.
        steps: denoising steps.
        size: of the square pictures, pixels.
        items: processes that are made.
    """

    folder: Path
    device: str
    steps: int
    size: int
    items: int


def write_weights(folder: Path, width: int) -> None:
    """Write random weights whose networks have `width` channels in their first level and twice as many in the second."""
    tiny = _tiny_checkpoints()
    tiny.CHANNELS, tiny.TEXT_CHANNELS = (width, 2 * width), max(8, width)
    if not (folder / "base").exists():
        tiny.write_paints_undo(folder / "undo")
        tiny.write_stable_diffusion(folder / "base")
        tiny.write_processpainter(folder / "painter")


def open_engine(name: str, weights: Weights, at_once: int) -> Run:
    """PPAD's engine: all items, `at_once` of its units together; gives frames and the peak of device memory."""
    from ppad_pipelines.synth.engine import Request

    engine = _engine(name, weights, at_once)
    image = _picture(weights.size) if name == "paints-undo" else None
    requests = [Request(str(n), PROMPTS[n % len(PROMPTS)], image, (), n) for n in range(weights.items)]
    batch = weights.items if name == "paints-undo" else at_once  # paints-undo batches states, whatever the requests
    batches = [requests[n : n + batch] for n in range(0, len(requests), batch)]

    def run() -> Mapping[str, float]:
        made = [synthesis for some in batches for synthesis in engine.paint(some, lambda _share: None)]
        kept = 1 if name == "paints-undo" else 0  # its last frame is the given painting
        return {"frames": sum(len(one.frames) - kept for one in made), "device_mb": _device_mb(weights.device)}

    return run


def open_plain_pipeline(weights: Weights) -> Run:
    """diffusers' own AnimateDiffPipeline with the same weights, scheduler and steps: one call an item."""
    import torch

    ours: Any = _engine("processpainter", weights, 1)
    from diffusers import AnimateDiffPipeline

    parts = ours.text_pipeline.components
    pipeline = AnimateDiffPipeline(**{**parts, "motion_adapter": None})
    pipeline.set_progress_bar_config(disable=True)

    def run() -> Mapping[str, float]:
        frames = 0
        for number in range(weights.items):
            made = pipeline(
                prompt=PROMPTS[number % len(PROMPTS)], negative_prompt=ours.config.negative_prompt, num_frames=ours.config.frames,
                height=weights.size, width=weights.size, num_inference_steps=weights.steps, guidance_scale=ours.config.guidance,
                generator=torch.Generator("cpu").manual_seed(number), output_type="np",
            )  # fmt: skip
            frames += made.frames[0].shape[0]
        return {"frames": frames, "device_mb": _device_mb(weights.device)}

    return run


def _engine(name: str, weights: Weights, at_once: int) -> Any:
    """A loaded engine, its networks on the device."""
    import os

    import torch

    if weights.device == "cpu":
        torch.set_num_threads(1)  # small networks only wait for each other on several
    os.environ |= {"PPAD_CACHE": str(weights.folder / "cache"), "HF_HUB_OFFLINE": "1"}
    from ppad_pipelines.synth.diffusion import paints_undo, processpainter
    from ppad_pipelines.synth.diffusion.configs import PaintsUndoConfig, ProcessPainterConfig

    common: dict[str, Any] = {"steps": weights.steps, "size": weights.size, "device": weights.device}
    if name == "paints-undo":
        config = PaintsUndoConfig(model=str(weights.folder / "undo"), at_once=at_once, operation_steps=8, **common)
        engine: Any = paints_undo.load(config)
    else:
        model, base = str(weights.folder / "painter"), str(weights.folder / "base")
        engine = processpainter.load(ProcessPainterConfig(model=model, base=base, **common))
    _ = engine.pipeline
    return engine


def _paint(medium: str, size: int, seed: int) -> int:
    from ppad_pipelines.synth.strokes.media import MANNERS
    from ppad_pipelines.synth.strokes.process import paint_process
    from ppad_pipelines.synth.strokes.scene import draw_scene

    picture = draw_scene(MOTIFS[seed % len(MOTIFS)], size, size, seed)
    manner = next(manner for name, manner in MANNERS.items() if name == medium)
    return len(paint_process(picture, manner, seed, 12).strokes)


def _picture(size: int) -> Any:
    import numpy as np

    return np.random.default_rng(0).integers(0, 256, (size, size, 3), dtype=np.uint8)


def _device_mb(device: str) -> float:
    import torch

    return torch.cuda.max_memory_allocated() / 1e6 if device.startswith("cuda") else 0.0


def _tiny_checkpoints() -> Any:
    """The tests' writer of checkpoints in the published layouts."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from fixtures import tiny_checkpoints

    return tiny_checkpoints


def default_folder(width: int) -> Path:
    """Where random weights of a width are kept between runs."""
    return Path(tempfile.gettempdir()) / f"ppad-random-weights-{width}"
