"""Batches ahead of their use: the model never waits, and if it does, for how long is known."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Self, TypeVar

T = TypeVar("T")
AHEAD = 2


class Ahead(Generic[T], Iterator[T]):
    """Runs an iterator in a thread, a few items ahead.

    Args:
        make: gives the items; called, and run, in the thread. What it raises is raised in its turn.

    Attributes:
        waited_s: time that `next` stood still.
    """

    def __init__(self, make: Callable[[], Iterable[T]]) -> None:
        self.waited_s = 0.0
        self._make = make
        self._queue: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(AHEAD)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ppad-ahead", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        began = time.perf_counter()
        item, error = self._queue.get()
        self.waited_s += time.perf_counter() - began
        if error is not None:
            raise error
        return item  # type: ignore[return-value]

    def _run(self) -> None:
        try:
            for item in self._make():
                if not self._offer((item, None)):
                    return
            end: BaseException = StopIteration()
        except BaseException as error:  # noqa: BLE001 - it is raised where the items are used
            end = error
        self._offer((None, end))

    def _offer(self, entry: tuple[T | None, BaseException | None]) -> bool:
        """Put it in the queue as soon as there is room; False where nobody wants it any more."""
        while not self._stopped.is_set():
            try:
                self._queue.put(entry, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False
