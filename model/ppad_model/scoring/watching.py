"""What is new in a recording that is being written, or in a folder that stills are saved to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from ppad.errors import MediaError, NotFoundError, ShrunkError, UnreadableMediaError
from ppad.media.frames import View
from ppad.media.images import Pixels, Size, read_image, resize
from ppad.media.opening import open_recording
from ppad.media.sequences import is_still, natural_key
from ppad.plotting.labels import clock

LONG_SIDE = 640
"""Longer side of what is looked at, pixels: enough for any model and for the picture."""
_AT_ONCE = 32
"""Frames of a recording that are decoded before they are handed on."""

Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Look:
    """One state of the canvas.

    Attributes:
        place: where it lies, in words: its time, or the name of the still.
        seconds: its time; None without a clock.
        pixels: (H, W, 3) uint8, sRGB, of the same size as all others.
    """

    place: str
    seconds: float | None
    pixels: Pixels


class Watched(Protocol):
    """Something that grows."""

    name: str
    is_noisy: bool
    notes: list[str]
    """What a user should know so far."""

    def poll(self, *, ended: bool = False) -> Iterator[Look]:
        """What is new and whole, in order.

        Args:
            ended: nothing more will come: what was held back because it might be half-written is given too.

        Raises:
            ShrunkError: what was given before is not there any more.
        """
        ...


class WatchedStills:
    """A folder that a program saves stills to. A still is taken when it has stayed the same from one look to the next.

    Args:
        folder: whose stills are taken in natural order of their names.
    """

    is_noisy = False

    def __init__(self, folder: Path) -> None:
        self._folder, self.name = folder, folder.resolve().name
        self._taken: dict[Path, Stamp] = {}
        self._waiting: dict[Path, Stamp] = {}
        self._passed_by: set[Path] = set()
        self._size: Size | None = None
        self.notes: list[str] = []

    def poll(self, *, ended: bool = False) -> Iterator[Look]:
        """See `Watched`."""
        self._refuse_losses()
        latest = max((natural_key(file.name) for file in self._taken), default=())
        for file in self._new():
            if natural_key(file.name) < latest:
                self._pass_by(file, "comes before what was scored already")
                continue
            stamp = _stamp(file)
            if stamp is None or (self._waiting.get(file) != stamp and not ended):
                self._waiting |= {} if stamp is None else {file: stamp}
                return  # later ones wait, so that none is overtaken
            try:
                pixels = read_image(file, LONG_SIDE)
            except MediaError as error:
                self._pass_by(file, error.message)
                continue
            self._taken[file] = stamp
            latest = natural_key(file.name)
            self._size = self._size or Size(pixels.shape[1], pixels.shape[0])
            yield Look(file.name, None, resize(pixels, self._size))

    def _new(self) -> list[Path]:
        files = (path for path in self._folder.iterdir() if not path.name.startswith("."))
        new = [path for path in files if path not in self._taken and path not in self._passed_by and path.is_file()]
        return sorted((path for path in new if is_still(path)), key=lambda path: natural_key(path.name))

    def _pass_by(self, file: Path, why: str) -> None:
        self._passed_by.add(file)
        self.notes.append(f"{file.name} was passed by: {why.rstrip('.')}")

    def _refuse_losses(self) -> None:
        if not self._folder.is_dir():
            raise ShrunkError(f"The folder {self._folder} is gone.", "Follow a folder that stays.")
        for file, stamp in self._taken.items():
            now = _stamp(file)
            if now != stamp:
                what = "went away" if now is None else "changed"
                raise ShrunkError(f"{file.name} {what} after it was scored.", "Save each state of the canvas under a new name.")


class WatchedRecording:
    """A recording that a program is writing. Its last frame may be half-written and is held back until more follows.

    Args:
        file: the recording. It need not be readable yet: a Matroska file is from its first second, an MP4 only at its end.
        seconds: of the recording between two frames that are looked at.

    Raises:
        NotFoundError: there is no such file.
    """

    is_noisy = True

    def __init__(self, file: Path, seconds: float) -> None:
        if not file.is_file():
            raise NotFoundError(f"There is no file {file}.", "Begin to record, then follow the file.")
        self._file, self.name, self._seconds = file, file.name, seconds
        self._bytes = 0
        self._next_s = 0.0
        self._seen = -1
        self.notes: list[str] = []

    def poll(self, *, ended: bool = False) -> Iterator[Look]:
        """See `Watched`; at the end raises UnreadableMediaError if it could never be read."""
        stamp = _stamp(self._file)
        if stamp is None or stamp[0] < self._bytes:
            what = "is gone" if stamp is None else f"shrank from {self._bytes:,} to {stamp[0]:,} bytes"
            raise ShrunkError(f"{self.name} {what} while it was followed.", "Follow a recording that only grows.")
        if stamp[0] == self._bytes and not ended:
            return
        self._bytes = stamp[0]
        try:
            recording = open_recording([self._file])
        except MediaError as error:
            if ended and self._seen < 0:
                raise UnreadableMediaError(
                    error.message, "Record as Matroska (.mkv): an MP4 cannot be read before its recording ends."
                ) from error
            return
        ranks = self._wanted(recording.times_s, ended=ended)
        for start in range(0, len(ranks), _AT_ONCE):
            found: dict[int, Pixels] = {}
            part = ranks[start : start + _AT_ONCE]
            losses = recording.render(np.array(part), View(LONG_SIDE), found.__setitem__)
            for rank in sorted(set(found) - losses.damaged):
                self._seen = rank
                seconds = float(recording.times_s[rank])
                yield Look(clock(seconds), seconds, found[rank])

    def _wanted(self, times_s: np.ndarray, *, ended: bool) -> list[int]:
        """Ranks of the frames to look at: one in `seconds`, and at the end the last one."""
        last = len(times_s) - 1
        wanted = []
        for rank in range(self._seen + 1, last + 1 if ended else last):
            if times_s[rank] >= self._next_s - 1e-9:
                wanted.append(rank)
                self._next_s = float(times_s[rank]) + self._seconds
        return sorted({*wanted, last}) if ended and last > self._seen else wanted


def _stamp(file: Path) -> Stamp | None:
    """Size and time of change; None where the file is not there."""
    try:
        found = os.stat(file)  # noqa: PTH116 - one call for both
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
