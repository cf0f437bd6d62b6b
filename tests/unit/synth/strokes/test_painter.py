"""The stroke engine: it paints from sketch to detail and from background to foreground, and logs what it does."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ppad.signals.raster import Picture
from ppad_pipelines.synth.strokes.media import MANNERS, Medium
from ppad_pipelines.synth.strokes.painter import Painter
from ppad_pipelines.synth.strokes.process import PaintedProcess, paint_process
from ppad_pipelines.synth.strokes.regions import find_regions

MEDIA: list[Medium] = ["oil", "watercolour", "pencil", "ink", "digital"]


def picture() -> Picture:
    """A red disc before a blue-to-white sky, 128 × 96."""
    y, x = np.mgrid[0:96, 0:128].astype(np.float32)
    sky = np.stack([0.45 + y / 220, 0.62 + y / 300, 0.85 + y / 800], axis=-1)
    disc = np.hypot(x - 64, y - 52) < 24
    sky[disc] = (0.75, 0.15, 0.12)
    return np.ascontiguousarray(sky, dtype=np.float32)


def painted(medium: Medium = "oil", seed: int = 1, frames: int = 10) -> PaintedProcess:
    return paint_process(picture(), MANNERS[medium], seed, frames)


def to_final(process: PaintedProcess) -> list[float]:
    """RMS distance of each frame to the last, 8-bit levels."""
    last = process.frames[-1].astype(float)
    return [float(np.sqrt(((frame.astype(float) - last) ** 2).mean())) for frame in process.frames]


@pytest.mark.parametrize("medium", MEDIA)
def test_the_process_starts_from_an_empty_ground_and_comes_ever_closer_to_its_end(medium: Medium) -> None:
    process = painted(medium)
    assert len(np.unique(process.frames[0].reshape(-1, 3), axis=0)) == 1
    distances = to_final(process)
    assert distances[-1] == 0
    assert all(later <= 1.1 * earlier + 0.5 for earlier, later in itertools.pairwise(distances))


@pytest.mark.parametrize("medium", ["oil", "digital"])
def test_covering_media_end_near_the_picture_without_pasting_it_in(medium: Medium) -> None:
    process = painted(medium)
    assert 0.0 < process.residual < 0.10


def test_the_same_seed_paints_the_same_and_another_seed_another_process() -> None:
    first, again, other = painted(seed=3), painted(seed=3), painted(seed=4)
    assert all(np.array_equal(a, b) for a, b in zip(first.frames, again.frames, strict=True))
    assert not np.array_equal(first.frames[len(first.frames) // 2], other.frames[len(other.frames) // 2])


def test_brushes_get_finer_from_round_to_round() -> None:
    widths: dict[str, list[float]] = {}
    for stroke in painted().strokes:
        widths.setdefault(stroke.phase, []).append(stroke.width)
    medians = [float(np.median(values)) for phase, values in widths.items() if phase != "sketch"]
    assert next(iter(widths)) == "sketch"
    assert medians == sorted(medians, reverse=True)


def test_most_strokes_of_a_round_go_from_the_background_to_the_foreground() -> None:
    underpainting = [stroke.region for stroke in painted().strokes if stroke.phase == "underpainting"]
    steps = np.diff(underpainting)
    assert (steps >= 0).mean() > 0.85


def test_every_stroke_is_logged_and_each_frame_says_how_many_are_done() -> None:
    process = painted()
    assert process.strokes_done[0] == 0
    assert process.strokes_done == sorted(process.strokes_done)
    assert process.strokes_done[-1] == len(process.strokes)
    assert all(len(stroke.points) >= 2 and stroke.width > 0 and 0 < stroke.opacity <= 1 for stroke in process.strokes)


def test_the_log_repaints_the_painting() -> None:
    process = painted()
    painter = Painter(picture(), MANNERS["oil"], 1)
    for strokes in painter.rounds():
        for stroke in strokes:
            painter.lay(stroke)
    assert np.array_equal(np.round(np.clip(painter.canvas, 0, 1) * 255).astype(np.uint8), process.frames[-1])


@pytest.mark.parametrize("frames", [2, 5, 12])
def test_as_many_key_frames_as_asked_for_about_equally_far_apart(frames: int) -> None:
    process = painted(frames=frames)
    assert len(process.frames) == frames
    assert process.progress[0] == 0.0
    assert process.progress[-1] == pytest.approx(1.0)
    assert process.progress == sorted(process.progress)


def test_graphite_and_ink_have_no_colour() -> None:
    for medium in ("pencil", "ink"):
        spread = np.ptp(painted(medium).frames[-1].astype(int), axis=2)  # type: ignore[arg-type]
        assert spread.max() <= 12  # the paper's own warmth


def test_a_sky_lies_behind_what_stands_before_it() -> None:
    regions = find_regions(picture(), 6, seed=0)
    assert regions.labels.shape == (96, 128)
    assert regions.labels[5, 5] < regions.labels[52, 64]


@pytest.mark.parametrize("size", [(2, 2), (1, 40), (33, 7)])
def test_tiny_pictures_are_painted_too(size: tuple[int, int]) -> None:
    tiny = np.full((*size, 3), 0.3, dtype=np.float32)
    process = paint_process(tiny, MANNERS["oil"], 0, 4)
    assert process.frames[0].shape == (*size, 3)
    assert len(process.frames) >= 2
