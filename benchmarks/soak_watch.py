"""Watching processes for as long as they run: memory, file descriptors and threads; and whether a series grows."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import psutil
from scipy.stats import theilslopes


@dataclass(frozen=True)
class Sample:
    """A process at a moment.

    Attributes:
        at_s: seconds since the watch began.
        rss_mb: resident memory, megabytes (10⁶ bytes); descriptors: open files, sockets and pipes.
    """

    at_s: float
    rss_mb: float
    descriptors: int
    threads: int


@dataclass
class Watch:
    """What was seen of a process and of those that it started.

    Attributes:
        parent: samples of the process itself.
        children: of each process below it, by process id.
    """

    parent: list[Sample] = field(default_factory=list)
    children: dict[int, list[Sample]] = field(default_factory=dict)

    def peak_mb(self) -> tuple[float, float]:
        """Most memory of the process, and of any one below it."""
        return _most(self.parent, "rss_mb"), max((_most(seen, "rss_mb") for seen in self.children.values()), default=0.0)

    def most_descriptors(self) -> tuple[int, int]:
        """Most descriptors of the process, and of any one below it."""
        most = max((_most(seen, "descriptors") for seen in self.children.values()), default=0)
        return int(_most(self.parent, "descriptors")), int(most)


@contextlib.contextmanager
def watching(pid: int, every_s: float) -> Iterator[Watch]:
    """Look at a process, and at those that it has started, until the block ends."""
    watch, stop, began = Watch(), threading.Event(), time.perf_counter()

    def look() -> None:
        process = psutil.Process(pid)
        while True:
            with contextlib.suppress(psutil.Error):
                watch.parent.append(_sample(process, began))
                for child in process.children(recursive=True):
                    with contextlib.suppress(psutil.Error):
                        watch.children.setdefault(child.pid, []).append(_sample(child, began))
            if stop.wait(every_s):
                return

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        stop.set()
        thread.join()


@dataclass(frozen=True)
class Slope:
    """How a series grows, by the median of all pairs (Theil–Sen), which a busy minute moves little.

    Attributes:
        rate: for each unit of the other axis; low, high: 95 % interval of it.
    """

    rate: float
    low: float
    high: float

    @property
    def is_flat(self) -> bool:
        """Whether the series may as well not grow at all."""
        return self.low <= 0

    def shown(self, factor: float, unit: str) -> str:
        """The rate and its interval in a unit that people know."""
        rate, low, high = (factor * value for value in (self.rate, self.low, self.high))
        return f"{rate:+.3g} {unit} ({low:+.3g} to {high:+.3g})"


def slope(places: Sequence[float], values: Sequence[float]) -> Slope:
    """The slope of values over places, with its interval."""
    found = theilslopes(np.asarray(values, float), np.asarray(places, float), alpha=0.95)
    return Slope(float(found.slope), float(found.low_slope), float(found.high_slope))


def _sample(process: psutil.Process, began: float) -> Sample:
    with process.oneshot():
        return Sample(time.perf_counter() - began, process.memory_info().rss / 1e6, process.num_fds(), process.num_threads())


def _most(samples: Sequence[Sample], name: str) -> float:
    return max((float(getattr(sample, name)) for sample in samples), default=0.0)
