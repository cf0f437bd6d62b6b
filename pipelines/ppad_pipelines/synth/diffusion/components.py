"""The parts of a Stable Diffusion folder, each loaded with every key accounted for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ppad.errors import WeightsError
from ppad.schema import json_value
from ppad_pipelines.synth.diffusion.packages import SafetensorError, diffusers, transformers
from ppad_pipelines.synth.diffusion.weights import first_line, key_problems

UNET_WEIGHTS = ("unet/diffusion_pytorch_model.safetensors", "unet/diffusion_pytorch_model.bin")
VAE_WEIGHTS = ("vae/diffusion_pytorch_model.safetensors", "vae/diffusion_pytorch_model.bin")
TEXT_WEIGHTS = ("text_encoder/model.safetensors", "text_encoder/pytorch_model.bin")

LAYOUT: dict[str, tuple[str, ...]] = {
    "unet/config.json": ("unet/config.json",),
    "unet": UNET_WEIGHTS,
    "vae/config.json": ("vae/config.json",),
    "vae": VAE_WEIGHTS,
    "text_encoder/config.json": ("text_encoder/config.json",),
    "text_encoder": TEXT_WEIGHTS,
    "tokenizer": ("tokenizer/vocab.json",),
    "merges": ("tokenizer/merges.txt",),
}
"""What a folder must hold, and under which names."""

NEEDED = tuple(places[0] for places in LAYOUT.values())
PATTERNS = ("unet/config.json", "vae/config.json", "text_encoder/config.json", "tokenizer/*", "scheduler/*", "model_index.json",
            *UNET_WEIGHTS, *VAE_WEIGHTS, *TEXT_WEIGHTS)  # fmt: skip


def load_vae(folder: Path, dtype: Any) -> Any:
    """The autoencoder of a folder."""
    return _load_strictly(diffusers.AutoencoderKL, folder, "vae", dtype=dtype)


def load_unet(folder: Path, dtype: Any) -> Any:
    """The 2D denoising network of a folder."""
    return _load_strictly(diffusers.UNet2DConditionModel, folder, "unet", dtype=dtype)


def load_text_encoder(folder: Path, dtype: Any) -> Any:
    """The CLIP text encoder of a folder."""
    return _load_strictly(transformers.CLIPTextModel, folder, "text_encoder", dtype=dtype)


def load_tokenizer(folder: Path) -> Any:
    """The CLIP tokenizer of a folder."""
    with _problems_named("tokenizer"):
        return transformers.CLIPTokenizer.from_pretrained(folder, subfolder="tokenizer")


def load_json(path: Path) -> dict[str, Any]:
    """A configuration file.

    Raises:
        WeightsError: it is no JSON object.
    """
    try:
        values = json_value(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path.parent.name}/{path.name} is not JSON: {error}.", "Download it again.") from error
    if not isinstance(values, dict):
        raise WeightsError(f"{path.parent.name}/{path.name} is not a configuration.", "Download it again.")
    return values


def _load_strictly(cls: Any, folder: Path, part: str, **dtype: Any) -> Any:
    with _problems_named(part), quietly():
        module, info = cls.from_pretrained(folder, subfolder=part, output_loading_info=True, **dtype)
    problems = key_problems(list(info["missing_keys"]), list(info["unexpected_keys"]), [str(k) for k in info["mismatched_keys"]])
    if problems:
        raise WeightsError(f"{part} does not fit: {problems}.", "Check that the file is of this model and whole.")
    return module.eval()


@contextlib.contextmanager
def _problems_named(part: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError) as error:
        raise WeightsError(
            f"{part} cannot be loaded: {first_line(error)}", "Check that its files are those published, and whole."
        ) from error


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Without the libraries' own progress bars and reports: problems are raised, and the run has its own progress."""
    logs = [library.utils.logging for library in (diffusers, transformers)]
    before = [(log, log.get_verbosity(), log.is_progress_bar_enabled()) for log in logs]
    for log in logs:
        log.set_verbosity_error()
        log.disable_progress_bar()
    try:
        yield
    finally:
        for log, verbosity, bars in before:
            log.set_verbosity(verbosity)
            if bars:
                log.enable_progress_bar()
