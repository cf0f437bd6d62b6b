"""Which frames are looked at and which are kept: from times and samples to key frames, without disk or decoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.signals import (
    SETTLE_GAP_S,
    Sample,
    Selection,
    gain_corrected_distance,
    interval_ranks,
    measure_steps,
    rms_distance,
    sample_ranks,
    select_keyframes,
    settled_positions,
    stride_ranks,
    target_count,
    with_neighbours,
)
from ppad_pipelines.extract.config import ExtractConfig


@dataclass(frozen=True, slots=True)
class Choice:
    """The key frames of a process.

    Attributes:
        positions: positions among all samples.
        considered: positions of the samples that the selection went through; the key frames are among them.
        selection: how it went; its positions refer to `considered`.
        notes: what a user should know.
    """

    positions: list[int]
    considered: NDArray[np.int64]
    selection: Selection
    notes: list[str]


def frames_to_sample(times_s: NDArray[np.float64], config: ExtractConfig) -> NDArray[np.int64]:
    """Ranks of the frames to look at, rising; the last frame is among them.

    Args:
        times_s: (F,) presentation times, seconds.
    """
    frames = len(times_s)
    if config.every is not None:
        ranks = stride_ranks(frames, config.every)
    elif config.seconds is not None:
        ranks = interval_ranks(times_s, config.seconds)
    else:
        ranks = sample_ranks(times_s, target_count(frames, config.max_frames))
    return with_neighbours(ranks, times_s, SETTLE_GAP_S) if config.occlusion else ranks


def choose_keyframes(
    samples: Sequence[Sample],
    pick: Callable[[NDArray[np.int64]], Sequence[Sample]],
    config: ExtractConfig,
    *,
    is_noisy: bool = True,
) -> Choice:
    """Choose the key frames among samples.

    Args:
        samples: (H, W, 3) uint8 each, in painting order, at least two.
        pick: the samples at some positions, as a sequence.
        is_noisy: whether they were recorded; see `select_keyframes`.
    """
    notes: list[str] = []
    considered = np.arange(len(samples))
    if config.occlusion:
        considered, settled = settled_positions(measure_steps(samples).change, config.min_frames)
        if not settled:
            notes.append("few moments without movement: the least moving frames were used")
    selection = select_keyframes(
        pick(considered) if config.occlusion else samples,
        config.min_frames,
        config.max_frames,
        sensitivity=config.sensitivity,
        distance=gain_corrected_distance if config.exposure else rms_distance,
        compare_all=config.compare == "any",
        is_noisy=is_noisy,
    )
    if selection.is_static:
        notes.append("static: nothing visible changes")
    elif len(selection.positions) < config.min_frames:
        notes.append(f"only {len(selection.positions)} states of the canvas differ visibly")
    return Choice([int(considered[p]) for p in selection.positions], considered, selection, notes)
