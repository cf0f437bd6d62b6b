"""What a diffusion engine says of itself, for the provenance of its processes."""

from __future__ import annotations

from ppad_pipelines.synth.diffusion.configs import DiffusionConfig
from ppad_pipelines.synth.diffusion.converted import Conversion
from ppad_pipelines.synth.diffusion.devices import Placement
from ppad_pipelines.synth.diffusion.packages import diffusers, torch, transformers
from ppad_pipelines.synth.engine import EngineFacts, Licences

VERSION = 1
"""Counts up when the same settings and weights give other processes."""


def diffusion_facts(licences: Licences, conversion: Conversion, config: DiffusionConfig, placement: Placement) -> EngineFacts:
    """The facts of an engine: its weights from their conversion, and what it runs on."""
    return EngineFacts(
        name=f"{conversion.engine} {VERSION}",
        licences=licences,
        model_repo=conversion.repo,
        model_revision=conversion.revision,
        model_sha256=conversion.sha256,
        details={
            **conversion.details,
            "scheduler": config.scheduler,
            "device": placement.device,
            "dtype": str(placement.dtype).removeprefix("torch."),
            "torch": torch.__version__,
            "diffusers": diffusers.__version__,
            "transformers": transformers.__version__,
        },
    )
