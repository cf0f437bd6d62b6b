"""From the published checkpoints of ProcessPainter and its base model to one folder that diffusers reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppad_pipelines.synth.diffusion import components
from ppad_pipelines.synth.diffusion.configs import ProcessPainterConfig
from ppad_pipelines.synth.diffusion.converted import Conversion, is_converted, kept_copy, write_record, write_whole
from ppad_pipelines.synth.diffusion.motion import POSITIONS, diffusers_keys, merged_image_lora, merged_lora, unwrapped
from ppad_pipelines.synth.diffusion.packages import diffusers, torch
from ppad_pipelines.synth.diffusion.processpainter_pipeline import ProcessPainterPipeline
from ppad_pipelines.synth.diffusion.sampling import Betas, make_scheduler
from ppad_pipelines.synth.diffusion.weights import (
    Source,
    digest_of,
    first_existing,
    load_strict,
    locate,
    read_state,
    require,
)

NAME = "processpainter"
BETAS = Betas(0.00085, 0.012)
ADAPTER = ("DreamBooth_LoRA/v3_sd15_adapter.ckpt", "**/v3_sd15_adapter.ckpt", "**/v3_sd15_adapter.safetensors")
PATTERNS = ("*Motion_with_LoRA/*", "*ReferenceNet/*", "*v3_sd15_adapter*")
BASE_PATTERNS = (*components.PATTERNS, "scheduler/scheduler_config.json")
MOTION_LENGTH = 24
"""Length of the published position code of the motion modules."""
REFERENCE_LENGTH = 32
"""Length of that of the reference network, where the file does not say it."""
HEADS = 8
"""Attention heads of every published motion module."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that a conversion reads.

    Attributes:
        source, base: where the motion weights and the base model come from.
        files: of the base model, see `components.LAYOUT`, and `motion`; `reference` and `adapter` where there are any.
        style: which of the published styles.
    """

    source: Source
    base: Source
    files: Mapping[str, Path]
    style: str

    @property
    def digest(self) -> str:
        """One SHA-256 over all weight files."""
        names = ("unet", "vae", "text_encoder", "motion", "reference", "adapter")
        return digest_of({name: self.files[name] for name in names if name in self.files})


def convert(source: str, target: Path, config: ProcessPainterConfig) -> None:
    """Write the weights of a hub id or a published folder, and of the base model, in the form that the engine loads.

    Raises:
        WeightsError: they cannot be had, or are not in the published layout.
        NotWritableError: the target exists, or cannot be written.
    """
    found = _locate(source, config)
    parts = find_parts(found, config)
    write_whole(target, lambda folder: _convert(parts, folder))


def converted(config: ProcessPainterConfig) -> Path:
    """The folder of converted weights that the settings name; published ones are converted once and kept.

    Raises:
        WeightsError: see `convert`.
    """
    found = _locate(config.model, config)
    if is_converted(found.folder):
        return found.folder
    parts = find_parts(found, config)
    return kept_copy(NAME, parts.digest, lambda folder: _convert(parts, folder))


def find_parts(source: Source, config: ProcessPainterConfig) -> Parts:
    """The files of a style and of its base model.

    Raises:
        WeightsError: some are missing; names all of them.
    """
    base = locate(config.base, config.base_revision, BASE_PATTERNS, components.NEEDED)
    motion = require(source.folder, {"motion": _places("Motion_with_LoRA", config.style)})
    scheduler = ("scheduler/scheduler_config.json",)
    files = {**require(base.folder, {**components.LAYOUT, "scheduler": scheduler}), **motion}
    for name, places in (("reference", _places("ReferenceNet", config.style)), ("adapter", ADAPTER)):
        path = first_existing(source.folder, places)
        if path is not None:
            files[name] = path
    return Parts(source, base, files, config.style)


def _locate(model: str, config: ProcessPainterConfig) -> Source:
    needed = (f"Motion_with_LoRA/{config.style}.ckpt", f"ReferenceNet/{config.style}.ckpt (for given pictures)")
    return locate(model, config.revision, PATTERNS, needed)


def _places(folder: str, style: str) -> tuple[str, ...]:
    return (f"{folder}/{style}.ckpt", f"**/{folder}/{style}.ckpt", f"**/{folder}/{style}.safetensors")


def _convert(parts: Parts, target: Path) -> None:
    with components.quietly(), torch.no_grad():
        pipeline = _pipeline(parts)
        pipeline.save_pretrained(target)
    details = {
        "base_repo": parts.base.repo,
        "base_revision": parts.base.revision,
        "style": parts.style,
        "reference_network": "reference" in parts.files,
        "domain_adapter": "adapter" in parts.files,
    }
    write_record(target, Conversion(NAME, parts.source.repo, parts.source.revision, parts.digest, details))


def _pipeline(parts: Parts) -> Any:
    folder, files = parts.base.folder, parts.files
    image_unet = components.load_unet(folder, None)
    if "adapter" in files:
        lora = unwrapped(read_state(files["adapter"]), "state_dict")
        image_unet.load_state_dict(merged_image_lora(image_unet.state_dict(), lora))
    return ProcessPainterPipeline(
        vae=components.load_vae(folder, None),
        text_encoder=components.load_text_encoder(folder, None),
        tokenizer=components.load_tokenizer(folder),
        unet=diffusers.UNetMotionModel.from_unet2d(image_unet, _motion_adapter(files["motion"], image_unet)),
        scheduler=make_scheduler("ddim", BETAS),
        controlnet=_reference_network(files["reference"], image_unet) if "reference" in files else None,
        inverse_scheduler=diffusers.DDIMInverseScheduler.from_config(components.load_json(files["scheduler"])),
    )


def _motion_adapter(file: Path, unet: Any) -> Any:
    shape = unet.config
    adapter = diffusers.MotionAdapter(
        block_out_channels=tuple(shape.block_out_channels),
        motion_layers_per_block=shape.layers_per_block,
        motion_num_attention_heads=HEADS,
        motion_norm_num_groups=shape.norm_num_groups,
        motion_max_seq_length=MOTION_LENGTH,
        use_motion_mid_block=False,
    )
    state = diffusers_keys(merged_lora(unwrapped(read_state(file), "state_dict")))
    load_strict(adapter, state, f"{file.parent.name}/{file.name}", formulas=[POSITIONS])
    return adapter


def _reference_network(file: Path, unet: Any) -> Any:
    shape = unet.config
    published = unwrapped(read_state(file), "controlnet")
    positions = [value.shape[1] for key, value in published.items() if key.endswith("pos_encoder.pe")]
    network = diffusers.SparseControlNetModel(
        in_channels=shape.in_channels,
        conditioning_channels=4,
        block_out_channels=tuple(shape.block_out_channels),
        down_block_types=tuple(
            "CrossAttnDownBlockMotion" if "CrossAttn" in kind else "DownBlockMotion" for kind in shape.down_block_types
        ),
        layers_per_block=shape.layers_per_block,
        norm_num_groups=shape.norm_num_groups,
        norm_eps=shape.norm_eps,
        cross_attention_dim=shape.cross_attention_dim,
        attention_head_dim=shape.attention_head_dim,
        use_linear_projection=shape.use_linear_projection,
        motion_num_attention_heads=HEADS,
        motion_max_seq_length=positions[0] if positions else REFERENCE_LENGTH,
    )
    load_strict(network, diffusers_keys(published), f"{file.parent.name}/{file.name}", formulas=[POSITIONS])
    return network
