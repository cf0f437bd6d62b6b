"""Where examples come from: decoded once and kept in memory, or streamed from the shards and decoded ahead.

    N  rows           B  processes of an optimizer step, over all ranks        n = ⌈N / B⌉  steps of an epoch

Each epoch visits each row once, also where the number of ranks changes in its course. A rank's parts of the steps differ by
one process at most, and so do the parts of a step: equal work, nothing twice, nothing left out.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Generic, Protocol, TypeVar

from ppad.errors import ConfigError
from ppad.storage import DatasetRecord
from ppad.storage.order import stream_order
from ppad.storage.stream import Stream
from ppad_model.data.batches import Batch, collate
from ppad_model.data.examples import Example
from ppad_model.data.rows import PictureSize, Rows

T = TypeVar("T")
S = TypeVar("S")
E = TypeVar("E")
AHEAD = 4
"""Examples that wait, decoded, beyond one a thread."""


@dataclass(frozen=True, slots=True)
class Share:
    """Which of the training processes this is, and how many there are.

    Attributes:
        earlier: how many there were before within the epoch: numbers of ranks, and the step before which each ended.
    """

    rank: int = 0
    world: int = 1
    earlier: tuple[tuple[int, int], ...] = ()


class Source(Protocol[E]):
    """Gives the examples of some rows, in any of two orders."""

    rows: Rows

    def in_order(self, share: Share) -> Iterator[E]:
        """A rank's part of the examples, in stored order."""
        ...

    def epoch(self, batch: int, seed: int, epoch: int, share: Share, first_step: int = 0) -> Iterator[list[E]]:
        """A rank's part of each step of an epoch, in shuffled order, from a step on.

        Args:
            batch: B.
        """
        ...

    def step_sizes(self, batch: int, share: Share) -> list[int]:
        """Processes of each step of an epoch, over all ranks."""
        ...


def _nobody(done: int) -> None:
    """Nobody wants to know."""


class MemorySource(Generic[E]):
    """Decodes every row once, when it is first asked for one, and keeps all.

    The order of an epoch does not depend on the number of ranks: a step has the same processes on one or on several.

    Args:
        read: makes an example of a row.
        threads: decode so many rows side by side.
        seen: told how many are decoded.
    """

    def __init__(
        self, rows: Rows, read: Callable[[DatasetRecord], E], threads: int, seen: Callable[[int], None] = _nobody
    ) -> None:
        self.rows = rows
        self._read, self._threads, self._seen = read, threads, seen
        self._examples: list[E] | None = None

    def in_order(self, share: Share) -> Iterator[E]:
        low, high = _cuts(len(self.rows), share.world)[share.rank]
        return iter(self._all()[low:high])

    def epoch(self, batch: int, seed: int, epoch: int, share: Share, first_step: int = 0) -> Iterator[list[E]]:
        examples = self._all()
        _, order = stream_order([len(examples)], seed=seed, epoch=epoch, consumer=0, consumers=1, window=1)
        for start, end in _cuts(len(examples), steps_of(self.rows, batch, share))[first_step:]:
            low, high = _cuts(end - start, share.world)[share.rank]
            yield [examples[row] for row in order[start + low : start + high]]

    def step_sizes(self, batch: int, share: Share) -> list[int]:
        return [end - start for start, end in _cuts(len(self.rows), steps_of(self.rows, batch, share))]

    def _all(self) -> list[E]:
        if self._examples is None:
            found = []
            for example in _decoded_in_order(self.rows, self._read, self._threads, Share()):
                found.append(example)
                self._seen(len(found))
            self._examples = found
        return self._examples


