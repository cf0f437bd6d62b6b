"""The packages that the diffusion engines need, imported in one place; or the sentence that says how to get them."""

from ppad.errors import MissingExtraError

try:
    import diffusers as diffusers
    import huggingface_hub as huggingface_hub
    import safetensors.torch as safetensors
    import torch as torch
    import transformers as transformers
    from safetensors import SafetensorError as SafetensorError
except ImportError as error:
    raise MissingExtraError.of((error.name or "diffusers").partition(".")[0], "synth") from error

__all__ = ["SafetensorError", "diffusers", "huggingface_hub", "safetensors", "torch", "transformers"]
