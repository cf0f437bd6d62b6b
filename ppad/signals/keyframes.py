"""Key frames of a painting process: greedy selection by the adaptive threshold, held within a window of counts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.errors import ConfigError
from ppad.signals.change import Distance, Sample, measure_steps, rms_distance, without_noise
from ppad.signals.threshold import Threshold, adaptive_threshold, noise_level

SETTLED = 0.75 / 255
"""A sample is settled when the canvas a moment before and after it differs by no more: no hand is moving over it."""
_GROWTH = 1.5
_MAX_PASSES = 80


@dataclass(frozen=True, slots=True)
class Selection:
    """The key frames chosen among samples.

    Attributes:
        positions: rising positions of the key frames among the samples.
        change: distance of each key frame to the one before, 0 for the first; 0–1.
        tau: the threshold that was settled on, 0–1; where the count jumps over the window, key frames were then dropped
            or inserted.
        threshold: the adaptive threshold that the search started from.
        step_change: (N,) distance of each sample to the one before, 0 for the first.
        is_static: whether nothing visible happens between the first and the last sample.
        passes: how often the samples were gone through.
    """

    positions: list[int]
    change: list[float]
    tau: float
    threshold: Threshold
    step_change: NDArray[np.float64]
    is_static: bool
    passes: int


@dataclass(frozen=True, slots=True)
class _Run:
    """What the greedy pass gives for every τ in [low, high)."""

    positions: list[int]
    low: float
    high: float

    @property
    def count(self) -> int:
        return len(self.positions)


def select_keyframes(
    samples: Sequence[Sample],
    min_count: int,
    max_count: int,
    *,
    sensitivity: float = 1.0,
    distance: Distance = rms_distance,
    compare_all: bool = False,
    is_noisy: bool = True,
) -> Selection:
    """Choose between `min_count` and `max_count` key frames, the first and the last state of the canvas among them.

    A sample becomes a key frame when it differs from the last key frame by more than τ, beyond what is noise. τ comes
    from the recording (`adaptive_threshold`) and moves only as far as the window of counts demands. Deterministic.

    Args:
        samples: at least one, all of one size. They are fetched by position, and may live on disk.
        sensitivity: above 1 gives more key frames, below 1 fewer, within the window.
        distance: how two samples are compared.
        is_noisy: whether the samples were recorded, with the noise of a sensor or a codec; pictures that someone saved one
            by one are not, and every visible difference between them is meant.
        compare_all: a view that returns to any earlier key frame (zooming in and out) is no new one.

    Returns:
        The selection. A recording that never changes gives its first and last sample, marked static.

    Raises:
        ConfigError: `min_count` is below 2 or above `max_count`.
    """
    if not 2 <= min_count <= max_count:
        raise ConfigError(f"The window of {min_count}–{max_count} key frames is empty.", "Give 2 ≤ fewest ≤ most.")
    steps = measure_steps(samples, distance)
    wanted = min(max(sensitivity * math.sqrt(min_count * max_count), min_count, 2), max_count)
    noise = noise_level(steps.change, steps.across) if is_noisy else 0.0
    threshold = adaptive_threshold(steps.change, steps.is_global, noise, wanted)
    corrected = without_noise(distance, noise)
    search = _Search(samples, corrected, compare_all, min_count, max_count, threshold)
    run = search.find()
    positions = _fit_window(run.positions, samples, corrected, min_count, max_count, threshold.gate)
    is_static = run.count == 1
    if is_static and len(samples) > 1:
        positions = [0, len(samples) - 1]
    change = [0.0] + [distance(samples[a], samples[b]) for a, b in itertools.pairwise(positions)]
    tau = threshold.tau if search.passes == 1 else max(run.low, threshold.gate)
    return Selection(positions, change, tau, threshold, np.concatenate([[0.0], steps.change]), is_static, search.passes)


class _Search:
    """The search for a τ whose greedy run has an allowed number of key frames.

    The count need not fall steadily as τ grows. One feasible and one infeasible end are kept, which always close in
    on a border between the two.
    """

    def __init__(
        self, samples: Sequence[Sample], distance: Distance, compare_all: bool, low: int, high: int, threshold: Threshold
    ) -> None:
        self._samples = samples
        self._distance = distance
        self._compare_all = compare_all
        self._min, self._max = low, high
        self._threshold = threshold
        self.passes = 0

    def find(self) -> _Run:
        """The run of the adaptive threshold if its count is allowed, else the nearest that is (or comes closest)."""
        run = self._greedy(self._threshold.tau)
        if run.count > self._max:
            return self._thin_out(run)
        if run.count < self._min and self._threshold.tau > self._threshold.gate:
            return self._fill_up(run)
        return run

    def _thin_out(self, crowded: _Run) -> _Run:
        """Too many: grow τ until few enough, then go back as far as allowed."""
        sparse, tau = crowded, self._threshold.tau
        while sparse.count > self._max:
            tau *= _GROWTH
            crowded, sparse = sparse, self._greedy(tau)
        crowded, sparse = self._close_in(crowded, sparse, lambda run: run.count <= self._max)
        return sparse if sparse.count >= self._min else self._nearer(crowded, sparse)

    def _fill_up(self, sparse: _Run) -> _Run:
        """Too few: the gate gives all there is; from there, raise τ as far as allowed."""
        crowded = self._greedy(self._threshold.gate)
        if crowded.count < self._min:
            return crowded
        crowded, sparse = self._close_in(crowded, sparse, lambda run: run.count < self._min)
        return crowded if crowded.count <= self._max else self._nearer(crowded, sparse)

    def _close_in(self, crowded: _Run, sparse: _Run, is_sparse: Callable[[_Run], bool]) -> tuple[_Run, _Run]:
        """Bisect between two runs until their intervals of τ touch."""
        while crowded.high < sparse.low and self.passes < _MAX_PASSES:
            middle = self._greedy((crowded.high + sparse.low) / 2)
            if is_sparse(middle):
                sparse = middle
            else:
                crowded = middle
        return crowded, sparse

    def _nearer(self, crowded: _Run, sparse: _Run) -> _Run:
        """Where the count jumps over the window: the run that needs fewer key frames dropped or inserted."""
        return crowded if crowded.count - self._max <= self._min - sparse.count else sparse

    def _greedy(self, tau: float) -> _Run:
        """One pass: a sample more than τ away from the last key frame (or from every one) is the next."""
        self.passes += 1
        positions, last_key = [0], self._samples[0]
        rejected, accepted = 0.0, math.inf
        for position in range(1, len(self._samples)):
            sample = self._samples[position]
            nearest = self._distance(last_key, sample)
            if self._compare_all and nearest > tau:
                # Earlier keys are fetched again rather than kept: there may be a thousand of them.
                nearest = min([nearest, *(self._distance(self._samples[key], sample) for key in positions[:-1])])
            if nearest > tau:
                accepted = min(accepted, nearest)
                positions.append(position)
                last_key = sample
            else:
                rejected = max(rejected, nearest)
        return _Run(self._with_final_state(positions), rejected, accepted)

    def _with_final_state(self, positions: list[int]) -> list[int]:
        """The last sample is the last key frame: one more, or instead of one that already shows the same canvas."""
        last = len(self._samples) - 1
        if positions[-1] == last or last == 0:
            return positions
        remaining = self._distance(self._samples[positions[-1]], self._samples[last])
        if remaining > self._threshold.gate:
            return [*positions, last]
        return [*positions[:-1], last] if len(positions) > 1 else positions


def _fit_window(
    positions: list[int], samples: Sequence[Sample], distance: Distance, low: int, high: int, gate: float
) -> list[int]:
    """Drop the least changed key frames, or insert the most different samples, until the count is allowed."""
    positions = list(positions)
    while len(positions) > high and len(positions) > 2:
        gaps = [distance(samples[a], samples[b]) for a, b in zip(positions, positions[2:], strict=False)]
        del positions[1 + int(np.argmin(gaps))]
    while len(positions) < low:
        found = _most_different(positions, samples, distance)
        if found is None or found[1] <= gate:
            break
        positions = sorted([*positions, found[0]])
    return positions


def _most_different(positions: list[int], samples: Sequence[Sample], distance: Distance) -> tuple[int, float] | None:
    """The sample whose nearer neighbouring key frame is farthest, and that distance."""
    best: tuple[int, float] | None = None
    for left, right in itertools.pairwise([*positions, len(samples)]):
        before, after = samples[left], samples[min(right, len(samples) - 1)]
        for position in range(left + 1, right):
            nearer = min(distance(before, samples[position]), distance(samples[position], after))
            if best is None or nearer > best[1]:
                best = (position, nearer)
    return best


def settled_positions(motion: NDArray[np.float64], min_count: int) -> tuple[NDArray[np.int64], bool]:
    """Positions of samples over which nothing moves, for recordings in which a hand covers the canvas.

    Args:
        motion: (K,) how much each sample differs from the canvas shortly before and after it, 0–1.
        min_count: fewer settled samples than this are not enough.

    Returns:
        Rising positions, and whether they are settled: where too few are, the least moving sample of each of
        `4·min_count` windows is given instead.
    """
    settled = np.flatnonzero(motion <= SETTLED)
    if len(settled) >= min_count:
        return settled, True
    windows = np.array_split(np.arange(len(motion)), min(len(motion), 4 * min_count))
    return np.array([window[np.argmin(motion[window])] for window in windows], dtype=np.int64), False
