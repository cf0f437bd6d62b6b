"""One work as a critic takes it: its pictures, what is told of it, what raters said."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ppad.critique import Critique, of_rating
from ppad.errors import ContractError, UnreadableMediaError
from ppad.media.images import Pixels, decode_image, image_size
from ppad.rubric import Rubric
from ppad.schema import Picture, ProcessRecord
from ppad.schema.ratings import SCORED_KINDS
from ppad.storage import Dataset, DatasetRecord
from ppad.storage.ratings import read_ratings
from ppad_model.critic.config import REMARKS, CriticConfig
from ppad_model.critic.prompt import Shown
from ppad_model.data.pictures import choose_frames

THINNEST = 200
"""How many times as long as wide a picture may be: more, and the processor of Qwen2-VL refuses it."""


@dataclass(frozen=True, slots=True)
class Work:
    """A finished artwork, or a process.

    Attributes:
        work_id: its id.
        pictures: (H, W, 3) uint8, sRGB: the reference, where there is one, then the frames in painting order; sizes may differ.
        shown: what else is shown.
        targets: scores on the scale in the rubric's order; NaN where there is none.
        critiques: of raters, those that say something.
    """

    work_id: str
    pictures: tuple[Pixels, ...]
    shown: Shown
    targets: tuple[float, ...]
    critiques: tuple[Critique, ...]


class ReadWork:
    """Makes a work of a row.

    Args:
        config: of the critic.
        critiques: of each process.
        adjusted: take the scores that are corrected for raters' bias.
    """

    def __init__(
        self, config: CriticConfig, critiques: Mapping[str, Sequence[Critique]] | None = None, *, adjusted: bool = False
    ) -> None:
        self._config, self._critiques, self._adjusted = config, critiques or {}, adjusted

    def __call__(self, record: DatasetRecord) -> Work:
        """The work of a dataset's row.

        Raises:
            EmptyFileError, UnreadableMediaError, MediaTooLargeError: a picture is damaged, or no picture.
            ContractError: the reference is missing.
        """
        scores = record.scores_adjusted if self._adjusted else record.scores
        known = (scores.get(name) for name in self._config.attributes)
        return self.of_process(record.process, tuple(math.nan if value is None else value for value in known))

    def of_process(self, process: ProcessRecord, targets: tuple[float, ...] = ()) -> Work:
        """The work of a process, or of an artwork, which is its last frame; errors as above."""
        config, count = self._config, len(process.frames)
        chosen = choose_frames(count, config.max_frames) if config.is_of_processes else [count - 1]
        reference = self._reference(process) if config.is_of_processes else []
        pictures = [self._decoded(process.frames[index], f"Frame {index} of {process.process_id}") for index in chosen]
        shown = Shown(
            description=(process.description or process.prompt or "").strip() or None,
            reference=bool(reference),
            steps=tuple(index + 1 for index in chosen) if config.is_of_processes else (),
            total=count,
        )
        critiques = tuple(self._critiques.get(process.process_id, ()))
        return Work(
            process.process_id, (*reference, *pictures), shown, targets or (math.nan,) * len(config.attributes), critiques
        )

    def _reference(self, process: ProcessRecord) -> list[Pixels]:
        if process.reference_kind != "image":
            return []
        if process.reference_image is None:
            raise ContractError(f"{process.process_id} has no reference picture, though its kind is image.", "Run: ppad check")
        return [self._decoded(process.reference_image, f"The reference of {process.process_id}")]

    def _decoded(self, picture: Picture, name: str) -> Pixels:
        """The picture near the size at which it is shown, however large it is."""
        if not picture.bytes:
            return decode_image(picture.bytes, None, name)
        size = image_size(picture.bytes, name)
        shape = max(size) / min(size)
        if shape > THINNEST:
            raise UnreadableMediaError(f"{name} is {shape:.0f} times as long as wide.", f"Crop it: {THINNEST} times is the most.")
        return decode_image(picture.bytes, math.ceil(math.sqrt(self._config.max_pixels * shape)), name)


def read_critiques(dataset: Dataset, rubric: Rubric) -> dict[str, list[Critique]]:
    """The written critiques of a dataset's works, by process; those without a word are left out.

    Raises:
        ConfigError, ContractError: the ratings are by another rubric, or damaged.
    """
    files = sorted((dataset.root / "ratings").glob("*.parquet"))
    found: dict[str, list[Critique]] = {}
    for rating in read_ratings(files, rubric) if files else ():
        critique = of_rating(rating, rubric)
        if rating["kind"] in SCORED_KINDS and critique.prose:
            found.setdefault(rating["process_id"], []).append(critique)
    return found


def sections_of(critiques: Sequence[Critique], rubric: Rubric) -> tuple[str, ...]:
    """What critiques speak of, in the rubric's order; all attributes, where there is no critique."""
    spoken = {name for one in critiques for name, passage in one.passages.items() if passage.text}
    if any(one.remarks for one in critiques):
        spoken.add(REMARKS)
    return tuple(name for name in (*rubric.attribute_ids, REMARKS) if name in spoken) or rubric.attribute_ids


def paragraph(critique: Critique, section: str) -> str:
    """What a critique says of a section; empty for nothing."""
    return critique.remarks if section == REMARKS else critique.passages[section].text
