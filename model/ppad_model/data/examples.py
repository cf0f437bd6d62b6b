"""One process as tensors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ppad.errors import ContractError
from ppad.media.images import Pixels, Size, decode_image, image_size
from ppad.media.pictures import decode_frames
from ppad.schema import ProcessRecord
from ppad.storage import DatasetRecord
from ppad_model.data.pictures import as_tensor, choose_frames, decoding_side, to_square
from ppad_model.packages import Tensor, torch
from ppad_model.settings import AssessorConfig
from ppad_model.styles import StyleEncoder


@dataclass(frozen=True, slots=True)
class Example:
    """A process as a model takes it.

    Attributes:
        process_id: its id.
        frames: (T, 3, S, S) uint8, sRGB, in painting order.
        reference: (3, S, S) uint8, a prompt, or None.
        targets: (A,) float32, scores on the scale; NaN where there is none.
        style: (D,) float32, embedding of the style, NaN where it is unknown; None for a model without a style loss.
    """

    process_id: str
    frames: Tensor
    reference: Tensor | str | None
    targets: Tensor
    style: Tensor | None


class ReadExample:
    """Makes an example of a dataset's row: chooses frames, decodes them at the size that the model wants.

    Args:
        config: of the model.
        styles: where a row has no style embedding of the right width; None for a model without a style loss.
        style_dim: that width.
        adjusted: take the scores that are corrected for raters' bias.
    """

    def __init__(
        self, config: AssessorConfig, styles: StyleEncoder | None = None, style_dim: int = 0, *, adjusted: bool = False
    ) -> None:
        self._config, self._styles, self._style_dim, self._adjusted = config, styles, style_dim, adjusted

    def __call__(self, record: DatasetRecord) -> Example:
        """The example.

        Raises:
            EmptyFileError, UnreadableMediaError, MediaTooLargeError: a picture is damaged.
            ContractError: the frames differ in size, or the reference is missing.
        """
        frames, reference = self.pictures(record.process)
        scores = record.scores_adjusted if self._adjusted else record.scores
        known = (scores.get(name) for name in self._config.attributes)
        targets = torch.tensor([math.nan if value is None else value for value in known], dtype=torch.float32)
        return Example(record.process.process_id, frames, reference, targets, self._style(record, frames, reference))

    def pictures(self, process: ProcessRecord) -> tuple[Tensor, Tensor | str | None]:
        """Frames and reference as a model takes them; errors as above.

        Returns:
            (T, 3, S, S) uint8, and (3, S, S) uint8, a prompt, or None.
        """
        config = self._config
        side = decoding_side(Size(process.width, process.height), config.image_size, config.fit)
        pixels = decode_frames(process, side, select=choose_frames(len(process.frames), config.max_frames))
        frames = as_tensor(np.stack([to_square(frame, config.image_size, config.fit) for frame in pixels]))
        return frames, self._reference(process)

    def _reference(self, process: ProcessRecord) -> Tensor | str | None:
        if process.reference_kind == "prompt":
            return process.prompt
        if process.reference_kind != "image":
            return None
        if process.reference_image is None:
            raise ContractError(f"{process.process_id} has no reference picture, though its kind is image.", "Run: ppad check")
        return as_tensor(self._square(process.reference_image.bytes, f"The reference of {process.process_id}"))

    def _square(self, data: bytes, name: str) -> Pixels:
        side = decoding_side(image_size(data, name), self._config.image_size, self._config.fit)
        return to_square(decode_image(data, side, name), self._config.image_size, self._config.fit)

    def _style(self, record: DatasetRecord, frames: Tensor, reference: Tensor | str | None) -> Tensor | None:
        """The row's own embedding; else the encoder's, for a prompt from the final frame (Eq. 3)."""
        if self._styles is None:
            return None
        if record.style_embedding is not None and len(record.style_embedding) == self._style_dim:
            return torch.tensor(record.style_embedding, dtype=torch.float32)
        picture = reference if isinstance(reference, Tensor) else frames[-1]
        return self._styles([record.style_label], [picture])[0]
