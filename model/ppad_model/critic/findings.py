"""What `ppad doctor` says of the critic: which published bases are here, and what 4 bits would need. Loads no torch."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

from ppad.cli.findings import Finding, finding

PUBLISHED = {
    "2b": "Qwen/Qwen2-VL-2B-Instruct",
    "7b": "Qwen/Qwen2-VL-7B-Instruct",
    "2.5-3b": "Qwen/Qwen2.5-VL-3B-Instruct",
    "2.5-7b": "Qwen/Qwen2.5-VL-7B-Instruct",
}
"""Published bases by a short name; `7b` is the paper's."""


def findings() -> Iterator[Finding]:
    """The published weights, then 4 bits. Nothing is fetched."""
    here = [name for name in PUBLISHED.values() if _is_cached(name)]
    if here:
        yield finding("ok", "critic: weights", ", ".join(here))
    else:
        found = "none of Qwen2-VL; --preset tiny needs none, and judges nothing"
        yield finding("missing", "critic: weights", found, f"hf download {PUBLISHED['7b']}")
    if importlib.util.find_spec("bitsandbytes") is not None:
        yield finding("ok", "critic: 4 bits", "bitsandbytes")
    else:
        found = "bitsandbytes is not installed; a 7B critic then takes 16 GB of GPU memory to write"
        yield finding("missing", "critic: 4 bits", found, "pip install bitsandbytes")


def _is_cached(name: str) -> bool:
    """Whether the hub's cache holds a snapshot of a model."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    cache = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    return any(cache.glob(f"models--{name.replace('/', '--')}/snapshots/*/*.safetensors"))
