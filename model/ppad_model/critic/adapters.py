"""Low-rank adapters (LoRA) on attention and MLP of the language model: put on, and merged into the weights on demand."""

from __future__ import annotations

from typing import Any

from ppad_model.critic.config import CriticSettings
from ppad_model.critic.packages import BaseTunerLayer, peft

PLACES = r".*language_model\.layers\.\d+\.(self_attn\.[qkvo]_proj|mlp\.(gate|up|down)_proj)"


def add_adapters(network: Any, settings: CriticSettings) -> None:
    """Put adapters on a network, in place; all else is frozen, but its merger, where that is trained."""
    lora = peft.LoraConfig(
        r=settings.rank, lora_alpha=settings.alpha, lora_dropout=settings.dropout, target_modules=PLACES, bias="none"
    )
    peft.inject_adapter_in_model(lora, network)
    for name, weight in network.named_parameters():
        weight.requires_grad_("lora_" in name)
        if weight.requires_grad:
            weight.data = weight.data.float()
    if settings.merger == "trained":
        network.model.visual.merger.float().requires_grad_(True)


def merge_adapters(network: Any) -> None:
    """Add the adapters to the weights that they sit on and take them off, in place: the network is one of transformers again."""
    found = [(name, module) for name, module in network.named_modules() if isinstance(module, BaseTunerLayer)]
    for name, module in found:
        module.merge(safe_merge=True)
        parent, _, leaf = name.rpartition(".")
        setattr(network.get_submodule(parent), leaf, module.get_base_layer())
    network.model.visual.merger.to(network.dtype)
    if hasattr(network, "peft_config"):
        del network.peft_config
