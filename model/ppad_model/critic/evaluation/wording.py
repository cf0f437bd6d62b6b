"""Length and repetition of critiques: what their words say without anybody reading them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_NO_SPACES = re.compile(r"([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])")
"""Scripts that put no space between words: each sign counts as one."""
REPEATED = 4
"""Words of the pieces whose repetition within a text is counted."""


def words(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return _WORD.findall(_NO_SPACES.sub(r" \1 ", text).casefold())


def lengths(texts: Sequence[str]) -> Floats:
    """(n,) words of each text."""
    return np.array([len(words(text)) for text in texts], np.float64)


def repetition(texts: Sequence[str], size: int = REPEATED) -> Floats:
    """(n,) share of the n-grams of a text that stood in it before (seq-rep-n; Welleck et al., ICLR 2020); NaN of short ones."""
    return np.array([_repeated(ngrams(words(text), size)) for text in texts], np.float64)


def distinct(texts: Sequence[str], size: int, budget: int) -> float:
    """Distinct-n (Li et al., NAACL 2016): different n-grams among the first `budget` of all texts; NaN where there are fewer.

    The share falls with the number of n-grams, so that only figures of one budget can be compared.
    """
    found = [ngram for text in texts for ngram in ngrams(words(text), size)][:budget]
    return len(set(found)) / budget if 0 < budget <= len(found) else float("nan")


def shared_budget(corpora: Sequence[Sequence[str]], size: int) -> int:
    """The largest budget that all corpora that hold n-grams can fill."""
    counts = [sum(len(ngrams(words(text), size)) for text in texts) for texts in corpora]
    return min((count for count in counts if count), default=0)


def copied(texts: Sequence[str]) -> float:
    """Share of the texts that say word for word what an earlier one says; NaN of none."""
    said = [tuple(words(text)) for text in texts]
    return 1 - len(set(said)) / len(said) if said else float("nan")


def ngrams(tokens: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """All runs of `size` words, in their order."""
    return [tuple(tokens[start : start + size]) for start in range(len(tokens) - size + 1)]


def _repeated(found: Sequence[tuple[str, ...]]) -> float:
    return 1 - len(set(found)) / len(found) if found else float("nan")
