"""What the critic needs beyond the models' packages, imported in one place; or the sentence that says how to get it."""

from __future__ import annotations

import importlib.util
import warnings

from ppad.errors import MissingExtraError

try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import peft as peft
        import tokenizers as tokenizers
        from peft.tuners.tuners_utils import BaseTunerLayer as BaseTunerLayer
        from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil as PictureProcessor
except ImportError as error:
    raise MissingExtraError.of((error.name or "peft").partition(".")[0], "model") from error

__all__ = ["BaseTunerLayer", "PictureProcessor", "has_bitsandbytes", "peft", "tokenizers"]


def has_bitsandbytes() -> bool:
    """Whether weights can be held in 4 bits."""
    return importlib.util.find_spec("bitsandbytes") is not None
