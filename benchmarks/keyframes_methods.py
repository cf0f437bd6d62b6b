"""Ways of choosing key frames that `benchmarks.keyframes` compares.

All of them are given the first frame and the last, so that none loses the empty canvas or the finished painting.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import scenedetect
from numpy.typing import NDArray

from ppad.cli.progress import RunView
from ppad.keyframes.config import ExtractConfig
from ppad.media.frames import View
from ppad.media.video import Video
from ppad.signals import Sample, rms_distance
from ppad.stages import InProcess
from ppad.storage import Collection
from ppad_pipelines.extract.run import extract_sources
from ppad_pipelines.extract.sources import find_sources

Ranks = NDArray[np.int64]

PPAD, UNIFORM, FIXED = "PPAD", "uniform, as many", "fixed threshold"
ADAPTIVE, CONTENT = "PySceneDetect, adaptive", "PySceneDetect, content"
METHODS = (PPAD, UNIFORM, FIXED, ADAPTIVE, CONTENT)

TAUS = np.geomspace(2, 64, 40) / 255
"""Fixed thresholds that are tried, 0–1. The one that gives as many key frames as PPAD over all recordings is shown."""

_SIDE = 256


@dataclass(frozen=True)
class Chosen:
    """The key frames of one method in one recording.

    Attributes:
        ranks: (N,) rising frame numbers.
        change: (N − 1,) distance of each key frame to the one before, 8-bit levels.
    """

    ranks: Ranks
    change: NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """What all methods choose in one recording; `fixed` holds one choice for each of `TAUS`."""

    by_method: dict[str, Chosen]
    fixed: list[Chosen]


def choose_in_versions(paths: Sequence[Path]) -> list[Found]:
    """Run every method on a recording and on its other versions; uniform sampling takes as many of each as of the first."""
    found: list[Found] = []
    for path in paths:
        found.append(choose_all(path, len(found[0].by_method[UNIFORM].ranks) if found else None))
    return found


def choose_all(path: Path, uniform: int | None = None) -> Found:
    """Run every method on a recording; uniform sampling takes so many key frames, or as many as PPAD."""
    samples = _all_samples(path)

    def measured(ranks: Ranks) -> Chosen:
        return Chosen(ranks, np.array([255 * rms_distance(samples[a], samples[b]) for a, b in pairwise(ranks.tolist())]))

    ours, last = by_ppad(path), len(samples) - 1
    ranks = {
        PPAD: ours,
        UNIFORM: np.round(np.linspace(0, last, uniform or len(ours))).astype(np.int64),
        ADAPTIVE: by_scenes(path, scenedetect.AdaptiveDetector(), last),
        CONTENT: by_scenes(path, scenedetect.ContentDetector(), last),
    }
    fixed = [measured(by_fixed_threshold(samples, tau)) for tau in TAUS]
    return Found({name: measured(found) for name, found in ranks.items()}, fixed)


def by_ppad(path: Path) -> Ranks:
    """`ppad extract` with its ordinary settings."""
    with tempfile.TemporaryDirectory() as folder, RunView("", 1, quiet=True) as view:
        extract_sources(find_sources([str(path)]).sources, Path(folder), ExtractConfig(size=64), InProcess(), view)
        (record,) = Collection(Path(folder))
        return np.array(record.frame_index)


def by_scenes(path: Path, detector: scenedetect.SceneDetector, last: int) -> Ranks:
    """PySceneDetect with its defaults: the first frame of each scene."""
    starts = [start.frame_num for start, _ in scenedetect.detect(str(path), detector, start_in_scene=True)]
    return np.unique([0, *starts, last])


def by_fixed_threshold(samples: Sequence[Sample], tau: float) -> Ranks:
    """A frame that differs from the last key frame by more than τ is the next."""
    ranks, key = [0], samples[0]
    for rank in range(1, len(samples)):
        sample = samples[rank]
        if rms_distance(key, sample) > tau:
            ranks.append(rank)
            key = sample
    return np.unique([*ranks, len(samples) - 1])


def _all_samples(path: Path) -> list[Sample]:
    video, samples = Video(path), dict[int, Sample]()
    video.render(np.arange(len(video)), View(_SIDE, purpose="sample"), samples.__setitem__)
    return [samples[rank] for rank in range(len(video))]
