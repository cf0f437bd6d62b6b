"""A base of random weights in the published layout, with a tokenizer made of the texts at hand: to try all of it anywhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ppad.storage import storage_errors
from ppad.storage.atomic import TEMP_PREFIX, make_folder
from ppad_model.critic.base import TINY_MARK
from ppad_model.critic.packages import PictureProcessor, tokenizers
from ppad_model.critic.tokens import MARKS
from ppad_model.packages import torch, transformers
from ppad_model.weights import quiet_loading

VOCABULARY = 768
WIDTH = 64
PATCH, MERGE = 8, 2
_OTHERS = ("<|endoftext|>", "<|vision_pad|>", "<|video_pad|>")


def make_tiny_base(folder: Path, texts: Iterable[str], seed: int) -> None:
    """Write it, whole or not at all; the same texts and seed give the same bytes.

    Raises:
        DiskFullError, NotWritableError: the place refuses.
    """
    tokenizer = _tokenizer(texts)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = transformers.Qwen2VLForConditionalGeneration(_configuration(tokenizer))
    temporary = folder.with_name(f"{TEMP_PREFIX}{folder.name}")
    make_folder(folder.parent)
    with storage_errors(folder), quiet_loading():
        shutil.rmtree(temporary, ignore_errors=True)
        network.save_pretrained(temporary)
        tokenizer.save_pretrained(temporary)
        PictureProcessor(patch_size=PATCH, merge_size=MERGE, min_pixels=(2 * PATCH) ** 2).save_pretrained(temporary)
        temporary.rename(folder)


def _tokenizer(texts: Iterable[str]) -> Any:
    """Byte-level BPE, as Qwen2's, of some hundred pieces."""
    bpe = tokenizers.Tokenizer(tokenizers.models.BPE())
    bpe.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = tokenizers.decoders.ByteLevel()
    marks = [*_OTHERS, *MARKS]
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=marks,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token=MARKS[1], pad_token=_OTHERS[0], extra_special_tokens=marks
    )


def _configuration(tokenizer: Any) -> Any:
    def number(mark: str) -> int:
        return int(tokenizer.convert_tokens_to_ids(mark))

    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 32768,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [2, 3, 3]},
        "tie_word_embeddings": True,
        "initializer_range": 0.1,  # frozen weights have to carry signals as they are
        "bos_token_id": None,
        "eos_token_id": number("<|im_end|>"),
        "pad_token_id": number("<|endoftext|>"),
    }
    vision = {
        "depth": 2,
        "embed_dim": 32,
        "hidden_size": WIDTH,
        "num_heads": 2,
        "mlp_ratio": 2,
        "patch_size": PATCH,
        "spatial_merge_size": MERGE,
        "temporal_patch_size": 2,
        "initializer_range": 0.1,
    }
    return transformers.Qwen2VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=number("<|image_pad|>"),
        video_token_id=number("<|video_pad|>"),
        vision_start_token_id=number("<|vision_start|>"),
        vision_end_token_id=number("<|vision_end|>"),
        tie_word_embeddings=True,
        **{TINY_MARK: True},
    )
