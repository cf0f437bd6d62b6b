"""Which rows stand together: the order of rows in a split, cut into row groups and shards by their sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ppad_pipelines.build.splits import seeded_key

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shard:
    """A file of a split: its name, and the process ids of each row group in order."""

    name: str
    row_groups: tuple[tuple[str, ...], ...]


def shards_of(split: str, sizes: dict[str, int], *, seed: int, shard_bytes: float, row_group_bytes: float) -> list[Shard]:
    """The shards of one split.

    Args:
        sizes: bytes of each process, by its id.
    """
    order = sorted(sizes, key=lambda process_id: seeded_key(seed, "row", process_id))
    groups = cut(order, lambda process_id: sizes[process_id], row_group_bytes)
    shards = cut(groups, lambda group: sum(sizes[process_id] for process_id in group), shard_bytes)
    return [
        Shard(f"data/{split}-{number:05}-of-{len(shards):05}.parquet", tuple(tuple(group) for group in shard))
        for number, shard in enumerate(shards)
    ]


def cut(items: Sequence[T], size: Callable[[T], int], limit: float) -> list[list[T]]:
    """Runs of items, each as long as its sizes add up to no more than the limit; one that is larger alone stands alone."""
    runs: list[list[T]] = []
    room = 0.0
    for item in items:
        if not runs or size(item) > room:
            runs.append([])
            room = limit
        runs[-1].append(item)
        room -= size(item)
    return runs
