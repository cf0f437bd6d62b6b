"""The packages that the models need, imported in one place; or the sentence that says how to get them."""

from ppad.errors import MissingExtraError

try:
    import huggingface_hub as huggingface_hub
    import safetensors.torch as safetensors
    import torch as torch
    import torch.nn.functional as F  # noqa: N812 (its usual name)
    import transformers as transformers
    from safetensors import SafetensorError as SafetensorError
    from torch import Tensor as Tensor
    from torch import nn as nn
except ImportError as error:
    raise MissingExtraError.of((error.name or "torch").partition(".")[0], "model") from error

__all__ = ["F", "SafetensorError", "Tensor", "huggingface_hub", "nn", "safetensors", "torch", "transformers"]
