"""Several processes as one batch: padded to the longest, with their real lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ppad_model.data.examples import Example
from ppad_model.inputs import Reference
from ppad_model.packages import Tensor, torch


@dataclass(frozen=True, slots=True)
class Batch:
    """B processes, as `Assessor.forward` and `Assessor.loss` take them.

    Attributes:
        ids: their ids.
        frames: (B, T, 3, S, S) uint8; 0 behind a process's last frame.
        lengths: (B,) int64, real frames of each; None where all have T.
        reference: pictures (B, 3, S, S) uint8, or a list with a picture, a prompt or None for each.
        targets: (B, A) float32 on the scale; NaN where there is none.
        styles: (B, D) float32; None for a model without a style loss.
    """

    ids: tuple[str, ...]
    frames: Tensor
    lengths: Tensor | None
    reference: Reference
    targets: Tensor
    styles: Tensor | None

    def __len__(self) -> int:
        return len(self.ids)

    def to(self, device: torch.device | str) -> Batch:
        """The batch on a device; copies from pinned memory go on beside the work there. Lengths stay, since they steer it."""

        def moved(tensor: Tensor) -> Tensor:
            return tensor.to(device, non_blocking=True)

        reference = self.reference
        if isinstance(reference, Tensor):
            reference = moved(reference)
        elif reference is not None and not isinstance(reference, str):
            reference = [moved(item) if isinstance(item, Tensor) else item for item in reference]
        return replace(
            self,
            frames=moved(self.frames),
            reference=reference,
            targets=moved(self.targets),
            styles=None if self.styles is None else moved(self.styles),
        )

    def pinned(self) -> Batch:
        """The batch in memory that a GPU reads from directly."""
        reference = self.reference.pin_memory() if isinstance(self.reference, Tensor) else self.reference
        return replace(self, frames=self.frames.pin_memory(), reference=reference)


def collate(examples: Sequence[Example]) -> Batch:
    """A batch of one example or more, in their order."""
    counts = [len(example.frames) for example in examples]
    frames = examples[0].frames.new_zeros(len(examples), max(counts), *examples[0].frames.shape[1:])
    for row, example in zip(frames, examples, strict=True):
        row[: len(example.frames)] = example.frames
    references = [example.reference for example in examples]
    pictures = [item for item in references if isinstance(item, Tensor)]
    styles = [example.style for example in examples if example.style is not None]
    return Batch(
        ids=tuple(example.process_id for example in examples),
        frames=frames,
        lengths=None if min(counts) == max(counts) else torch.tensor(counts),
        reference=torch.stack(pictures) if len(pictures) == len(examples) else references,
        targets=torch.stack([example.targets for example in examples]),
        styles=torch.stack(styles) if styles else None,
    )
