"""One recording becomes one process file: decode samples, choose, decode the key frames in full, write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppad import __version__
from ppad.errors import TooFewFramesError, UnreadableMediaError
from ppad.media.frames import Crop, View
from ppad.media.images import EXTENSIONS, Pixels, Size, encode_image, read_image
from ppad.media.opening import open_recording
from ppad.media.recording import Losses, Recording
from ppad.media.samples import SampleStore, SampleView
from ppad.schema import Picture, ProcessRecord, Provenance
from ppad.signals import restless_mask
from ppad.stages import Job, Progress
from ppad.storage import Collection, Trace, storage_errors, timestamp
from ppad_pipelines.extract.choice import Choice, choose_keyframes, frames_to_sample
from ppad_pipelines.extract.config import ExtractConfig
from ppad_pipelines.extract.sidecar import Facts

ENGINE = "adaptive-threshold key frames 1"
SAMPLE_SIDE = 256
"""Longer side of the samples, pixels. Of a small recording it is half, so that pixels are always averaged: the dither of a
GIF and the ringing of a codec are no change of the canvas."""
_SMALLEST_SAMPLE_SIDE = 64

_SAMPLING_SHARE = 0.7
"""Part of the progress bar that sampling fills; the rest is decoding the key frames in full."""


_USUAL_ABSENCE = 0.1
"""Some containers list up to this share of packets without a picture of their own; more means that data is missing."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a worker needs to know of one recording; it pickles."""

    files: tuple[Path, ...]
    facts: Facts
    source_sha256: str
    job_hash: str


