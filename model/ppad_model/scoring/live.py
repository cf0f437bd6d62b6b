"""`ppad score --follow`: picture and JSON are written anew after each key frame."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from ppad.media.images import Pixels, read_image
from ppad_model.data.pictures import as_tensor, to_square
from ppad_model.packages import Tensor
from ppad_model.scoring.following import Patience, Update, follow
from ppad_model.scoring.growing import GrowingScores
from ppad_model.scoring.scored import Judge, Scored
from ppad_model.scoring.subjects import Given
from ppad_model.scoring.watching import LONG_SIDE, Watched, WatchedRecording, WatchedStills
from ppad_model.scoring.work import write_scored

INTERVAL_S = 0.5
"""Seconds between two looks at what is followed."""


def watch(path: Path, seconds: float) -> Watched:
    """A folder of stills, or a recording.

    Raises:
        NotFoundError: there is neither.
    """
    return WatchedStills(path) if path.is_dir() else WatchedRecording(path, seconds)


def follow_process(
    watched: Watched, judge: Judge, given: Given, out: Path, patience: Patience, device: str, say: Callable[[Scored], None]
) -> tuple[Scored, dict[str, str]]:
    """Score something that grows until it ends, and write after each key frame.

    Args:
        say: told of each update.

    Returns:
        the final scores, and where they were written.

    Raises:
        ShrunkError, UnreadableMediaError, TooFewFramesError: see `follow`.
        DiskFullError, NotWritableError: the place refuses.
    """
    shown, reference = _reference(given, judge)
    model = judge.run.load(device)
    scores = GrowingScores(model, reference.to(device) if isinstance(reference, Tensor) else reference)
    for update in follow(watched, scores, judge.config, patience):
        scored = _scored(update, watched, judge, shown)
        files = write_scored(scored, out)
        say(scored)
    return scored, files


@contextlib.contextmanager
def ended_by_ctrl_c() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets; a second Ctrl-C stops at once."""
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, end)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _scored(update: Update, watched: Watched, judge: Judge, reference: Pixels | str | None) -> Scored:
    return Scored(
        name=Path(watched.name).stem if watched.is_noisy else watched.name,
        judge=judge,
        looks=update.looks,
        numbers=tuple(range(1, len(update.looks) + 1)),
        key_frames=len(update.looks),
        reference=reference,
        curve=update.curve,
        notes=tuple(watched.notes),
        is_final=update.is_final,
    )


def _reference(given: Given, judge: Judge) -> tuple[Pixels | str | None, Tensor | str | None]:
    """The reference as people see it, and as the model takes it."""
    if given.image is None:
        return given.prompt, given.prompt
    config, pixels = judge.config, read_image(given.image)
    small = read_image(given.image, LONG_SIDE)
    return small, as_tensor(to_square(pixels, config.image_size, config.fit))
