"""The engine `processpainter`: all key frames of a process at once, from a prompt, a finished painting, or a beginning."""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ppad.errors import SynthesisError, WeightsError
from ppad.media.images import Pixels, Size, resize
from ppad_pipelines.synth.diffusion import latents
from ppad_pipelines.synth.diffusion.components import quietly
from ppad_pipelines.synth.diffusion.configs import ProcessPainterConfig
from ppad_pipelines.synth.diffusion.converted import read_record
from ppad_pipelines.synth.diffusion.devices import Placement, choose_placement, memory_watched, place
from ppad_pipelines.synth.diffusion.facts import diffusion_facts
from ppad_pipelines.synth.diffusion.ip_adapter import image_prompts, load_ip_adapter, locate_ip_adapter
from ppad_pipelines.synth.diffusion.noise import initial_noise
from ppad_pipelines.synth.diffusion.packages import diffusers, torch
from ppad_pipelines.synth.diffusion.padding import Canvas, canvas_for, fit, restore
from ppad_pipelines.synth.diffusion.processpainter_convert import BETAS, NAME, converted
from ppad_pipelines.synth.diffusion.processpainter_pipeline import ProcessPainterPipeline
from ppad_pipelines.synth.diffusion.sampling import make_scheduler
from ppad_pipelines.synth.diffusion.texts import counted, cut_note
from ppad_pipelines.synth.diffusion.weights import Source
from ppad_pipelines.synth.engine import EngineConfig, EngineFacts, Licences, Progress, Request, Synthesis

