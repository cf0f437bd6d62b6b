"""The style that shared experts are pulled to, Eq. 3: CLIP's choice for the picture, or a code for the row's own label."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Protocol

from ppad.errors import ConfigError
from ppad_model.clip import load_clip
from ppad_model.packages import Tensor, torch

STYLES = (
    "Abstract Expressionism", "Action painting", "Analytical Cubism", "Art Nouveau", "Baroque", "Color Field Painting",
    "Contemporary Realism", "Cubism", "Early Renaissance", "Expressionism", "Fauvism", "High Renaissance", "Impressionism",
    "Mannerism (Late Renaissance)", "Minimalism", "Naive Art (Primitivism)", "New Realism", "Northern Renaissance", "Pointillism",
    "Pop Art", "Post-Impressionism", "Realism", "Rococo", "Romanticism", "Symbolism", "Synthetic Cubism", "Ukiyo-e",
)  # fmt: skip
"""The 27 styles of WikiArt."""


class StyleEncoder(Protocol):
    """Gives the embedding of a painting's style."""

    def __call__(self, labels: Sequence[str | None], pictures: Sequence[Tensor | None]) -> Tensor:
        """E_style of each painting.

        Args:
            labels: the style that the dataset names.
            pictures: (3, H, W) each, 0 to 1 or uint8: the reference, or for a prompt the final frame (in training alone).

        Returns:
            (B, dim) float32; a row of NaN where the style is unknown.
        """
        ...


def style_encoder(name: str, dim: int) -> StyleEncoder:
    """The encoder of that name.

    Args:
        name: `label-code`, or a CLIP.
        dim: width of the embeddings.

    Raises:
        WeightsError: the CLIP is not on this machine.
        ConfigError: its embeddings have another width.
    """
    return LabelCodes(dim) if name == "label-code" else ClipStyles(name, dim)


class LabelCodes:
    """Without CLIP: a fixed code for each style, all at right angles, so that no two styles are alike."""

    def __init__(self, dim: int) -> None:
        self._codes = style_codes(dim)

    def __call__(self, labels: Sequence[str | None], pictures: Sequence[Tensor | None]) -> Tensor:
        unknown = torch.full_like(self._codes[0], math.nan)
        numbers = [style_number(label) for label in labels]
        return torch.stack([unknown if number is None else self._codes[number] for number in numbers])


class ClipStyles:
    """Eq. 3: of the texts "This is a {style} painting.", the embedding of the one nearest to the picture by cosine."""

    def __init__(self, name: str, dim: int) -> None:
        self._clip = load_clip(name)
        if self._clip.embedding_dim != dim:
            found = self._clip.embedding_dim
            raise ConfigError(f"The embeddings of {name} have {found} numbers, not {dim}.", f"Set style_dim to {found}.")
        self._texts = self._clip.embed_texts([f"This is a {style} painting." for style in STYLES])

    def __call__(self, labels: Sequence[str | None], pictures: Sequence[Tensor | None]) -> Tensor:
        targets = torch.full((len(pictures), self._texts.shape[1]), math.nan)
        for row, picture in enumerate(pictures):
            if picture is not None:
                nearest = (self._clip.embed_pictures(picture[None]) @ self._texts.T).argmax()
                targets[row] = self._texts[nearest]
        return targets


def style_codes(dim: int) -> Tensor:
    """A unit vector for each style, at right angles: cosines of rising frequency (the DCT's basis without its constant).

    Returns:
        (27, dim) float32; dim ≥ 28.
    """
    frequency = torch.arange(1, len(STYLES) + 1, dtype=torch.float64)[:, None]
    place = torch.arange(dim, dtype=torch.float64) + 0.5
    return (math.sqrt(2 / dim) * torch.cos(math.pi / dim * frequency * place)).float()


def style_number(label: str | None) -> int | None:
    """The number of a style in `STYLES`, however it is spelled ("Naïve Art (Primitivism)", "naive_art_primitivism")."""
    return _NUMBERS.get(_plain(label)) if label is not None else None


def _plain(label: str) -> str:
    letters = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().casefold()
    return " ".join(re.findall(r"[a-z]+", letters))


_NUMBERS = {_plain(style): number for number, style in enumerate(STYLES)} | {
    _plain("Art Nouveau (Modern)"): STYLES.index("Art Nouveau"),
    _plain("Naive Art"): STYLES.index("Naive Art (Primitivism)"),
    _plain("Mannerism"): STYLES.index("Mannerism (Late Renaissance)"),
}
