"""Finding out what a path is, and opening it as a recording."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ppad.media.recording import Recording
from ppad.media.sequences import STILL_SUFFIXES, AnimatedPicture, PictureSequence
from ppad.media.video import Video


def open_recording(files: Sequence[Path]) -> Recording:
    """Open a recording: one file, or the stills of a sequence in painting order.

    Raises:
        MediaError: the file cannot be used; the message says why and what to do.
    """
    if len(files) > 1:
        return PictureSequence(files)
    if files[0].suffix.lower() in STILL_SUFFIXES:
        return AnimatedPicture(files[0])
    return Video(files[0])
