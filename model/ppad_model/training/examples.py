"""One process as a model learns from it, and several as a batch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ppad.storage import DatasetRecord
from ppad_model.frames import process_frames, process_reference
from ppad_model.packages import Tensor, nn, torch
from ppad_model.settings import AssessorConfig
from ppad_model.styles import StyleEncoder, style_encoder


@dataclass(frozen=True, slots=True)
class Example:
    """A process with its scores.

    Attributes:
        process_id: its id.
        frames: (T, 3, S, S) uint8.
        reference: (3, S, S) uint8, a prompt, or None.
        targets: (A,) float32, scores on the scale; NaN without ratings.
        style: (D,) float32, E_style; NaN if unknown; None for models without a style loss.
    """

    process_id: str
    frames: Tensor
    reference: Tensor | str | None
    targets: Tensor
    style: Tensor | None

    @property
    def nbytes(self) -> int:
        """Bytes of its pictures."""
        picture = self.reference.nbytes if isinstance(self.reference, Tensor) else 0
        return int(self.frames.nbytes + picture)


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples side by side: frames (B, T, 3, S, S) uint8, padded with zeros behind their lengths."""

    ids: tuple[str, ...]
    frames: Tensor
    lengths: list[int]
    references: list[Tensor | str | None]
    targets: Tensor
    styles: Tensor | None

    @classmethod
    def of(cls, examples: Sequence[Example]) -> Batch:
        """The batch of some examples."""
        styles = [example.style for example in examples if example.style is not None]
        return cls(
            tuple(example.process_id for example in examples),
            nn.utils.rnn.pad_sequence([example.frames for example in examples], batch_first=True),
            [len(example.frames) for example in examples],
            [example.reference for example in examples],
            torch.stack([example.targets for example in examples]),
            torch.stack(styles) if styles else None,
        )

    def to(self, device: torch.device) -> Batch:
        """The same on a device; copies from pinned memory do not wait."""

        def moved(tensor: Tensor) -> Tensor:
            return (tensor.pin_memory() if device.type == "cuda" else tensor).to(device, non_blocking=True)

        references = [moved(one) if isinstance(one, Tensor) else one for one in self.references]
        styles = None if self.styles is None else moved(self.styles)
        return Batch(self.ids, moved(self.frames), self.lengths, references, moved(self.targets), styles)


class ExampleMaker:
    """Makes examples of dataset rows, and keeps as many as fit into a budget: the next epoch has them decoded.

    Args:
        config: of the model: attributes, image size, frames, and the style encoder if it has one.
        cache_bytes: budget of decoded pictures.
    """

    def __init__(self, config: AssessorConfig, cache_bytes: int) -> None:
        self._config, self._left = config, cache_bytes
        self._kept: dict[str, Example] = {}
        self._styles = _style_encoder(config)

    def __call__(self, record: DatasetRecord) -> Example:
        """The example of a row.

        Raises:
            EmptyFileError, UnreadableMediaError, MediaTooLargeError, ContractError, NotFoundError: its pictures are no use.
        """
        kept = self._kept.get(record.process.process_id)
        if kept is not None:
            return kept
        made = self._make(record)
        if made.nbytes <= self._left:
            self._left -= made.nbytes
            self._kept[made.process_id] = made
        return made

    def _make(self, record: DatasetRecord) -> Example:
        process = record.process
        frames, reference = process_frames(process, self._config), process_reference(process, self._config)
        scores = [record.scores.get(name) for name in self._config.attributes]
        targets = torch.tensor([math.nan if score is None else score for score in scores], dtype=torch.float32)
        style = None
        if self._styles is not None:
            picture = reference if isinstance(reference, Tensor) else frames[-1]
            style = self._styles([record.style_label or process.style], [picture])[0]
        return Example(process.process_id, frames, reference, targets, style)


def _style_encoder(config: AssessorConfig) -> StyleEncoder | None:
    name, weight = getattr(config, "style_encoder", None), getattr(config, "style_weight", 0.0)
    return style_encoder(name, config.style_dim) if name is not None and weight else None  # type: ignore[attr-defined]
