"""What `ppad doctor` says of the critic: which published bases are here, and what 4 bits would need. Loads no torch."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

PUBLISHED = {
    "2b": "Qwen/Qwen2-VL-2B-Instruct",
    "7b": "Qwen/Qwen2-VL-7B-Instruct",
    "2.5-3b": "Qwen/Qwen2.5-VL-3B-Instruct",
    "2.5-7b": "Qwen/Qwen2.5-VL-7B-Instruct",
}
"""Published bases by a short name; `7b` is the paper's."""


def findings() -> list[dict[str, str]]:
    """State, what, what was found, and what to do."""
    here = [name for name in PUBLISHED.values() if _is_cached(name)]
    weights = {
        "state": "ok" if here else "missing",
        "what": "critic: weights",
        "found": ", ".join(here) or "none of Qwen2-VL; --preset tiny needs none, and judges nothing",
        "fix": "" if here else f"hf download {PUBLISHED['7b']}",
    }
    has_bits = importlib.util.find_spec("bitsandbytes") is not None
    bits = {
        "state": "ok" if has_bits else "missing",
        "what": "critic: 4 bits",
        "found": "bitsandbytes"
        if has_bits
        else "bitsandbytes is not installed; a 7B critic then takes 16 GB of GPU memory to write",
        "fix": "" if has_bits else "pip install bitsandbytes",
    }
    return [weights, bits]


def _is_cached(name: str) -> bool:
    """Whether the hub's cache holds a snapshot of a model."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    cache = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    return any(cache.glob(f"models--{name.replace('/', '--')}/snapshots/*/*.safetensors"))
