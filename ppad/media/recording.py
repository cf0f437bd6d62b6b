"""One face for everything that shows a painting grow: frames by rank, times where there is a clock, pixels on demand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ppad.media.frames import View
from ppad.media.images import Pixels, Size

PutPixels = Callable[[int, Pixels], None]
"""Receives a rank and its pixels, (H, W, 3) uint8; called from several threads, for different ranks; a rank may come twice."""
ReportShare = Callable[[float], None]
"""Receives the share of the work that is done, 0–1."""


def ignore_share(_share: float) -> None:
    """For a caller that does not follow the work."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Ranks that were wanted and could not be had.

    Attributes:
        absent: packets that hold no picture of their own, without any error (some containers have them).
        damaged: frames that could not be decoded, or only wrongly.
    """

    absent: frozenset[int]
    damaged: frozenset[int]


class Recording(Protocol):
    """A recording that has been opened and indexed. Frames are addressed by rank: 0 is the first that is shown."""

    name: str
    times_s: NDArray[np.float64]
    """(F,) presentation time of each rank, seconds from the first; the rank itself where there is no clock."""
    has_clock: bool
    incomplete: str | None
    """What is missing of the recording, in words, where the container promises more than it holds."""

    def __len__(self) -> int: ...

    def view_size(self, view: View) -> Size:
        """Size of every frame that `render` gives for a view.

        Raises:
            CropError: the crop leaves the picture.
        """
        ...

    def render(
        self,
        ranks: NDArray[np.int64],
        view: View,
        put: PutPixels,
        *,
        threads: int = 1,
        progress: ReportShare = ignore_share,
    ) -> Losses:
        """Decode the frames of some ranks and hand over their pixels.

        Args:
            ranks: rising ranks.
            threads: how many may decode at once.

        Returns:
            What could not be had; pixels of damaged frames, if handed over, are to be dropped.
        """
        ...
