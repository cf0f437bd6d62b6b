"""Between pixels and the latent space of a Stable Diffusion autoencoder.

Notation: B pictures, H × W pixels, h × w latents (an eighth of them), 4 channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ppad.errors import NotFiniteError
from ppad.media.images import Pixels
from ppad_pipelines.synth.diffusion.packages import torch


def encode(vae: Any, pictures: Sequence[Pixels], device: Any) -> Any:
    """(B, 4, h, w): scaled latents of pictures of one size: the mode of the posterior, so that nothing is drawn.

    One picture at a time: the rounding of a convolution may depend on the batch.
    """
    encoded = []
    for picture in pictures:
        pixels = torch.from_numpy(np.ascontiguousarray(picture)).to(device, vae.dtype) / 127.5 - 1
        encoded.append(vae.encode(pixels.permute(2, 0, 1)[None]).latent_dist.mode())
    return torch.cat(encoded) * vae.config.scaling_factor


def decode(vae: Any, latents: Any) -> list[Pixels]:
    """(H, W, 3) uint8 each, from (B, 4, h, w) scaled latents; one at a time, which also bounds the memory.

    Raises:
        NotFiniteError: the network gave numbers that are none.
    """
    frames = []
    for latent in latents:
        decoded = vae.decode(latent[None].to(vae.dtype) / vae.config.scaling_factor).sample[0]
        if not torch.isfinite(decoded).all():
            raise NotFiniteError("The model gave no picture but not-a-number.", "Use dtype float32, or another scheduler.")
        pixels = (decoded.permute(1, 2, 0).float() * 127.5 + 127.5).round().clamp(0, 255)
        frames.append(pixels.to(torch.uint8).cpu().numpy())
    return frames


def scale_factor(vae: Any) -> int:
    """Pixels a latent, along one side."""
    return int(2 ** (len(vae.config.block_out_channels) - 1))


def size_multiple(vae: Any, unet: Any) -> int:
    """What both sides of a picture must be a multiple of, so that every level of both networks halves evenly."""
    return max(8, scale_factor(vae) * int(2 ** (len(unet.config.block_out_channels) - 1)))
