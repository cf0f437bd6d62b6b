"""Painting processes that come as pictures: a folder of numbered stills, or an animated WebP or PNG."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ppad.errors import MediaError, MediaTooLargeError, TooFewFramesError, UnreadableMediaError
from ppad.media.frames import Geometry, View, geometry, place
from ppad.media.images import DAMAGE, Pixels, Size, open_image, read_image, resize, to_srgb
from ppad.media.recording import Losses, PutPixels, ReportShare, ignore_share

STILL_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})
"""Pictures that Pillow reads. GIF and APNG files are recordings: FFmpeg reads them."""

MOST_ANIMATED_PIXELS = 1 << 34
"""Of all frames of an animated picture: a file of a few bytes can promise any number of them."""
_LONGEST_S = 24 * 3600
_DIGITS = re.compile(r"\d+")


def natural_key(name: str) -> tuple[tuple[int, str], ...]:
    """Sorts `step2` before `step10`."""
    return tuple((int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in re.split(r"(\d+)", name))


def numbered_sequences(pictures: Iterable[Path]) -> list[list[Path]]:
    """Pictures of one folder whose names differ only in their numbers, in natural order; at least two a sequence.

    Where earlier numbers stay the same over several pictures, they tell series apart: `artist1-step1`, `artist1-step2`,
    `artist2-step1`, `artist2-step2` are two sequences, `01-detail-06`, `02-detail-12` are one.
    """
    groups: dict[str, list[Path]] = {}
    for picture in pictures:
        if _DIGITS.search(picture.stem):
            groups.setdefault(_DIGITS.sub("#", picture.name), []).append(picture)
    sequences = [series for group in groups.values() for series in _series(group) if len(series) > 1]
    return sorted(sequences, key=lambda sequence: natural_key(sequence[0].name))


def _series(group: list[Path]) -> list[list[Path]]:
    by_earlier: dict[tuple[str, ...], list[Path]] = {}
    for picture in sorted(group, key=lambda path: natural_key(path.name)):
        by_earlier.setdefault(tuple(_DIGITS.findall(picture.stem)[:-1]), []).append(picture)
    if not all(len(series) > 1 for series in by_earlier.values()):
        by_earlier = {(): [picture for series in by_earlier.values() for picture in series]}
    return [series for series in by_earlier.values() if _counts(series)]


def _counts(series: list[Path]) -> bool:
    """Whether some number of the names counts steps: densely, or in equal strides. Catalogue numbers do neither."""
    columns = zip(*(map(int, _DIGITS.findall(picture.stem)) for picture in series), strict=True)
    for column in columns:
        strides = {later - earlier for earlier, later in itertools.pairwise(column)}
        dense = 0 < max(column) - min(column) <= 4 * len(series)
        if dense or (len(series) > 2 and len(strides) == 1 and strides != {0}):
            return True
    return False


def is_animated(file: Path) -> bool:
    """Whether a picture file holds more than one frame; False where it cannot be read."""
    try:
        with open_image(file, file.name) as image:
            return getattr(image, "n_frames", 1) > 1
    except (MediaError, *DAMAGE):
        return False


def is_still(file: Path) -> bool:
    """Whether a file is a picture that does not move, by its suffix and, for WebP, its header."""
    suffix = file.suffix.lower()
    return suffix in STILL_SUFFIXES and not (suffix == ".webp" and is_animated(file))


class PictureSequence:
    """A folder of stills as a recording. Stills of another size than the last one are fitted to it.

    Args:
        files: the stills in painting order.
    """

    has_clock = False
    incomplete: str | None = None

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files
        self.name = files[0].parent.name
        self.times_s = np.arange(len(files), dtype=np.float64)

    def __len__(self) -> int:
        return len(self._files)

    def view_size(self, view: View) -> Size:
        """Size of the rendered frames: that of the last still that can be read."""
        for file in reversed(self._files):
            try:
                pixels = read_image(file)
            except MediaError:
                continue
            return _steps(pixels, view, file.name).size
        raise UnreadableMediaError(f"None of the pictures in {self.name} can be read.", "Copy them again from their source.")

    def render(
        self,
        ranks: NDArray[np.int64],
        view: View,
        put: PutPixels,
        *,
        threads: int = 1,
        progress: ReportShare = ignore_share,
    ) -> Losses:
        """See `Recording.render`."""
        size = self.view_size(view)
        damaged = set()
        for number, rank in enumerate(ranks):
            file = self._files[rank]
            # A sample needs no more than its own size; what is kept is scaled once, from all pixels.
            hint = None if view.purpose == "store" or view.crop else view.long_side
            try:
                pixels = read_image(file, hint)
            except MediaError:
                damaged.add(int(rank))
            else:
                put(int(rank), resize(_viewed(pixels, view, file.name), size))
            progress((number + 1) / len(ranks))
        return Losses(frozenset(), frozenset(damaged))


class AnimatedPicture:
    """An animated WebP or PNG as a recording.

    Raises:
        TooFewFramesError: the file is a single picture.
        UnreadableMediaError, MediaTooLargeError: it cannot be read.
    """

    has_clock = True

    def __init__(self, file: Path) -> None:
        self.name = file.name
        self._file = file
        promised = self._promised_frames()
        durations: list[float] = []
        self._each(lambda _rank, image: durations.append(image.info.get("duration", 0) / 1000))
        if len(durations) < 2:
            raise TooFewFramesError(
                f"{file.name} is a single picture, not a process.", "Give a recording, or a folder of numbered stills."
            )
        usual = [duration if 0 < duration < _LONGEST_S else 0.1 for duration in durations]
        self.times_s = np.concatenate([[0.0], np.cumsum(usual[:-1])])
        self.incomplete = f"cut off: {len(usual)} of {promised} frames are there" if promised > len(usual) else None

    def __len__(self) -> int:
        return len(self.times_s)

    def view_size(self, view: View) -> Size:
        """Size of the rendered frames."""
        return _steps(read_image(self._file), view, self.name).size

    def render(
        self,
        ranks: NDArray[np.int64],
        view: View,
        put: PutPixels,
        *,
        threads: int = 1,
        progress: ReportShare = ignore_share,
    ) -> Losses:
        """See `Recording.render`."""
        wanted = {int(rank) for rank in ranks}
        done: set[int] = set()
        size = self.view_size(view)

        def keep(rank: int, image: Image.Image) -> None:
            if rank in wanted:
                put(rank, resize(_viewed(np.asarray(to_srgb(image)), view, self.name), size))
                done.add(rank)
                progress(len(done) / len(wanted))

        self._each(keep)
        return Losses(frozenset(), frozenset(wanted - done))

    def _promised_frames(self) -> int:
        """How many frames the header promises; they must be no more than can be decoded in minutes."""
        with open_image(self._file, self.name) as image:
            try:
                frames: int = getattr(image, "n_frames", 1)
            except DAMAGE as error:
                raise UnreadableMediaError(f"{self.name} is damaged.", "Copy it again from its source.") from error
            if frames * image.width * image.height > MOST_ANIMATED_PIXELS:
                raise MediaTooLargeError(
                    f"{self.name} has {frames} frames of {image.width}×{image.height} pixels.", "Make a video of it."
                )
            return frames

    def _each(self, use: Callable[[int, Image.Image], None]) -> None:
        """Go through the frames in order, up to where the file is damaged."""
        with open_image(self._file, self.name) as image:
            for rank in range(getattr(image, "n_frames", 1)):
                try:
                    image.seek(rank)
                    image.load()
                except (*DAMAGE, Image.DecompressionBombError) as error:
                    if rank == 0:
                        raise UnreadableMediaError(f"{self.name} is damaged.", "Copy it again from its source.") from error
                    return
                use(rank, image)


def _viewed(pixels: Pixels, view: View, name: str) -> Pixels:
    steps = _steps(pixels, view, name)
    return place(resize(pixels, steps.scaled), steps)


def _steps(pixels: Pixels, view: View, name: str) -> Geometry:
    return geometry(Size(pixels.shape[1], pixels.shape[0]), Fraction(1), view.turns % 4, view, name)
