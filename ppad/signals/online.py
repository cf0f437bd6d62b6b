"""Key frames while a painting grows: what can be decided without knowing how it will end.

The offline choice (`keyframes.py`) reads its threshold τ off the whole recording. Here nothing is known of what is to come.
τ begins at the smallest visible change and only rises: whenever there are more key frames than wanted, it grows by √2 until
enough of them no longer differ by it from the one before, and are dropped. Squared changes add up, so that √2 leaves about
half of them. Early frames are then as far apart as late ones, as offline; which of several alike moments is kept may differ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ppad.signals.change import Distance, Sample, rms_distance, without_noise
from ppad.signals.threshold import GATE_OVER_NOISE, SMALLEST_GATE, noise_level

_GROWTH = math.sqrt(2)


@dataclass(frozen=True, slots=True)
class _Key:
    number: int
    sample: Sample


class OnlineKeyframes:
    """Chooses key frames among samples that come one by one; of a sample that is none, no more than two numbers are kept.

    Args:
        most: key frames that are kept at most, at least 2.
        is_noisy: whether the samples were recorded, with the noise of a sensor or a codec; see `select_keyframes`.
        distance: how two samples are compared.
    """

    def __init__(self, most: int, *, is_noisy: bool = True, distance: Distance = rms_distance) -> None:
        self._most, self._is_noisy, self._distance = max(2, most), is_noisy, distance
        self._keys: list[_Key] = []
        self._recent: list[Sample] = []
        self._change: list[float] = []
        self._across: list[float] = []
        self._last: _Key | None = None
        self.tau = 0.0
        """The threshold so far, 0–1."""

    @property
    def positions(self) -> list[int]:
        """Numbers of the key frames among the samples, from 0, rising."""
        return [key.number for key in self._keys]

    def add(self, sample: Sample) -> bool:
        """Take the next sample; whether it is a key frame. Then others may have ceased to be, see `positions`.

        Args:
            sample: (H, W, 3) uint8, of the same size as all others.
        """
        self._note(sample)
        key = self._last = _Key(0 if self._last is None else self._last.number + 1, sample)
        if not self._keys:
            self._keys.append(key)
            return True
        if self._distance_beyond_noise(self._keys[-1].sample, sample) <= max(self.tau, self._gate):
            return False
        self._keys.append(key)
        while len(self._keys) > self._most:
            self._thin_out()
        return self._keys[-1] is key

    def end(self) -> bool:
        """The last sample becomes the last key frame, in place of one that shows the same; whether that changed anything."""
        if self._last is None or self._keys[-1] is self._last:
            return False
        if len(self._keys) == 1 or self._distance_beyond_noise(self._keys[-1].sample, self._last.sample) > self._gate:
            if len(self._keys) == self._most:
                del self._keys[self._least_missed()]
        else:
            self._keys.pop()  # the same canvas, later
        self._keys.append(self._last)
        return True

    def _note(self, sample: Sample) -> None:
        """Keep what tells the noise: changes over one step and over two."""
        if self._is_noisy and self._recent:
            self._change.append(self._distance(self._recent[-1], sample))
            if len(self._recent) > 1:
                self._across.append(self._distance(self._recent[-2], sample))
        self._recent = [*self._recent[-1:], sample]

    def _thin_out(self) -> None:
        """Raise τ once, and go through the key frames again; the newest stays, as the state of the canvas."""
        self.tau = max(self.tau, self._gate) * _GROWTH
        kept = self._keys[:1]
        for key in self._keys[1:-1]:
            if self._distance_beyond_noise(kept[-1].sample, key.sample) > self.tau:
                kept.append(key)
        self._keys = [*kept, self._keys[-1]]

    def _least_missed(self) -> int:
        """The place of the key frame, not the first, whose neighbours differ least when the last sample ends the process."""
        samples = [key.sample for key in (*self._keys, self._last) if key is not None]
        return 1 + int(np.argmin([self._distance(before, after) for before, after in zip(samples, samples[2:], strict=False)]))

    @property
    def _noise(self) -> float:
        return noise_level(np.array(self._change), np.array(self._across)) if self._is_noisy else 0.0

    @property
    def _gate(self) -> float:
        return max(SMALLEST_GATE, GATE_OVER_NOISE * self._noise)

    def _distance_beyond_noise(self, one: Sample, other: Sample) -> float:
        return without_noise(self._distance, self._noise)(one, other)
