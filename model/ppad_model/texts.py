"""A prompt as tokens: CLIP's token states where its weights are here, a hash of the words' letters otherwise."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Protocol

from ppad.errors import ConfigError
from ppad_model.clip import load_clip
from ppad_model.packages import Tensor, torch

MAX_WORDS = 77
"""As many tokens as CLIP takes."""


class TextEncoder(Protocol):
    """Frozen; a prompt always gives the same states."""

    def __call__(self, prompt: str) -> Tensor:
        """States of the tokens of a prompt that is not blank: (n, dim) float32, n ≥ 1."""
        ...


def text_encoder(name: str, dim: int) -> TextEncoder:
    """The encoder of that name.

    Args:
        name: `hash`, or a CLIP.
        dim: width of the states.

    Raises:
        WeightsError: the CLIP is not on this machine.
        ConfigError: its states have another width.
    """
    if name == "hash":
        return lambda prompt: hashed_words(prompt, dim)
    clip = load_clip(name)
    if clip.text_dim != dim:
        raise ConfigError(
            f"The token states of {name} have {clip.text_dim} numbers, not {dim}.", f"Set text_dim to {clip.text_dim}."
        )
    return lru_cache(maxsize=4096)(clip.token_states)


def hashed_words(prompt: str, dim: int) -> Tensor:
    """One vector a word, the first 77 words: its letters in threes, and itself, each hashed to a place and a sign.

    Words that share letters have similar vectors; nothing else is known of their meaning.

    Returns:
        (n, dim) float32, each row of root mean square 1.
    """
    words = re.findall(r"\w+|[^\w\s]", prompt.casefold())[:MAX_WORDS]
    return torch.stack([_hashed_word(word, dim) for word in words])


@lru_cache(maxsize=65_536)
def _hashed_word(word: str, dim: int) -> Tensor:
    framed = f"<{word}>"
    pieces = [framed, *(framed[start : start + 3] for start in range(len(framed) - 2))]
    vector = torch.zeros(dim)
    for piece in pieces:
        number = int.from_bytes(hashlib.blake2b(piece.encode(), digest_size=8).digest(), "little")
        vector[number % dim] += 1.0 if number >> 63 else -1.0
    return vector * (dim**0.5 / vector.norm().clamp(min=1e-6))
