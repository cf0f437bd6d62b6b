"""What the models make of words."""

from __future__ import annotations

from typing import Any


def counted(number: int, noun: str) -> str:
    """`1 frame`, `2 frames`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def cut_note(tokenizer: Any, prompt: str) -> list[str]:
    """A note if a prompt is longer than the text encoder reads; none otherwise."""
    length, limit = len(tokenizer(prompt).input_ids), tokenizer.model_max_length
    return [f"the model read the first {limit - 2} of {length - 2} tokens of the prompt"] if length > limit else []
