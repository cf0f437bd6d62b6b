"""IP-Adapter: the finished painting as a second prompt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from ppad.errors import WeightsError
from ppad.media.images import Pixels, Size, resize
from ppad_pipelines.synth.diffusion.components import quietly
from ppad_pipelines.synth.diffusion.configs import ProcessPainterConfig
from ppad_pipelines.synth.diffusion.packages import SafetensorError, torch
from ppad_pipelines.synth.diffusion.weights import Source, digest_of, first_line, locate, require

_MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
_DEVIATION = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)
"""Of CLIP's training pictures, by channel."""


def locate_ip_adapter(config: ProcessPainterConfig) -> tuple[Source, str]:
    """The folder of the IP-Adapter, and one SHA-256 over its weight files.

    Raises:
        WeightsError: it cannot be had, or files are missing.
    """
    assert config.ip_adapter is not None  # noqa: S101 - asked for only where there is one
    encoder = (PurePosixPath(config.ip_adapter_file).parent / "image_encoder").as_posix()
    wanted = {
        "ip_adapter": (config.ip_adapter_file,),
        "config": (f"{encoder}/config.json",),
        "image_encoder": (f"{encoder}/model.safetensors", f"{encoder}/pytorch_model.bin"),
    }
    names = [place for places in wanted.values() for place in places]
    source = locate(config.ip_adapter, None, names, [places[0] for places in wanted.values()])
    files = require(source.folder, wanted)
    return source, digest_of({name: files[name] for name in ("ip_adapter", "image_encoder")})


def load_ip_adapter(pipeline: Any, folder: Source, config: ProcessPainterConfig) -> None:
    """Add an IP-Adapter to a pipeline.

    Raises:
        WeightsError: it does not fit the model.
    """
    file = PurePosixPath(config.ip_adapter_file)
    try:
        with quietly():
            pipeline.load_ip_adapter(folder.folder, subfolder=file.parent.as_posix(), weight_name=file.name)
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise WeightsError(
            f"The IP-Adapter {file} cannot be used: {first_line(error)}", "Use one that was made for Stable Diffusion 1.5."
        ) from error
    pipeline.set_ip_adapter_scale(config.ip_adapter_scale)


def image_prompts(pipeline: Any, paintings: Sequence[Pixels]) -> tuple[Any, Any]:
    """Embeddings of finished paintings, and as many of no painting, which is the empty prompt's counterpart: (B, 1, …) each.

    CLIP sees the whole painting, squashed into a square; its margin would be cut off otherwise.
    """
    side = pipeline.image_encoder.config.image_size
    device = pipeline._execution_device
    projection = pipeline.unet.encoder_hid_proj.image_projection_layers[0]
    inner = type(projection).__name__ != "ImageProjection"  # "plus" adapters read the last layer but one
    pairs = [pipeline.encode_image(_clip_pixels(painting, side), device, 1, inner) for painting in paintings]
    dtype = pipeline.unet.dtype
    return torch.stack([given for given, _ in pairs]).to(dtype), torch.stack([nothing for _, nothing in pairs]).to(dtype)


def _clip_pixels(painting: Pixels, side: int) -> Any:
    squashed = resize(painting, Size(side, side)).astype(np.float32) / 255
    return torch.from_numpy((squashed - _MEAN) / _DEVIATION).permute(2, 0, 1)[None]
