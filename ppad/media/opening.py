"""Finding out what a path is, and opening it as a recording."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ppad.media.recording import Recording
from ppad.media.sequences import STILL_SUFFIXES, AnimatedPicture, PictureSequence
from ppad.media.video import Video

VIDEO_SUFFIXES = frozenset(
    ".mp4 .m4v .mov .mkv .webm .avi .wmv .asf .flv .f4v .mpg .mpeg .m2v .ts .mts .m2ts .vob .ogv .3gp .3g2 .mxf .dv .rm .rmvb "
    ".gif .apng .webp .mjpeg .y4m".split()
)
"""Names that are taken for recordings when a folder is searched; any file may be named outright."""


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