@dataclass(frozen=True)
class ExtractWork:
    """Extracts the key frames of a recording into a collection.

    Args:
        root: folder of the collection.
        config: the settings.
        threads: how many threads may decode one recording.
    """

    root: Path
    config: ExtractConfig
    threads: int = 1

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        """Extract one recording; see `Work`."""
        recipe: Recipe = job.payload
        recording = open_recording(recipe.files)
        if len(recording) < 2:
            raise _too_few(recording)
        collection = Collection(self.root)
        collection.work.mkdir(parents=True, exist_ok=True)
        chosen, trace, notes = self._choose(recording, collection.work, lambda share: progress(_SAMPLING_SHARE * share))
        frames = self._frames(recording, chosen, lambda share: progress(_SAMPLING_SHARE + 0.3 * share))
        change = [0.0, *(chosen[rank] for rank in list(frames)[1:])]
        record = self._record(job, recipe, recording, change, frames, [*_incomplete(recording), *notes])
        in_trace = [position for position, rank in zip(trace.chosen, sorted(chosen), strict=True) if rank in frames]
        collection.write(record, recipe.job_hash, replace(trace, chosen=in_trace))
        return {"key frames": len(frames), "notes": record.provenance.notes or []}

    def _choose(self, recording: Recording, folder: Path, progress: Progress) -> tuple[dict[int, float], Trace, list[str]]:
        """Ranks of the key frames with their change, how they were chosen, and notes."""
        ranks = frames_to_sample(recording.times_s, self.config)
        view = self._view(_sample_side(recording.view_size(self._view(None, "sample"))), "sample")
        slots = {int(rank): slot for slot, rank in enumerate(ranks)}
        with storage_errors(folder), SampleStore(folder, len(ranks), recording.view_size(view)) as store:
            losses = recording.render(
                ranks,
                view,
                _guarded(lambda rank, pixels: store.put(slots[rank], pixels), folder),
                threads=self.threads,
                progress=progress,
            )
            for rank in losses.damaged:
                store.drop(slots[rank])
            _require_two(recording, store.filled, losses)
            choice = self._choice(store, is_noisy=recording.has_clock)
            seen = ranks[store.filled]
        chosen = dict(zip((int(seen[p]) for p in choice.positions), choice.selection.change, strict=True))
        return chosen, _trace(recording, seen, choice), [*_damage_notes(losses, len(ranks)), *choice.notes]

    def _choice(self, store: SampleStore, *, is_noisy: bool) -> Choice:
        samples = SampleView(store, store.filled)
        ignore = restless_mask(samples) if self.config.mask_restless else None

        def pick(positions: NDArray[np.int64]) -> SampleView:
            return SampleView(store, store.filled[positions], ignore)

        return choose_keyframes(pick(np.arange(len(samples))), pick, self.config, is_noisy=is_noisy)

    def _frames(self, recording: Recording, chosen: Mapping[int, float], progress: Progress) -> dict[int, bytes]:
        """The key frames that can be decoded in full: encoded, by rank, in order."""
        encoded: dict[int, bytes] = {}
        view = self._view(self.config.size or None, "store")

        def keep(rank: int, pixels: Pixels) -> None:
            encoded[rank] = encode_image(pixels, self.config.codec, self.config.quality)

        losses = recording.render(np.array(sorted(chosen)), view, keep, threads=self.threads, progress=progress)
        frames = {rank: encoded[rank] for rank in sorted(encoded) if rank not in losses.damaged}
        if len(frames) < 2:
            raise UnreadableMediaError(f"{recording.name} is too damaged to decode.", "Copy it again from its source.")
        return frames

    def _record(
        self,
        job: Job,
        recipe: Recipe,
        recording: Recording,
        change: list[float],
        frames: Mapping[int, bytes],
        notes: list[str],
    ) -> ProcessRecord:
        suffix = EXTENSIONS[self.config.codec]
        size = recording.view_size(self._view(self.config.size or None, "store"))
        facts = recipe.facts
        return ProcessRecord(
            process_id=job.id,
            origin="real",
            reference_kind="image" if facts.reference else "prompt" if facts.prompt else "none",
            reference_image=self._reference(facts),
            prompt=facts.prompt,
            frames=[Picture(bytes=data, path=f"{job.id}/{i:04d}.{suffix}") for i, data in enumerate(frames.values())],
            frame_time_s=[round(float(recording.times_s[rank]), 6) for rank in frames] if recording.has_clock else None,
            frame_index=list(frames),
            frame_change=change,
            width=size.width,
            height=size.height,
            artist_id=facts.artist_id,
            category=facts.category,
            style=facts.style,
            provenance=Provenance(
                tool="ppad",
                version=__version__,
                engine=ENGINE,
                config_json=self.config.to_json(),
                source_name=recording.name,
                source_sha256=recipe.source_sha256,
                created_at=timestamp(),
                licence=facts.licence,
                notes=notes or None,
            ),
        )

    def _reference(self, facts: Facts) -> Picture | None:
        if facts.reference is None:
            return None
        path = Path(facts.reference)
        pixels = read_image(path, self.config.size or None)
        return Picture(
            bytes=encode_image(pixels, self.config.codec, self.config.quality), path=f"reference.{EXTENSIONS[self.config.codec]}"
        )

    def _view(self, long_side: int | None, purpose: Any) -> View:
        crop = None if self.config.crop is None else Crop(*self.config.crop)
        return View(long_side, crop, turns=-self.config.rotate // 90, purpose=purpose)


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
    raise _too_few(recording)


def _too_few(recording: Recording) -> TooFewFramesError:
    why = "".join(f" ({words})" for words in _incomplete(recording))
    return TooFewFramesError(
        f"{recording.name} has a single frame{why}.", "A process needs at least two: give the whole recording."
    )


def _incomplete(recording: Recording) -> list[str]:
    return [] if recording.incomplete is None else [recording.incomplete]


def _trace(recording: Recording, seen: NDArray[np.int64], choice: Choice) -> Trace:
    times = recording.times_s[seen][choice.considered]
    selection = choice.selection
    return Trace(
        [float(time) for time in times], [float(step) for step in selection.step_change], selection.tau, selection.positions
    )


def _damage_notes(losses: Losses, sampled: int) -> list[str]:
    notes = []
    if losses.damaged:
        notes.append(f"damaged: {len(losses.damaged)} of {sampled} sampled frames could not be decoded and were left out")
    if len(losses.absent) > _USUAL_ABSENCE * sampled:
        notes.append(f"incomplete: {len(losses.absent)} of {sampled} sampled frames hold no picture")
    return notes
