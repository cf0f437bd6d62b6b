"""From an opened recording to its key frames: decode small samples, choose among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ppad.errors import TooFewFramesError, UnreadableMediaError
from ppad.keyframes.choice import Choice, choose_keyframes, frames_to_sample
from ppad.keyframes.config import ExtractConfig
from ppad.media.frames import Crop, Purpose, View
from ppad.media.images import Pixels, Size, encode_image
from ppad.media.recording import Losses, Recording, ReportShare, ignore_share
from ppad.media.samples import SampleStore, SampleView
from ppad.signals import restless_mask
from ppad.storage import Trace, storage_errors

SAMPLE_SIDE = 256
"""Longer side of the samples, pixels. Of a small recording it is half, so that pixels are always averaged: the dither of a
GIF and the ringing of a codec are no change of the canvas."""
_SMALLEST_SAMPLE_SIDE = 64

_USUAL_ABSENCE = 0.1
"""Some containers list up to this share of packets without a picture of their own; more means that data is missing."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The key frames of a recording.

    Attributes:
        ranks: of the key frames, rising.
        change: distance of each to the one before, 0 for the first; 0–1.
        trace: how they were chosen.
        notes: what a user should know.
    """

    ranks: list[int]
    change: list[float]
    trace: Trace
    notes: list[str]


def choose_from(
    recording: Recording, config: ExtractConfig, folder: Path, threads: int = 1, progress: ReportShare = ignore_share
) -> Chosen:
    """Choose the key frames of a recording.

    Args:
        folder: where samples lie meanwhile (an unnamed file).
        threads: how many may decode.

    Raises:
        TooFewFramesError: it has a single frame.
        UnreadableMediaError: fewer than two frames can be decoded.
        CropError: the crop leaves the picture.
        DiskFullError, NotWritableError: the folder refuses.
    """
    if len(recording) < 2:
        raise too_few(recording)
    looks = frames_to_sample(recording.times_s, config)
    view = canvas_view(config, _sample_side(recording.view_size(canvas_view(config, None, "sample"))), "sample")
    slots = {int(rank): slot for slot, rank in enumerate(looks.ranks)}
    with storage_errors(folder), SampleStore(folder, len(slots), recording.view_size(view)) as store:
        put = _guarded(lambda rank, pixels: store.put(slots[rank], pixels), folder)
        losses = recording.render(looks.ranks, view, put, threads=threads, progress=progress)
        for rank in losses.damaged:
            store.drop(slots[rank])
        _require_two(recording, store.filled, losses)
        samples = _Samples(store, slots, config)
        choice = choose_keyframes(samples, samples.sequence, looks.triples, config, is_noisy=recording.has_clock)
    return Chosen(
        choice.ranks,
        choice.selection.change,
        _trace(recording, choice),
        [*incomplete(recording), *_damage_notes(losses, len(slots)), *choice.notes],
    )


def encoded_frames(
    recording: Recording, ranks: list[int], config: ExtractConfig, threads: int = 1, progress: ReportShare = ignore_share
) -> list[bytes]:
    """The key frames of a recording, decoded in full and encoded as they are stored, in order.

    Args:
        ranks: rising; they were decoded as samples a moment ago.

    Raises:
        UnreadableMediaError: the recording changed since.
    """
    encoded: dict[int, bytes] = {}

    def keep(rank: int, pixels: Pixels) -> None:
        encoded[rank] = encode_image(pixels, config.codec, config.quality)

    losses = recording.render(np.array(ranks), stored_view(config), keep, threads=threads, progress=progress)
    if losses.damaged or len(encoded) < len(ranks):
        raise changed(recording)
    return [encoded[rank] for rank in ranks]


def stored_view(config: ExtractConfig) -> View:
    """The canvas as it is stored."""
    return canvas_view(config, config.size or None, "store")


def canvas_view(config: ExtractConfig, long_side: int | None, purpose: Purpose) -> View:
    """The canvas as the settings want it, at some size."""
    crop = None if config.crop is None else Crop(*config.crop)
    return View(long_side, crop, turns=-config.rotate // 90, purpose=purpose)


def changed(recording: Recording) -> UnreadableMediaError:
    """The error for a recording that is not the same any more."""
    return UnreadableMediaError(f"{recording.name} changed while it was read.", "Run again when it is complete.")


def too_few(recording: Recording) -> TooFewFramesError:
    """The error for a recording that is no process."""
    why = "".join(f" ({words})" for words in incomplete(recording))
    return TooFewFramesError(
        f"{recording.name} has a single frame{why}.", "A process needs at least two: give the whole recording."
    )


def incomplete(recording: Recording) -> list[str]:
    """The note about what is missing of a recording, if anything is."""
    return [] if recording.incomplete is None else [recording.incomplete]


class _Samples(Mapping[int, Pixels]):
    """The samples of a store by rank, with pixels that are no canvas painted over."""

    def __init__(self, store: SampleStore, slots: Mapping[int, int], config: ExtractConfig) -> None:
        filled = set(store.filled.tolist())
        self._store = store
        self._slots = {rank: slot for rank, slot in slots.items() if slot in filled}
        self._ignore = None
        if config.mask_restless:
            self._ignore = restless_mask(self.sequence(np.array(list(self._slots))))

    def __getitem__(self, rank: int) -> Pixels:
        return self.sequence(np.array([rank]))[0]

    def __iter__(self) -> Iterator[int]:
        return iter(self._slots)

    def __len__(self) -> int:
        return len(self._slots)

    def sequence(self, ranks: NDArray[np.int64]) -> SampleView:
        """The samples of some ranks, in their order."""
        return SampleView(self._store, np.array([self._slots[rank] for rank in ranks.tolist()]), self._ignore)


def _sample_side(canvas: Size) -> int:
    return min(SAMPLE_SIDE, max(_SMALLEST_SAMPLE_SIDE, max(canvas) // 2))


def _guarded(put: Callable[[int, Pixels], None], folder: Path) -> Callable[[int, Pixels], None]:
    """A sink whose refusals by the file system are named, whichever thread they happen in."""

    def guarded(rank: int, pixels: Pixels) -> None:
        with storage_errors(folder):
            put(rank, pixels)

    return guarded


def _require_two(recording: Recording, filled: NDArray[np.int64], losses: Losses) -> None:
    if len(filled) >= 2:
        return
    if losses.damaged:
        raise UnreadableMediaError(f"{recording.name} is too damaged to decode.", "Copy it again from its source.")
    raise too_few(recording)


def _trace(recording: Recording, choice: Choice) -> Trace:
    times = [float(time) for time in recording.times_s[choice.considered]]
    selection = choice.selection
    return Trace(times, [float(step) for step in selection.step_change], selection.tau, selection.positions)


def _damage_notes(losses: Losses, sampled: int) -> list[str]:
    notes = []
    if losses.damaged:
        notes.append(f"damaged: {len(losses.damaged)} of {sampled} sampled frames could not be decoded and were left out")
    if len(losses.absent) > _USUAL_ABSENCE * sampled:
        notes.append(f"incomplete: {len(losses.absent)} of {sampled} sampled frames hold no picture")
    return notes
