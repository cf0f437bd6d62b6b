"""CLIP through transformers: the states of a prompt's tokens, and embeddings of texts and pictures in one space."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from ppad.errors import WeightsError
from ppad_model.inputs import unit_range
from ppad_model.packages import F, SafetensorError, Tensor, torch, transformers
from ppad_model.weights import local_folder, quiet_loading

CLIP_B16 = "openai/clip-vit-base-patch16"
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""Of CLIP's pictures, by channel."""


class Clip:
    """A frozen CLIP on the CPU.

    Args:
        folder: of its weights and its tokenizer.

    Raises:
        WeightsError: transformers cannot load it.
    """

    def __init__(self, folder: Path) -> None:
        try:
            with quiet_loading():
                self._model: Any = (
                    transformers.CLIPModel.from_pretrained(folder, local_files_only=True).eval().requires_grad_(False)
                )
                self._tokenizer: Any = transformers.CLIPTokenizer.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            raise WeightsError(f"{folder} holds no CLIP that can be loaded: {error}", "Download it again.") from error
        self.text_dim = int(self._model.config.text_config.hidden_size)
        self.embedding_dim = int(self._model.config.projection_dim)

    @torch.no_grad()
    def token_states(self, text: str) -> Tensor:
        """States of the tokens of a prompt after the last layer, the end token included: (n, text_dim) float32."""
        tokens = self._tokens([text])
        return self._model.text_model(**tokens).last_hidden_state[0]

    @torch.no_grad()
    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Unit embeddings: (N, embedding_dim) float32."""
        tokens = self._tokens(texts)
        pooled = self._model.text_model(**tokens).pooler_output
        return F.normalize(self._model.text_projection(pooled), dim=-1)

    @torch.no_grad()
    def embed_pictures(self, pictures: Tensor) -> Tensor:
        """Unit embeddings.

        Args:
            pictures: (N, 3, H, W), 0 to 1 or uint8.

        Returns:
            (N, embedding_dim) float32.
        """
        side = self._model.config.vision_config.image_size
        scaled = F.interpolate(unit_range(pictures), (side, side), mode="bicubic", antialias=True).clamp(0, 1)
        pooled = self._model.vision_model(pixel_values=standardize(scaled, MEAN, STD)).pooler_output
        return F.normalize(self._model.visual_projection(pooled), dim=-1)

    def _tokens(self, texts: Sequence[str]) -> Any:
        longest = self._model.config.text_config.max_position_embeddings
        return self._tokenizer(list(texts), padding=True, truncation=True, max_length=longest, return_tensors="pt")


@lru_cache(maxsize=2)
def load_clip(name: str) -> Clip:
    """The CLIP of that name, loaded once.

    Raises:
        WeightsError: it is not on this machine, or cannot be loaded.
    """
    folder = local_folder(name)
    if folder is None:
        raise WeightsError(
            f"{name} is not on this machine.", f"Download it where there is a network ('hf download {name}'), or name its folder."
        )
    return Clip(folder)


def standardize(pictures: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """(x - mean) / std by channel; pictures (N, 3, H, W)."""
    shape = (3, 1, 1)
    return (pictures - pictures.new_tensor(mean).view(shape)) / pictures.new_tensor(std).view(shape)
