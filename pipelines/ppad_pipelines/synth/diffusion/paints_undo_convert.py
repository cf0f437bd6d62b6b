"""From the published folder of paints-undo to one that the stock network reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ppad_pipelines.synth.diffusion import components
from ppad_pipelines.synth.diffusion.configs import PaintsUndoConfig
from ppad_pipelines.synth.diffusion.converted import Conversion, is_converted, kept_copy, write_record, write_whole
from ppad_pipelines.synth.diffusion.packages import diffusers
from ppad_pipelines.synth.diffusion.paints_undo_pipeline import CODE_CHANNELS, PaintsUndoPipeline
from ppad_pipelines.synth.diffusion.sampling import Betas, make_scheduler
from ppad_pipelines.synth.diffusion.weights import Source, State, digest_of, load_strict, locate, read_state, require

NAME = "paints-undo"
BETAS = Betas(0.00085, 0.020)


def convert(source: str, target: Path, config: PaintsUndoConfig) -> None:
    """Write the weights of a hub id or a published folder in the form that the engine loads.

    Raises:
        WeightsError: they cannot be had, or are not in the published layout.
        NotWritableError: the target exists, or cannot be written.
    """
    found = locate(source, config.revision, components.PATTERNS, components.NEEDED)
    files = require(found.folder, components.LAYOUT)
    write_whole(target, lambda folder: _convert(found, files, folder))


def converted(config: PaintsUndoConfig) -> Path:
    """The folder of converted weights that the settings name; published ones are converted once and kept.

    Raises:
        WeightsError: see `convert`.
    """
    found = locate(config.model, config.revision, components.PATTERNS, components.NEEDED)
    if is_converted(found.folder):
        return found.folder
    files = require(found.folder, components.LAYOUT)
    return kept_copy(NAME, published_digest(files), lambda folder: _convert(found, files, folder))


def published_digest(files: dict[str, Path]) -> str:
    """One SHA-256 over the published weight files."""
    return digest_of({name: files[name] for name in ("unet", "vae", "text_encoder")})


def _convert(source: Source, files: dict[str, Path], target: Path) -> None:
    state = stock_keys(read_state(files["unet"]))
    dtype = next(iter(state.values())).dtype
    with components.quietly():
        unet = stock_unet(components.load_json(files["unet/config.json"])).to(dtype)
    load_strict(unet, state, f"{files['unet'].parent.name}/{files['unet'].name}")
    pipeline = PaintsUndoPipeline(
        components.load_vae(source.folder, dtype),
        components.load_text_encoder(source.folder, dtype),
        components.load_tokenizer(source.folder),
        unet,
        make_scheduler("dpmsolver++", BETAS),
    )
    with components.quietly():
        pipeline.save_pretrained(target)
    write_record(target, Conversion(NAME, source.repo, source.revision, published_digest(files)))


def stock_keys(state: State) -> State:
    """The published keys, renamed to those of the stock network: the step's embedding is its class embedding."""
    return {
        key.replace("add_embedding.", "class_embedding.", 1) if key.startswith("add_embedding.") else key: value
        for key, value in state.items()
    }


def stock_unet(published_config: dict[str, Any]) -> Any:
    """The stock network of this shape, without weights.

    The published configuration is that of Stable Diffusion; the code that came with it changed the network afterwards. What
    differs goes in as keyword arguments, because `from_config` ignores changes of the dictionary's registered values.
    """
    return diffusers.UNet2DConditionModel.from_config(
        published_config,
        in_channels=8,
        class_embed_type="projection",
        projection_class_embeddings_input_dim=CODE_CHANNELS,
    )
