"""Batches of one rank, epoch by epoch, made ahead of the model in a thread; a batch knows where the feed stands behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from queue import Queue
from typing import Any, TypeVar

from ppad.errors import ConfigError, PpadError
from ppad.storage import Dataset, DatasetRecord
from ppad_model.training.examples import Batch, Example

T = TypeVar("T")
Place = dict[str, Any]
"""Where a feed stands in an epoch: how many times it began the rank's rows anew, and the state of the stream."""

_AHEAD = 2
"""Batches that wait, made, while the model works."""


@dataclass
class Feed:
    """The training processes of a phase, as one rank sees them.

    Every rank gives the same number of batches an epoch, whatever its share of rows: one that comes to its end begins anew.

    Attributes:
        dataset, split: where rows are read.
        wanted: ids of the processes to train on.
        make: makes an example of a row.
        batch_size: examples of a batch.
        seed: of the order.
        rank, world: which of the ranks this is, and how many there are.
        threads: how many decode.
        skipped: processes that could not be used, and why.
    """

    dataset: Dataset
    split: str
    wanted: frozenset[str]
    make: Callable[[DatasetRecord], Example]
    batch_size: int
    seed: int
    rank: int = 0
    world: int = 1
    threads: int = 1
    skipped: dict[str, str] = field(default_factory=dict)

    def batches(self, epoch: int, count: int, place: Place | None = None) -> Generator[tuple[Batch, Place], None, None]:
        """`count` batches of an epoch, from a place on, each with the place behind it.

        Raises:
            ConfigError: this rank has not a single usable process.
        """
        return ahead(self._batches(epoch, count, place), _AHEAD)

    def _batches(self, epoch: int, count: int, place: Place | None) -> Generator[tuple[Batch, Place], None, None]:
        examples = self._examples(epoch, place)
        for _ in range(count):
            taken = [next(examples) for _ in range(self.batch_size)]
            yield Batch.of([example for example, _ in taken]), taken[-1][1]
        examples.close()

    def _examples(self, epoch: int, place: Place | None) -> Generator[tuple[Example, Place], None, None]:
        lap = place["lap"] if place else 0
        state = place["stream"] if place else None
        while True:
            found = 0
            whole = self.dataset.stream(self.split, seed=self.seed, epoch=epoch * 1000 + lap, rank=self.rank, world=self.world)
            stream = (self.dataset.resume(state) if state else whole).map(self._make_wanted, threads=self.threads)
            resumed, state = state is not None, None
            try:
                while True:
                    try:
                        example = next(stream)
                    except PpadError as error:
                        self.skipped.setdefault(error.message, error.code)
                        continue
                    except StopIteration:
                        break
                    if example is not None:
                        found += 1
                        yield example, {"lap": lap, "stream": stream.state}
            finally:
                stream.close()
            if not found and not resumed:
                raise ConfigError(
                    f"Rank {self.rank} of {self.world} has no process to train on.",
                    "Use fewer processes (torchrun), or more data.",
                )
            lap += 1

    def _make_wanted(self, record: DatasetRecord) -> Example | None:
        return self.make(record) if record.process.process_id in self.wanted else None


def ahead(items: Iterator[T], size: int) -> Generator[T, None, None]:
    """The items of an iterator, which runs in a thread, at most `size` ahead; closing this ends it."""
    queue: Queue[tuple[bool, Any]] = Queue(size)
    stop = threading.Event()

    def fill() -> None:
        try:
            for item in items:
                queue.put((True, item))
                if stop.is_set():
                    break
            else:
                queue.put((False, None))
        except BaseException as error:  # noqa: BLE001 (raised again in its turn)
            queue.put((False, error))
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()

    thread = threading.Thread(target=fill, name="ppad-feed", daemon=True)
    thread.start()
    try:
        while True:
            is_item, value = queue.get()
            if is_item:
                yield value
            elif value is None:
                return
            else:
                raise value
    finally:
        stop.set()
        while thread.is_alive():
            while not queue.empty():
                queue.get_nowait()
            thread.join(0.05)
