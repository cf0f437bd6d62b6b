"""Published motion weights of ProcessPainter under the names of diffusers: LoRA merged, keys mapped."""

from __future__ import annotations

import re

from ppad.errors import WeightsError
from ppad_pipelines.synth.diffusion.weights import State

LORA_ALPHA = 0.6
"""`lora_alpha` of the published `adapter_config.json`; the merge scales by it over the rank, which the tensors say (4)."""
POSITIONS = "pos_embed.pe"
"""End of the keys of position codes: a formula, which the published motion weights leave out."""

_LORA = re.compile(r"^(?P<layer>.+)\.lora_(?P<side>[AB])\.[^.]+\.weight$")
_RENAMED = (
    (".temporal_transformer", ""),
    (".attention_blocks.0", ".attn1"),
    (".attention_blocks.1", ".attn2"),
    (".norms.0", ".norm1"),
    (".norms.1", ".norm2"),
    (".ff_norm", ".norm3"),
)


def unwrapped(raw: State, name: str) -> State:
    """The tensors of a training checkpoint: those under `name` if it wraps them, without its notes of the training.

    Raises:
        WeightsError: what is wrapped is no set of tensors.
    """
    inner = raw.get(name, raw)
    if not isinstance(inner, dict):
        raise WeightsError(f"The checkpoint's {name!r} holds no tensors.", "Download it again.")
    return {key: value for key, value in inner.items() if key not in ("animatediff_config", "epoch", "global_step")}


def merged_lora(state: State, alpha: float = LORA_ALPHA) -> State:
    """The weights with LoRA added to them: base + (alpha / r) · B·A; PEFT's names become the plain ones.

    Raises:
        WeightsError: half of a LoRA pair, or the layer that it belongs to, is missing; names each of them.
    """
    pairs: dict[str, dict[str, object]] = {}
    merged: State = {}
    for key, value in state.items():
        match = _LORA.match(key)
        if match:
            pairs.setdefault(match["layer"], {})[match["side"]] = value
        else:
            merged[key.replace(".base_layer.", ".")] = value
    broken = sorted(layer for layer, pair in pairs.items() if len(pair) < 2 or f"{layer}.weight" not in merged)
    if broken:
        raise WeightsError(
            f"The LoRA in the motion weights is not whole, in {len(broken)} layers: {', '.join(broken)}.", "Download it again."
        )
    for layer, pair in pairs.items():
        base, down, up = merged[f"{layer}.weight"], pair["A"], pair["B"]
        delta = (up.float() @ down.float()) * (alpha / down.shape[0])  # type: ignore[attr-defined]
        merged[f"{layer}.weight"] = (base.float() + delta).to(base.dtype)
    return merged


def diffusers_keys(state: State) -> State:
    """AnimateDiff's names of motion modules as diffusers has them; position codes are left to their formula."""
    renamed = {}
    for key, value in state.items():
        if key.endswith("pos_encoder.pe"):
            continue
        if "motion_modules." in key:
            for old, new in _RENAMED:
                key = key.replace(old, new)
        renamed[key] = value
    return renamed


def merged_image_lora(state: State, lora: State) -> State:
    """A 2D network's weights with AnimateDiff's domain adapter (`v3_sd15_adapter.ckpt`) added at full strength.

    Raises:
        WeightsError: the adapter is of another network; names each layer that does not fit.
    """
    merged, strange = dict(state), []
    for key, down in lora.items():
        if ".down." not in key:
            continue
        layer = key.replace(".processor.", ".").replace("_lora.down.", ".").replace("to_out.weight", "to_out.0.weight")
        up = lora.get(key.replace(".down.", ".up."))
        if layer not in merged or up is None or merged[layer].shape != (up.shape[0], down.shape[1]):
            strange.append(key)
            continue
        merged[layer] = (merged[layer].float() + up.float() @ down.float()).to(merged[layer].dtype)
    if strange:
        raise WeightsError(
            f"The domain adapter does not fit the base model, in {len(strange)} keys: {', '.join(sorted(strange))}.",
            "Use v3_sd15_adapter.ckpt with Stable Diffusion 1.5, or take the file away.",
        )
    return merged
