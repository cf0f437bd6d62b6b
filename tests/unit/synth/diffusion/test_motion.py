"""Published motion weights under diffusers' names."""

from __future__ import annotations

import pytest
import torch
from diffusers.loaders.single_file_utils import convert_animatediff_checkpoint_to_diffusers
from peft import LoraConfig, inject_adapter_in_model

from fixtures.tiny_checkpoints import motion_state, reference_state
from ppad.errors import WeightsError
from ppad_pipelines.synth.diffusion.motion import diffusers_keys, merged_image_lora, merged_lora, unwrapped

LAYER = "down_blocks.0.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks.0.to_q"


def test_lora_is_added_scaled_by_alpha_over_rank() -> None:
    state = {
        f"{LAYER}.base_layer.weight": torch.tensor([[1.0, 0.0], [0.0, 1.0]]),
        f"{LAYER}.base_layer.bias": torch.tensor([3.0, 4.0]),
        f"{LAYER}.lora_A.default.weight": torch.tensor([[1.0, 2.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]),
        f"{LAYER}.lora_B.default.weight": torch.tensor([[1.0, 0, 0, 0], [10.0, 0, 0, 0]]),
    }
    merged = merged_lora(state)
    assert merged.keys() == {f"{LAYER}.weight", f"{LAYER}.bias"}
    assert merged[f"{LAYER}.weight"].flatten().tolist() == pytest.approx([1.15, 0.3, 1.5, 4.0])  # 0.6 / 4 = 0.15
    assert merged[f"{LAYER}.bias"].tolist() == [3, 4]


def test_the_merged_layer_computes_what_peft_computes() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(6, 5))
    inject_adapter_in_model(LoraConfig(r=4, lora_alpha=0.6, target_modules=["0"], init_lora_weights=False), net)
    given = torch.randn(3, 6, generator=torch.Generator().manual_seed(0))
    merged = merged_lora(net.state_dict())
    assert torch.allclose(torch.nn.functional.linear(given, merged["0.weight"], merged["0.bias"]), net(given), atol=1e-6)


def test_half_a_lora_pair_and_a_pair_without_a_layer_are_named() -> None:
    state = {
        "a.base_layer.weight": torch.zeros(2, 2), "a.lora_A.default.weight": torch.zeros(4, 2),
        "b.lora_A.default.weight": torch.zeros(4, 2), "b.lora_B.default.weight": torch.zeros(2, 4),
    }  # fmt: skip
    with pytest.raises(WeightsError, match=r"in 2 layers: a, b\."):
        merged_lora(state)


def test_keys_become_those_that_diffusers_gives_animatediff_checkpoints() -> None:
    for published in (merged_lora(motion_state(0)), reference_state(1)):
        assert diffusers_keys(published).keys() == convert_animatediff_checkpoint_to_diffusers(published).keys()


BLOCK = "motion_modules.0.temporal_transformer.transformer_blocks.0"
STOCK = "motion_modules.0.transformer_blocks.0"


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (f"{BLOCK}.attention_blocks.0.to_q.weight", f"{STOCK}.attn1.to_q.weight"),
        (f"{BLOCK}.attention_blocks.1.to_out.0.bias", f"{STOCK}.attn2.to_out.0.bias"),
        (f"{BLOCK}.norms.0.bias", f"{STOCK}.norm1.bias"),
        (f"{BLOCK}.norms.1.bias", f"{STOCK}.norm2.bias"),
        (f"{BLOCK}.ff_norm.bias", f"{STOCK}.norm3.bias"),
        ("motion_modules.2.temporal_transformer.norm.bias", "motion_modules.2.norm.bias"),
    ],
)
def test_a_published_key_becomes(published: str, expected: str) -> None:
    assert list(diffusers_keys({f"up_blocks.1.{published}": torch.zeros(1)})) == [f"up_blocks.1.{expected}"]


def test_keys_of_image_layers_stay() -> None:
    key = "down_blocks.0.attentions.0.norms.1.bias"
    assert list(diffusers_keys({key: torch.zeros(1)})) == [key]


def test_position_codes_are_left_to_their_formula() -> None:
    assert diffusers_keys({f"{LAYER.removesuffix('.to_q')}.pos_encoder.pe": torch.zeros(1)}) == {}


def test_a_training_checkpoint_is_unwrapped() -> None:
    wrapped = {"epoch": 3, "state_dict": {"a": 1, "global_step": 9}}
    assert unwrapped(wrapped, "state_dict") == {"a": 1}
    assert unwrapped({"a": 1, "animatediff_config": {}}, "state_dict") == {"a": 1}
    with pytest.raises(WeightsError, match="'state_dict' holds no tensors"):
        unwrapped({"state_dict": 5}, "state_dict")


def test_the_domain_adapter_is_added_to_the_layers_that_it_names() -> None:
    base = {"attn1.to_q.weight": torch.zeros(2, 2), "attn1.to_out.0.weight": torch.ones(2, 2)}
    lora = {
        "attn1.processor.to_q_lora.down.weight": torch.tensor([[1.0, 2.0]]),
        "attn1.processor.to_q_lora.up.weight": torch.tensor([[1.0], [3.0]]),
        "attn1.processor.to_out_lora.down.weight": torch.tensor([[1.0, 0.0]]),
        "attn1.processor.to_out_lora.up.weight": torch.tensor([[1.0], [0.0]]),
    }
    merged = merged_image_lora(base, lora)
    assert merged["attn1.to_q.weight"].tolist() == [[1, 2], [3, 6]]
    assert merged["attn1.to_out.0.weight"].tolist() == [[2, 1], [1, 1]]


def test_a_domain_adapter_of_another_network_is_refused() -> None:
    lora = {"x.processor.to_q_lora.down.weight": torch.zeros(1, 2), "x.processor.to_q_lora.up.weight": torch.zeros(2, 1)}
    with pytest.raises(WeightsError, match=r"in 1 keys: x\.processor\.to_q_lora\.down\.weight"):
        merged_image_lora({"attn1.to_q.weight": torch.zeros(2, 2)}, lora)
