"""The stock networks compute what the published ones compute."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from diffusers import MotionAdapter, UNet2DConditionModel, UNetMotionModel
from diffusers.models.embeddings import TimestepEmbedding, Timesteps

from ppad.errors import SynthesisError
from ppad_pipelines.synth.diffusion.latents import decode, encode, scale_factor, size_multiple
from ppad_pipelines.synth.diffusion.paints_undo_convert import stock_keys, stock_unet
from ppad_pipelines.synth.diffusion.paints_undo_pipeline import step_codes
from ppad_pipelines.synth.diffusion.processpainter_pipeline import image_layers_only

SHAPE = {
    "sample_size": 4, "block_out_channels": (8, 16), "layers_per_block": 1, "norm_num_groups": 2, "cross_attention_dim": 8,
    "attention_head_dim": 8, "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
}  # fmt: skip


def values(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def randomise(module: torch.nn.Module) -> None:
    with torch.no_grad():
        for number, value in enumerate(module.parameters()):
            value.copy_(0.2 * values(*value.shape, seed=number))


def test_the_class_embedding_of_the_stock_network_is_the_published_embedding_of_the_step() -> None:
    """Published: a U-Net with 8 input channels, and an MLP of the step's sinusoid that is added to the time's embedding."""
    published = UNet2DConditionModel(**SHAPE, in_channels=8)
    published.add_time_proj = Timesteps(256, True, 0)
    published.add_embedding = TimestepEmbedding(256, 32)
    randomise(published)
    steps = torch.tensor([999, 400])
    published.get_aug_embed = lambda emb, encoder_hidden_states, added_cond_kwargs: published.add_embedding(
        published.add_time_proj(steps).to(emb)
    )
    stock = stock_unet({**dict(published.config), "in_channels": 4})
    stock.load_state_dict(stock_keys(published.state_dict()))

    given, text = values(2, 8, 4, 4), values(2, 5, 8, seed=1)
    with torch.no_grad():
        expected = published(given, 500, encoder_hidden_states=text).sample
        found = stock(given, 500, encoder_hidden_states=text, class_labels=step_codes([999, 400])).sample
    assert torch.equal(found, expected)


def test_without_its_motion_modules_a_motion_network_is_the_one_that_it_was_made_from() -> None:
    image = UNet2DConditionModel(**SHAPE, in_channels=4)
    adapter = MotionAdapter(
        block_out_channels=(8, 16), motion_layers_per_block=1, motion_norm_num_groups=2, use_motion_mid_block=False
    )
    for module in (image, adapter):
        randomise(module)
    motion = UNetMotionModel.from_unet2d(image, adapter)
    given, text = values(2, 4, 4, 4), values(2, 5, 8, seed=1)
    with torch.no_grad():
        with image_layers_only(motion):
            bare = motion(given[:, :, None], 500, encoder_hidden_states=text).sample[:, :, 0]
        whole = motion(given[:, :, None], 500, encoder_hidden_states=text).sample[:, :, 0]
        expected = image(given, 500, encoder_hidden_states=text).sample
    assert torch.allclose(bare, expected, atol=1e-6)
    assert not torch.allclose(whole, expected, atol=1e-2)


def test_operation_steps_are_coded_as_256_cosines_and_sines() -> None:
    codes = step_codes([0, 999])
    assert codes.shape == (2, 256)
    assert codes[0].tolist() == [1.0] * 128 + [0.0] * 128


class Doubling:
    """An autoencoder whose latents are pixels, eight times smaller; with a scaling factor of 2."""

    dtype = torch.float32
    config = SimpleNamespace(scaling_factor=2.0, block_out_channels=(1, 1, 1, 1))

    def encode(self, pixels: torch.Tensor) -> SimpleNamespace:
        return SimpleNamespace(latent_dist=SimpleNamespace(mode=lambda: pixels[..., ::8, ::8]))

    def decode(self, latents: torch.Tensor) -> SimpleNamespace:
        return SimpleNamespace(sample=latents.repeat_interleave(8, -1).repeat_interleave(8, -2))


def test_pixels_go_into_latents_and_back() -> None:
    picture = torch.tensor([0, 100, 255], dtype=torch.uint8).expand(16, 24, 3).numpy()
    encoded = encode(Doubling(), [picture], "cpu")
    assert encoded.shape == (1, 3, 2, 3)
    assert encoded[0, :, 0, 0].tolist() == pytest.approx([-2.0, 2 * (100 / 127.5 - 1), 2.0])
    [decoded] = decode(Doubling(), encoded)
    assert (decoded == picture).all()


def test_both_sides_are_a_multiple_of_what_all_levels_halve() -> None:
    unet = SimpleNamespace(config=SimpleNamespace(block_out_channels=(320, 640, 1280, 1280)))
    assert (scale_factor(Doubling()), size_multiple(Doubling(), unet)) == (8, 64)


def test_a_model_that_gives_no_numbers_is_said_with_the_fix() -> None:
    with pytest.raises(SynthesisError, match=r"not-a-number\. Use dtype float32"):
        decode(Doubling(), torch.full((1, 3, 1, 1), torch.nan))
