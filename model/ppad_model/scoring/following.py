"""Feedback while someone paints: scores that are told anew after each key frame."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.errors import TooFewFramesError
from ppad.keyframes.selecting import SAMPLE_SIDE
from ppad.media.images import Pixels, Size, fit_within, resize
from ppad.signals.online import OnlineKeyframes
from ppad_model.data.pictures import as_tensor, to_square
from ppad_model.packages import Tensor
from ppad_model.scoring.growing import GrowingScores
from ppad_model.scoring.watching import Look, Watched
from ppad_model.settings import AssessorConfig

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Update:
    """A process so far.

    Attributes:
        looks: its key frames, T of them.
        curve: (T, A) the scores up to each, on the scale.
        looked_at: states of the canvas that were looked at.
        is_final: whether nothing more will come.
    """

    looks: tuple[Look, ...]
    curve: Floats
    looked_at: int
    is_final: bool


class Patience:
    """Waits between two looks, and knows when to stop.

    Args:
        interval_s: seconds between two looks.
        until_idle_s: seconds without anything new after which the process has ended; None waits for `stop`.
        stop: set from outside to end.
        now: a clock that only goes forward, seconds.
    """

    def __init__(
        self,
        interval_s: float,
        until_idle_s: float | None,
        stop: threading.Event,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval_s, self._until_idle_s, self._stop, self._now = interval_s, until_idle_s, stop, now
        self._news = now()

    def wait(self, *, news: bool) -> bool:
        """Wait for the next look; False where there is to be none."""
        if news:
            self._news = self._now()
        if self._until_idle_s is not None and self._now() - self._news >= self._until_idle_s:
            return False
        return not self._stop.wait(self._interval_s)


def follow(watched: Watched, scores: GrowingScores, config: AssessorConfig, patience: Patience) -> Iterator[Update]:
    """Score something that grows: an update after each key frame, and a last one when it has ended.

    Args:
        scores: of the model with this config, for the reference of the process.

    Raises:
        ShrunkError: what was scored is not there any more.
        UnreadableMediaError: a recording could never be read.
        TooFewFramesError: there were not two states of the canvas.
    """
    process = _Process(watched, scores, config)
    goes_on = True
    while goes_on:
        before = process.looked_at
        for look in watched.poll():
            if process.add(look):
                yield process.update()
        goes_on = patience.wait(news=process.looked_at > before)
    for look in watched.poll(ended=True):
        process.add(look)
    yield process.end()


class _Process:
    """The key frames of something that grows, with what their scores need."""

    def __init__(self, watched: Watched, scores: GrowingScores, config: AssessorConfig) -> None:
        self._watched, self._scores, self._config = watched, scores, config
        self._choice = OnlineKeyframes(config.max_frames, is_noisy=watched.is_noisy)
        self._kept: dict[int, tuple[Look, Tensor]] = {}
        self.looked_at = 0

    def add(self, look: Look) -> bool:
        """Take the next state of the canvas; whether it is a key frame."""
        number, self.looked_at = self.looked_at, self.looked_at + 1
        is_key = self._choice.add(_sample(look.pixels))
        frame = as_tensor(to_square(look.pixels, self._config.image_size, self._config.fit))
        kept = {*self._choice.positions, number}  # the newest may yet become the last key frame
        self._kept = {place: self._kept[place] for place in kept if place in self._kept} | {number: (look, frame)}
        return is_key

    def update(self, *, is_final: bool = False) -> Update:
        """The process so far."""
        positions = self._choice.positions
        curve = self._scores([(position, self._kept[position][1]) for position in positions])
        return Update(tuple(self._kept[position][0] for position in positions), curve, self.looked_at, is_final)

    def end(self) -> Update:
        """The whole process."""
        if self.looked_at < 2:
            found = "a single state" if self.looked_at else "no state"
            raise TooFewFramesError(f"{self._watched.name} showed {found} of the canvas.", "A process needs at least two.")
        self._choice.end()
        return self.update(is_final=True)


def _sample(pixels: Pixels) -> Pixels:
    return resize(pixels, fit_within(Size(pixels.shape[1], pixels.shape[0]), SAMPLE_SIDE))
