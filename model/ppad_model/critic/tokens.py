"""Text to tokens and back, with the marks of the chat out of reach of any text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ppad.errors import WeightsError
from ppad_model.critic.prompt import Mark, Part, PicturePlace, Quote, quoted

PICTURE = "<|image_pad|>"
MARKS = ("<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", PICTURE)


class Tokens:
    """A tokenizer of Qwen2-VL's kind.

    Args:
        tokenizer: of transformers.

    Raises:
        WeightsError: it lacks a mark of the chat.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._added = {text: number for text, number in tokenizer.get_added_vocab().items() if len(text) > 1}
        missing = [mark for mark in MARKS if mark not in self._added]
        if missing:
            raise WeightsError(f"The tokenizer has no {missing[0]}.", "Use a base of Qwen2-VL's or Qwen2.5-VL's kind.")

    @property
    def picture(self) -> int:
        """The token that stands for a part of a picture."""
        return self._added[PICTURE]

    @property
    def end(self) -> int:
        """The token that ends a turn; it also pads."""
        return self._added["<|im_end|>"]

    @property
    def marks(self) -> list[int]:
        """All tokens that no text may become."""
        return sorted(self._added.values())

    def encode(self, text: str) -> list[int]:
        """The tokens of plain text: what looks like a mark of the chat is broken by a space, and stays text."""
        while True:
            found = [mark for mark in self._added if mark in text]
            if not found:
                break
            for mark in found:
                text = text.replace(mark, f"{mark[0]} {mark[1:]}")
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Text; a character that is not complete yet is U+FFFD."""
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text

    def encode_parts(self, parts: Sequence[Part], pictures: Sequence[int]) -> list[int]:
        """The tokens of a prompt.

        Args:
            pictures: tokens of each picture.
        """
        ids: list[int] = []
        text = ""
        for part in parts:
            if isinstance(part, Quote):
                short = self.encode(part.text)
                text += quoted(self.decode(short[: part.most]) if len(short) > part.most else part.text)
            elif isinstance(part, str):
                text += part
            else:
                ids += self.encode(text) if text else []
                text = ""
                ids += [self._added[part.token]] if isinstance(part, Mark) else self._places(part, pictures)
        return ids + (self.encode(text) if text else [])

    def _places(self, part: PicturePlace, pictures: Sequence[int]) -> list[int]:
        return [self.picture] * pictures[part.number]

    def save(self, folder: Path) -> None:
        """Write the tokenizer's files."""
        self._tokenizer.save_pretrained(folder)
