"""The samplers one may choose from, set up for the noise schedule that a model was trained with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ppad_pipelines.synth.diffusion.configs import SchedulerName
from ppad_pipelines.synth.diffusion.packages import diffusers


@dataclass(frozen=True, slots=True)
class Betas:
    """A linear noise schedule of 1,000 steps."""

    start: float
    end: float


_CLASSES: dict[SchedulerName, tuple[str, dict[str, Any]]] = {
    "dpmsolver++": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True, "final_sigmas_type": "zero"}),
    "ddim": ("DDIMScheduler", {"clip_sample": False, "steps_offset": 1}),
    "euler": ("EulerDiscreteScheduler", {"steps_offset": 1}),
    "unipc": ("UniPCMultistepScheduler", {"steps_offset": 1, "final_sigmas_type": "zero"}),
}


def make_scheduler(name: SchedulerName, betas: Betas) -> Any:
    """A sampler over a noise schedule. None of them draws noise of its own."""
    class_name, extras = _CLASSES[name]
    return getattr(diffusers, class_name)(beta_start=betas.start, beta_end=betas.end, beta_schedule="linear", **extras)
