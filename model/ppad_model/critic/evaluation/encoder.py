"""A sentence encoder: texts to unit vectors whose cosine is their nearness in meaning (Reimers & Gurevych, EMNLP 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppad.errors import WeightsError
from ppad_model.packages import F, SafetensorError, torch, transformers
from ppad_model.weights import local_folder, quiet_loading

Floats = NDArray[np.float64]

_AT_ONCE = 32
_LONGEST = 512
"""Tokens that are read of a text, where the encoder can."""


class SentenceEncoder:
    """A frozen encoder of transformers: the mean of the last states of a text's tokens, scaled to length 1.

    Args:
        name: a folder, or a hub id that was downloaded before. Nothing is downloaded.

    Raises:
        WeightsError: it is not on this machine, or cannot be loaded.
    """

    def __init__(self, name: str, device: str = "cpu") -> None:
        folder = local_folder(name)
        if folder is None:
            raise WeightsError(
                f"The sentence encoder {name} is not on this machine.",
                f"Download it where there is a network ('hf download {name}'), or name its folder.",
            )
        self.name, self._device = "/".join(Path(name).resolve().parts[-2:]) if Path(name).is_dir() else name, device
        try:
            with quiet_loading():
                self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
                model: Any = transformers.AutoModel.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
            raise WeightsError(f"{folder} holds no encoder that can be loaded: {error}", "Download it again.") from error
        self._model = model.to(device).eval().requires_grad_(False)
        self._known: dict[str, Floats] = {}
        self._longest = min(
            _LONGEST, getattr(model.config, "max_position_embeddings", _LONGEST), self._tokenizer.model_max_length
        )

    @torch.no_grad()
    def encode(self, texts: Sequence[str]) -> Floats:
        """(n, d) unit vectors; zeros for an empty text. What was encoded before is remembered."""
        distinct = {text for text in texts if text.strip()} - set(self._known)
        self._learn(sorted(distinct, key=lambda text: (len(text), text)))
        width = int(self._model.config.hidden_size)
        return np.array([self._known.get(text, np.zeros(width)) for text in texts]).reshape(len(texts), width)

    def _learn(self, distinct: Sequence[str]) -> None:
        for start in range(0, len(distinct), _AT_ONCE):
            part = distinct[start : start + _AT_ONCE]
            tokens = self._tokenizer(part, padding="longest", truncation=True, max_length=self._longest, return_tensors="pt")
            tokens = tokens.to(self._device)
            states = self._model(**tokens).last_hidden_state
            mask = tokens["attention_mask"].unsqueeze(-1).to(states.dtype)
            means = F.normalize((states * mask).sum(dim=1) / mask.sum(dim=1), dim=-1)
            self._known |= dict(zip(part, means.double().cpu().numpy(), strict=True))
