"""Several works as one batch of tensors.

B  works    P  pictures of all    N  patches of all    L  tokens of the longest, the rest is padding    A  attributes
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from ppad_model.critic.config import CriticConfig
from ppad_model.critic.examples import Work, paragraph
from ppad_model.critic.prompt import answer_begins, heading, prompt
from ppad_model.critic.tokens import Tokens
from ppad_model.packages import Tensor, torch
from ppad_model.training.step import chance

UNLEARNED = -100


@dataclass(frozen=True, slots=True)
class WorkBatch:
    """B works.

    Attributes:
        ids: their ids.
        patches: (N, C·2·p·p), as the picture processor gives them; grids: (P, 3) patches over time, height and width.
        counts: (B,) pictures of each, in order; references: (B,) bool, whether the first of them is a reference.
        tokens: (B, L); mask: (B, L) 1 where there is one; kinds: (B, L) 1 where it stands for a part of a picture.
        read_at: (B,) place of the last token of the prompt, where the `text` head reads.
        labels: (B, L) the token itself where it is learned, `UNLEARNED` elsewhere.
        targets: (B, A) on the scale; NaN where there is none.
    """

    ids: tuple[str, ...]
    patches: Tensor
    grids: Tensor
    counts: Tensor
    references: Tensor
    tokens: Tensor
    mask: Tensor
    kinds: Tensor
    read_at: Tensor
    labels: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.ids)

    def to(self, device: torch.device | str) -> WorkBatch:
        """The batch on a device."""
        return self._changed(lambda tensor: tensor.to(device, non_blocking=True))

    def pinned(self) -> WorkBatch:
        """The batch in memory that a GPU reads from directly."""
        return self._changed(lambda tensor: tensor.pin_memory())

    def _changed(self, change: Any) -> WorkBatch:
        names = [field.name for field in fields(self) if field.name != "ids"]
        return replace(self, **{name: change(getattr(self, name)) for name in names})


@dataclass(frozen=True, slots=True)
class Line:
    """Tokens of one work, and which of them are learned."""

    ids: list[int]
    labels: list[int]
    read_at: int


class GatherWorks:
    """Makes batches of works.

    Args:
        tokens, pictures: of the base (`Base.tokens`, `Base.pictures`).
        seed: of what changes from epoch to epoch: which critique of a work, and the jitter of conditioned ones.
    """

    def __init__(self, config: CriticConfig, tokens: Tokens, pictures: Any, seed: int = 0) -> None:
        self._config, self.tokens, self._pictures, self._seed = config, tokens, pictures, seed

    def __call__(self, examples: Sequence[Work], epoch: int | None) -> WorkBatch:
        """A batch to learn from, or, without an epoch, to measure on: then the first critique, and no jitter."""
        return self._batch(examples, lambda work, sizes: self._learned(work, sizes, epoch))

    def prompts(self, works: Sequence[Work]) -> WorkBatch:
        """A batch that ends where the critique begins, or where the scores of a conditioned one would."""
        return self._batch(works, lambda work, sizes: self._prompt(work, sizes), pads_left=True)

    def _batch(self, works: Sequence[Work], make: Any, *, pads_left: bool = False) -> WorkBatch:
        patches, grids, sizes = self._seen(works)
        made = [make(work, sizes[number]) for number, work in enumerate(works)]
        longest = max(len(one.ids) for one in made)

        def padded(rows: Sequence[Sequence[int]], value: int) -> Tensor:
            fill = [[value] * (longest - len(row)) for row in rows]
            return torch.tensor([[*pad, *row] if pads_left else [*row, *pad] for row, pad in zip(rows, fill, strict=True)])

        tokens = padded([one.ids for one in made], self.tokens.end)
        shift = [longest - len(one.ids) if pads_left else 0 for one in made]
        return WorkBatch(
            ids=tuple(work.work_id for work in works),
            patches=patches,
            grids=grids,
            counts=torch.tensor([len(work.pictures) for work in works]),
            references=torch.tensor([work.shown.reference for work in works]),
            tokens=tokens,
            mask=padded([[1] * len(one.ids) for one in made], 0),
            kinds=(tokens == self.tokens.picture).int(),
            read_at=torch.tensor([one.read_at + by for one, by in zip(made, shift, strict=True)]),
            labels=padded([one.labels for one in made], UNLEARNED),
            targets=torch.tensor([work.targets for work in works], dtype=torch.float32),
        )

    def _seen(self, works: Sequence[Work]) -> tuple[Tensor, Tensor, list[list[int]]]:
        """Patches and grids of all pictures, and the tokens that each picture of each work takes."""
        pictures = [picture for work in works for picture in work.pictures]
        made = self._pictures(images=pictures, return_tensors="pt", input_data_format="channels_last")
        each = iter((made["image_grid_thw"].prod(dim=1) // self._pictures.merge_size**2).tolist())
        return made["pixel_values"], made["image_grid_thw"], [[next(each) for _ in work.pictures] for work in works]

    def _prompt(self, work: Work, sizes: Sequence[int]) -> Line:
        ids = self.tokens.encode_parts(prompt(self._config, work.shown), sizes)
        return Line(ids, [UNLEARNED] * len(ids), len(ids) - 1)

    def _learned(self, work: Work, sizes: Sequence[int], epoch: int | None) -> Line:
        begun = self._prompt(work, sizes)
        if not work.critiques:
            return begun
        between = self.tokens.encode_parts(answer_begins(self._config, self._told(work, epoch)), ())
        ids, labels = [*begun.ids, *between], [*begun.labels, *[UNLEARNED] * len(between)]
        critique = work.critiques[self._turn(work, epoch)]
        for section in self._config.sections:
            text = paragraph(critique, section)
            if text:
                name, said = self.tokens.encode(heading(self._config.rubric, section)), self.said(text)
                ids += [*name, *said]
                labels += [*[UNLEARNED] * len(name), *said]
        return Line(ids, labels, begun.read_at)

    def said(self, text: str) -> list[int]:
        """The tokens of a paragraph and of its end; a paragraph that is too long loses both its rest and its end."""
        ids, most = self.tokens.encode(f" {text}"), self._config.paragraph_tokens
        return ids[:most] if len(ids) > most else [*ids, *self.tokens.encode("\n")]

    def _turn(self, work: Work, epoch: int | None) -> int:
        """Which critique: all in turn, from another one for each work."""
        if epoch is None:
            return 0
        return (epoch + int(1000 * chance(f"{self._seed}/critique/{work.work_id}"))) % len(work.critiques)

    def _told(self, work: Work, epoch: int | None) -> dict[str, float] | None:
        """The scores that a conditioned critique is told: the raters', jittered while learning."""
        if not self._config.conditioned:
            return None
        scores = dict(zip(self._config.attributes, work.targets, strict=True))
        return {name: self._jittered(name, score, work, epoch) for name, score in scores.items() if math.isfinite(score)}

    def _jittered(self, name: str, score: float, work: Work, epoch: int | None) -> float:
        if epoch is None:
            return score
        low, high = self._config.rubric.scales[name]
        # Irwin and Hall: the sum of twelve even chances, less 6, is nearly normal.
        normal = sum(chance(f"{self._seed}/jitter/{epoch}/{work.work_id}/{name}/{turn}") for turn in range(12)) - 6
        return min(high, max(low, score + self._config.jitter * (high - low) * normal))
