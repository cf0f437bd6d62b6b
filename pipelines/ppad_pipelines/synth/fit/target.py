"""What is fitted to: the courses of a reference's processes, and the pictures that they end in, painted anew."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ppad.media.images import Pixels, decode_image
from ppad.signals import course_of
from ppad.signals.raster import shrunk
from ppad.storage import Collection
from ppad_pipelines.stats.collecting import measured_record
from ppad_pipelines.stats.distances import spread, wasserstein
from ppad_pipelines.stats.measures import NUMBERS, Array, Measured, Profile
from ppad_pipelines.synth.plan import derived_seed
from ppad_pipelines.synth.strokes.habits import Habits
from ppad_pipelines.synth.strokes.media import MANNERS, Medium
from ppad_pipelines.synth.strokes.process import paint_process

_STAGES = 3
"""The first numbers: shares of the stages, which depend on the clock."""


@dataclass(frozen=True, slots=True)
class Motif:
    """The end of a reference's process, to be painted anew.

    Attributes:
        root: the collection.
        frames: key frames of the process; as many are cut from what is painted.
    """

    root: Path
    process_id: str
    frames: int

    @property
    def seed(self) -> int:
        """The same for all habits that are tried: what differs is the habits' doing."""
        return derived_seed(0, 0, self.process_id)


@dataclass(frozen=True)
class Painted:
    """What habits do, as arrays that can be compared.

    Attributes:
        by_frames: (P, S · G + K), see `Profile.values`.
        by_clock: (P, 3) shares of time of the stages; None where the reference has no clock.
    """

    by_frames: Array
    by_clock: Array | None

    @classmethod
    def of(cls, measured: Sequence[Measured], *, has_clock: bool) -> Painted:
        """From the measures of some processes."""
        frames = Profile.of("", measured, "frames").values
        clock = Profile.of("", measured, "time").numbers[:, :_STAGES] if has_clock else None
        return cls(frames, clock)


@dataclass(frozen=True)
class Target:
    """A reference to come near to.

    Attributes:
        motifs: what is painted anew.
        reference: what its painters did.
        scales: (S + K [+ 3],) the spread that distances are told in: fixed, so that no habits win by spreading wider.
    """

    motifs: tuple[Motif, ...]
    reference: Painted
    scales: Array

    def distances(self, painted: Painted) -> Array:
        """(S + K [+ 3],) Wasserstein distances in spreads, statistic by statistic."""
        return _apart(self.reference, painted) / self.scales

    def distance(self, painted: Painted) -> float:
        """The mean of all distances: what the search brings down."""
        return float(self.distances(painted).mean())


def target_of(motifs: Sequence[Motif], reference: Painted, usual: Painted) -> Target:
    """A target whose scales come from the reference and from what usual habits give."""
    scales = [spread(reference.by_frames, usual.by_frames)]
    if reference.by_clock is not None and usual.by_clock is not None:
        both = np.concatenate([reference.by_clock - reference.by_clock.mean(0), usual.by_clock - usual.by_clock.mean(0)])
        scales.append(both.std(axis=0))
    return Target(tuple(motifs), reference, np.maximum(np.concatenate(scales), 0.01))


def measured_reference(motif: Motif, side: int) -> Measured:
    """What the painter did.

    Args:
        side: longer side at which frames are measured, pixels; the same for what is painted anew.
    """
    return measured_record(Collection(motif.root).read(motif.process_id), side)


def measured_painting(motif: Motif, medium: Medium, habits: Habits, side: int) -> Measured:
    """What a painter with these habits would have done."""
    picture = final_frame(motif.root, motif.process_id, side).astype(np.float32) / np.float32(255)
    painted = paint_process(picture, MANNERS[medium], motif.seed, motif.frames, habits=habits)
    return Measured(motif.process_id, course_of(painted.frames), np.asarray(painted.progress))


@functools.lru_cache(maxsize=256)
def final_frame(root: Path, process_id: str, side: int) -> Pixels:
    """The last frame of a process, its longer side at most `side` pixels."""
    last = Collection(root).read(process_id).frames[-1]
    return shrunk(decode_image(last.bytes, None, last.path), side)


def _apart(a: Painted, b: Painted) -> Array:
    parts = [wasserstein(a.by_frames, b.by_frames)]
    if a.by_clock is not None and b.by_clock is not None:
        levels = (np.arange(200) + 0.5) / 200
        parts.append(np.abs(np.quantile(a.by_clock, levels, axis=0) - np.quantile(b.by_clock, levels, axis=0)).mean(axis=0))
    return np.concatenate(parts)


STAGE_NAMES = tuple(f"{statistic.id}_by_clock" for statistic in NUMBERS[:_STAGES])