LICENCES = Licences(code="MIT", weights="AGPL-3.0", base="creativeml-openrail-m")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be painted for one request.

    Attributes:
        canvas: how its frames lie in what the network works on.
        given: frames that lead, by their index among the frames that are made: 0 is the last of the painter's own, the last
            index is the finished painting.
    """

    request: Request
    canvas: Canvas
    given: dict[int, Pixels]

    @property
    def kind(self) -> tuple[Size, tuple[int, ...]]:
        """Requests of one kind go through the network together."""
        return self.canvas.padded, tuple(self.given)


@dataclass(frozen=True)
class ProcessPainter:
    """See `Engine`. The weights are read when the first process is painted."""

    config: ProcessPainterConfig
    folder: Path
    placement: Placement
    facts: EngineFacts
    ip_adapter: Source | None = None

    @functools.cached_property
    def pipeline(self) -> Any:
        """The pipeline for given pictures, on its device."""
        with quietly():
            pipeline = ProcessPainterPipeline.from_pretrained(self.folder, dtype=self.placement.dtypes)
        pipeline.scheduler = make_scheduler(self.config.scheduler, BETAS)
        if self.ip_adapter is not None:
            load_ip_adapter(pipeline, self.ip_adapter, self.config)
        place(pipeline, self.config, self.placement)
        return pipeline

    @functools.cached_property
    def text_pipeline(self) -> Any:
        """The pipeline for prompts alone, of the same parts."""
        parts = {name: self.pipeline.components[name] for name in ("vae", "text_encoder", "tokenizer", "unet", "scheduler")}
        with quietly():
            pipeline = diffusers.AnimateDiffPipeline(**parts, motion_adapter=None)
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    def paint(self, requests: Sequence[Request], progress: Progress) -> list[Synthesis]:
        """One process a request; see `Engine`.

        Raises:
            WeightsError: pictures are given, and the weights came without a reference network.
            SynthesisError: a request asks for nothing, or the model fails.
            OutOfMemoryError: the batch does not fit into memory.
        """
        with memory_watched(), quietly(), torch.no_grad():
            plans = [self._plan(request) for request in requests]
            numbers = sorted(range(len(plans)), key=lambda number: plans[number].kind)
            made: dict[int, Synthesis] = {}
            for _, group in itertools.groupby(numbers, key=lambda number: plans[number].kind):
                alike = list(group)
                part = functools.partial(_report, progress, len(made), len(alike), len(plans))
                made.update(zip(alike, self._paint_alike([plans[number] for number in alike], part), strict=True))
        return [made[number] for number in range(len(plans))]

    def _plan(self, request: Request) -> Plan:
        if request.prompt is None and request.image is None and not request.partial:
            raise SynthesisError(f"{request.id} asks for nothing.", "Give a prompt, a finished painting or first frames.")
        if self.ip_adapter is not None and request.image is None:
            raise SynthesisError(f"The IP-Adapter needs a finished painting, and {request.id} has none.", "Leave ip_adapter out.")
        given = {}
        if request.partial:
            given[0] = request.partial[-1]
        if request.image is not None:
            given[self.config.frames - 1] = request.image
        if given and self.pipeline.controlnet is None:
            raise WeightsError(
                f"The weights of style {self.config.style} have no reference network, which given pictures need.",
                f"Put ReferenceNet/{self.config.style}.ckpt beside the motion weights and convert them again.",
            )
        size = self.config.size
        blank = np.zeros((size, size, 3), np.uint8)
        model = next(reversed(given.values()), blank)
        multiple = latents.size_multiple(self.pipeline.vae, self.pipeline.unet)
        return Plan(request, canvas_for(model, size, multiple), given)

    def _paint_alike(self, plans: Sequence[Plan], progress: Progress) -> list[Synthesis]:
        size, indices = plans[0].kind
        settings: dict[str, Any] = {
            "prompt": [plan.request.prompt or "" for plan in plans],
            "negative_prompt": [self.config.negative_prompt] * len(plans),
            "num_frames": self.config.frames,
            "height": size.height,
            "width": size.width,
            "num_inference_steps": self.config.steps,
            "guidance_scale": self.config.guidance,
            "output_type": "latent",
            "callback_on_step_end": functools.partial(_step_done, progress, self.config.steps),
        }
        noise, no_image = self._noise(plans), None
        if self.ip_adapter is not None:
            image, no_image = image_prompts(self.pipeline, [plan.given[self.config.frames - 1] for plan in plans])
            settings["ip_adapter_image_embeds"] = [torch.cat([no_image, image]) if self.config.guidance > 1 else image]
        if indices:
            settings |= self._led_by(plans, noise, no_image)
        pipeline = self.pipeline if indices else self.text_pipeline
        made = pipeline(**settings, latents=noise.to(self.pipeline.unet.dtype)).frames
        return [self._synthesis(plan, frames) for plan, frames in zip(plans, made, strict=True)]

    def _noise(self, plans: Sequence[Plan]) -> Any:
        """(B, 4, F, h, w): each process's own."""
        vae, size = self.pipeline.vae, plans[0].canvas.padded
        factor = latents.scale_factor(vae)
        shape = (vae.config.latent_channels, self.config.frames, size.height // factor, size.width // factor)
        return torch.stack([initial_noise(plan.request.seed, shape) for plan in plans]).to(self.pipeline._execution_device)

    def _led_by(self, plans: Sequence[Plan], noise: Any, no_image: Any) -> dict[str, Any]:
        """Settings that lead by given frames; the noise of these frames becomes that of the given pictures (in place)."""
        indices = list(plans[0].given)
        device = self.pipeline._execution_device
        encoded = torch.stack(
            [
                latents.encode(self.pipeline.vae, [fit(picture, plan.canvas) for picture in plan.given.values()], device)
                for plan in plans
            ]
        )
        for place_, index in enumerate(indices):
            noise[:, :, index] = self.pipeline.invert(encoded[:, place_], self.config.steps, no_image)
        return {
            "conditioning_frames": encoded,
            "controlnet_frame_indices": indices,
            "controlnet_conditioning_scale": self.config.reference_scale,
        }

    def _synthesis(self, plan: Plan, made: Any) -> Synthesis:
        """Frames of (4, F, h, w) latents, after the painter's own."""
        frames = [restore(frame, plan.canvas) for frame in latents.decode(self.pipeline.vae, made.permute(1, 0, 2, 3))]
        kept = [resize(frame, plan.canvas.picture) for frame in plan.request.partial]
        if kept:
            frames = frames[1:]  # the first would repeat the last of the painter's own, which led it
        notes = [f"{counted(len(frames), 'frame')} by the model", *cut_note(self.pipeline.tokenizer, plan.request.prompt or "")]
        if kept:
            notes.insert(0, f"{counted(len(kept), 'frame')} by the painter, kept as given")
        total = len(kept) + len(frames)
        return Synthesis([*kept, *frames], [(number + 1) / total for number in range(total)], notes)


def load(config: EngineConfig) -> ProcessPainter:
    """The engine with its weights found, converted where they must be, and checked.

    Raises:
        WeightsError: the weights cannot be had or used.
        ConfigError: there is no such device here.
    """
    assert isinstance(config, ProcessPainterConfig)  # noqa: S101 - for the type checker: the registry pairs them
    placement = choose_placement(config)
    folder = converted(config)
    facts = diffusion_facts(LICENCES, read_record(folder, NAME), config, placement)
    if config.ip_adapter is None:
        return ProcessPainter(config, folder, placement, facts)
    adapter, digest = locate_ip_adapter(config)
    details = facts.details | {"ip_adapter": adapter.repo, "ip_adapter_revision": adapter.revision, "ip_adapter_sha256": digest}
    both = hashlib.sha256(f"{facts.model_sha256} {digest}".encode()).hexdigest()
    facts = replace(facts, model_sha256=both, details=details)
    return ProcessPainter(config, folder, placement, facts, adapter)


def _report(progress: Progress, before: int, alike: int, total: int, share: float) -> None:
    progress((before + share * alike) / total)


def _step_done(progress: Progress, steps: int, _pipeline: Any, step: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
    progress(min(1.0, (step + 1) / steps))
    return tensors
