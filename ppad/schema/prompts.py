"""Prompts that say the same."""

from __future__ import annotations

import re
import unicodedata


def normalised_prompt(prompt: str) -> str:
    """The prompt without case, punctuation and spacing."""
    folded = unicodedata.normalize("NFKC", prompt).casefold()
    return " ".join(re.findall(r"\w+", folded)) or folded.strip()
