"""Which rows of a split take part, and which of them are held out to choose by."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ppad.errors import RubricError
from ppad.storage import Dataset
from ppad_model.seen import group_ids


class PictureSize(Protocol):
    """How many pictures a model is shown of a process, and how large; settings of models say it."""

    @property
    def max_frames(self) -> int:
        """Frames at most."""
        ...

    @property
    def image_size(self) -> int:
        """Side of a square of as many pixels as a picture has at most."""
        ...


@dataclass(frozen=True, slots=True)
class Rows:
    """N rows of a split, in stored order, without their pictures.

    Attributes:
        dataset, split: where they are.
        numbers: (N,) int64, positions within the split, rising.
        ids: process ids.
        groups: connected component of each, from the audit of the splits; the process itself where there is no audit.
        frames: (N,) int64, stored key frames of each.
        targets: (N, A) float64 on the scale; NaN where there is no score.
    """

    dataset: Dataset
    split: str
    numbers: NDArray[np.int64]
    ids: tuple[str, ...]
    groups: tuple[str, ...]
    frames: NDArray[np.int64]
    targets: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, kept: NDArray[np.bool_]) -> Rows:
        """Those where `kept`, (N,), is true."""
        return replace(
            self,
            numbers=self.numbers[kept],
            ids=tuple(np.array(self.ids, dtype=object)[kept]),
            groups=tuple(np.array(self.groups, dtype=object)[kept]),
            frames=self.frames[kept],
            targets=self.targets[kept],
        )

    def rated(self) -> Rows:
        """Those with at least one score."""
        return self.take(np.asarray(np.isfinite(self.targets).any(axis=1)))

    def picture_bytes(self, size: PictureSize) -> int:
        """Memory that they take, decoded for a model: its frames and a reference each."""
        pictures = np.minimum(self.frames, size.max_frames).sum() + len(self)
        return int(pictures) * 3 * size.image_size**2


def open_rows(dataset: Dataset, split: str, attributes: Sequence[str], *, adjusted: bool = False) -> Rows:
    """All rows of a split, with their scores.

    Args:
        attributes: A ids.
        adjusted: take the scores that are corrected for raters' bias.

    Raises:
        NotFoundError: there is no such split.
        RubricError: the dataset has no scores of an attribute.
        ContractError: a shard or the audit is damaged.
    """
    missing = [name for name in attributes if name not in dataset.attribute_ids]
    if missing:
        raise RubricError(
            f"{dataset.root} has no scores of {', '.join(missing)}.",
            f"It has: {', '.join(dataset.attribute_ids)}; name some of them: --set 'model_settings={{attributes: […]}}'.",
        )
    names = [f"{name}_adjusted" if adjusted else name for name in attributes]
    table = dataset.table(split, ["process_id", "frame_change", *names])
    ids = tuple(table["process_id"].to_pylist())
    group_of = group_ids(dataset)
    columns = [table[name].to_numpy(zero_copy_only=False).astype(np.float64) for name in names]
    return Rows(
        dataset=dataset,
        split=split,
        numbers=np.arange(len(ids)),
        ids=ids,
        groups=tuple(group_of[process_id] for process_id in ids),
        frames=np.array([len(change) for change in table["frame_change"].to_pylist()], dtype=np.int64),
        targets=np.stack(columns, axis=1) if columns else np.empty((len(ids), 0)),
    )


def hold_out(rows: Rows, share: float, seed: int) -> tuple[Rows, Rows]:
    """Divide rows by component, so that nothing of a held-out process is learned from.

    Components are taken in the order of a seeded hash while no more than `share` of the rows are held out; at least one is,
    where there are two, the smallest of those that come first.

    Returns:
        the rows to learn from, and those held out.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for index, group in enumerate(rows.groups):
        members[group].append(index)
    order = sorted(members, key=lambda group: hashlib.sha256(f"{seed}/hold-out/{group}".encode()).digest())
    held = np.zeros(len(rows), dtype=bool)
    for group in order:
        if held.sum() + len(members[group]) <= share * len(rows):
            held[members[group]] = True
    if share > 0 and not held.any() and len(members) > 1:
        held[members[min(order, key=lambda group: len(members[group]))]] = True
    return rows.take(~held), rows.take(held)