class StreamSource(Generic[E]):
    """Reads row groups in the background and decodes rows ahead in threads: memory stays flat, whatever the dataset's size.

    Args:
        read: makes an example of a row.
        threads: decode so many rows side by side.
        window: row groups that neighbouring rows are drawn from.
    """

    def __init__(self, rows: Rows, read: Callable[[DatasetRecord], E], threads: int, window: int = 8) -> None:
        self.rows = rows
        self._read, self._threads, self._window = read, threads, window

    def in_order(self, share: Share) -> Iterator[E]:
        return _decoded_in_order(self.rows, self._read, self._threads, share)

    def epoch(self, batch: int, seed: int, epoch: int, share: Share, first_step: int = 0) -> Iterator[list[E]]:
        began, numbers = self._left(batch, seed, epoch, share)
        stream = self._stream(numbers, seed, epoch, share)
        cuts = _cuts(len(stream), steps_of(self.rows, batch, share) - began)[first_step - began :]
        position = cuts[0][0] if cuts else len(stream)
        rest = self.rows.dataset.resume(stream.state | {"position": position}, numbers).map(self._read, self._threads)
        try:
            for start, end in cuts:
                yield list(islice(rest, end - start))
        finally:
            rest.close()

    def step_sizes(self, batch: int, share: Share) -> list[int]:
        steps, left = steps_of(self.rows, batch, share), len(self.rows)
        sizes: list[int] = []
        for world, until in (*share.earlier, (share.world, steps)):
            parts = [_cuts(end - start, steps - len(sizes)) for start, end in _cuts(left, world)]
            taken = [sum(end - start for start, end in step) for step in zip(*parts, strict=True)][: until - len(sizes)]
            sizes, left = sizes + taken, left - sum(taken)
        return sizes

    def _left(self, batch: int, seed: int, epoch: int, share: Share) -> tuple[int, list[int]]:
        """The step from which there are as many ranks as now, and the rows that none had visited before it."""
        numbers, began, steps = self.rows.numbers.tolist(), 0, steps_of(self.rows, batch, share)
        for world, until in share.earlier:
            streams = [self._stream(numbers, seed, epoch, Share(rank, world)) for rank in range(world)]
            ends = [_cuts(len(stream), steps - began)[until - began][0] for stream in streams]
            visited = {number for stream, end in zip(streams, ends, strict=True) for number in stream.numbers[:end]}
            numbers, began = [number for number in numbers if number not in visited], until
        return began, numbers

    def _stream(self, numbers: list[int], seed: int, epoch: int, share: Share) -> Stream[DatasetRecord]:
        return self.rows.dataset.stream(
            self.rows.split, seed=seed, epoch=epoch, rank=share.rank, world=share.world, window=self._window, rows=numbers
        )


def open_source(
    rows: Rows,
    read: Callable[[DatasetRecord], E],
    size: PictureSize,
    *,
    memory_bytes: int,
    threads: int,
    seen: Callable[[int], None] = _nobody,
) -> Source[E]:
    """Rows that fit, decoded, are kept in memory; others are streamed.

    Args:
        read: makes an example of a row.
        size: of its pictures.
        memory_bytes: what may be kept.
        threads: decode so many rows side by side.
        seen: told how many rows are decoded, where they are kept.
    """
    if rows.picture_bytes(size) <= memory_bytes:
        return MemorySource(rows, read, threads, seen)
    return StreamSource(rows, read, threads)


def batches_in_order(source: Source[Example], size: int, share: Share | None = None) -> Iterator[Batch]:
    """Every example once, in stored order, in batches of `size` at most; of several ranks, each has a stretch."""
    return map(collate, parts_in_order(source, size, share))


def parts_in_order(source: Source[E], size: int, share: Share | None = None) -> Iterator[list[E]]:
    """The same, before they become batches."""
    examples = source.in_order(share or Share())
    while part := list(islice(examples, size)):
        yield part


def steps_of(rows: Rows, batch: int, share: Share) -> int:
    """Optimizer steps of an epoch.

    Raises:
        ConfigError: a step would leave a rank without a process.
    """
    steps = math.ceil(len(rows) / batch)
    if len(rows) // max(1, steps) < share.world:
        raise ConfigError(
            f"{len(rows)} processes of split {rows.split} in steps of {batch} are too few for {share.world} ranks.",
            "Use fewer ranks, or a larger batch.",
        )
    return steps


def _cuts(total: int, parts: int) -> list[tuple[int, int]]:
    """0 … total in so many parts, whose sizes differ by one at most."""
    ends = [part * total // parts for part in range(parts + 1)]
    return list(pairwise(ends))


def _decoded_in_order(rows: Rows, read: Callable[[DatasetRecord], E], threads: int, share: Share) -> Iterator[E]:
    dataset = rows.dataset
    before = sum(dataset.count(split) for split in dataset.splits[: dataset.splits.index(rows.split)])
    low, high = _cuts(len(rows), share.world)[share.rank]
    return ahead(lambda number: read(dataset[before + number]), rows.numbers[low:high].tolist(), threads)


def ahead(function: Callable[[T], S], items: Iterable[T], threads: int) -> Iterator[S]:
    """`map`, a few items ahead in threads."""
    with ThreadPoolExecutor(max(1, threads), "ppad-decode") as pool:
        waiting: deque[Future[S]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) >= threads + AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
