"""Which frames are looked at and which are kept: from times and samples to key frames, without disk or decoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.keyframes.config import ExtractConfig
from ppad.signals import (
    SETTLE_GAP_S,
    Distance,
    Sample,
    Selection,
    gain_corrected_distance,
    interval_ranks,
    rms_distance,
    sample_ranks,
    select_keyframes,
    settled_positions,
    stride_ranks,
    target_count,
    with_neighbours,
)


@dataclass(frozen=True, slots=True)
class Choice:
    """The key frames of a process.

    Attributes:
        ranks: ranks of the key frames, rising.
        considered: ranks of the samples that the selection went through; the key frames are among them.
        selection: how it went; its positions refer to `considered`.
        notes: what a user should know.
    """

    ranks: list[int]
    considered: NDArray[np.int64]
    selection: Selection
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Looks:
    """The frames to look at.

    Attributes:
        ranks: (N,) rising, the last frame among them.
        triples: (K, 3) in occlusion-robust mode, for each frame that may become a key frame the ranks of the canvas
            shortly before, of itself, and shortly after; None otherwise.
    """

    ranks: NDArray[np.int64]
    triples: NDArray[np.int64] | None


def frames_to_sample(times_s: NDArray[np.float64], config: ExtractConfig) -> Looks:
    """Which frames to look at.

    Args:
        times_s: (F,) presentation times, seconds.
    """
    frames = len(times_s)
    if config.every is not None:
        ranks = stride_ranks(frames, config.every)
    elif config.seconds is not None:
        ranks = interval_ranks(times_s, config.seconds)
    else:
        count = target_count(frames, config.max_frames)
        ranks = sample_ranks(times_s, count // 3 if config.occlusion and count < frames else count)
    if not config.occlusion:
        return Looks(ranks, None)
    triples = with_neighbours(ranks, times_s, SETTLE_GAP_S)
    return Looks(np.unique(triples), triples)


def choose_keyframes(
    samples: Mapping[int, Sample],
    as_sequence: Callable[[NDArray[np.int64]], Sequence[Sample]],
    triples: NDArray[np.int64] | None,
    config: ExtractConfig,
    *,
    is_noisy: bool = True,
) -> Choice:
    """Choose the key frames among samples.

    Args:
        samples: (H, W, 3) uint8 by rank, in painting order, at least two.
        as_sequence: the samples of some ranks.
        triples: see `Looks`.
        is_noisy: whether they were recorded; see `select_keyframes`.
    """
    ranks, notes = np.array(list(samples), dtype=np.int64), list[str]()
    distance = gain_corrected_distance if config.exposure else rms_distance
    considered = ranks
    if triples is not None:
        motion = _motion(samples, triples, distance)
        kept, settled = settled_positions(motion[np.isfinite(motion)], config.min_frames)
        considered = triples[np.isfinite(motion), 1][kept]
        if not settled:
            notes.append("few moments without movement: the least moving frames were used")
        if considered[-1] != ranks[-1]:
            notes.append("something moves over the last frame: the last calm moment ends the process")
    selection = select_keyframes(
        as_sequence(considered),
        config.min_frames,
        config.max_frames,
        sensitivity=config.sensitivity,
        distance=distance,
        compare_all=config.compare == "any",
        is_noisy=is_noisy,
    )
    return Choice(
        [int(considered[p]) for p in selection.positions],
        considered,
        selection,
        [*notes, *_remarks(selection, len(considered), config)],
    )


def _motion(samples: Mapping[int, Sample], triples: NDArray[np.int64], distance: Distance) -> NDArray[np.float64]:
    """(K,) how much the canvas shortly before and after differs; infinite where a frame or all its neighbours are missing."""
    motion = np.full(len(triples), np.inf)
    for number, (before, rank, after) in enumerate(triples.tolist()):
        others = [other for other in (before, after) if other != rank and other in samples]
        if rank in samples and others:
            motion[number] = max(distance(samples[other], samples[rank]) for other in others)
    return motion


def _remarks(selection: Selection, considered: int, config: ExtractConfig) -> list[str]:
    found = len(selection.positions)
    if selection.is_static:
        return ["static: nothing visible changes"]
    if found >= config.min_frames:
        return []
    if considered < config.min_frames:
        return [f"only {considered} frames were looked at"]
    return [f"only {found} states of the canvas differ visibly"]
